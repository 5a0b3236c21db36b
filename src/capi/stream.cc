// Speech as it comes.
#include "capi/handles.h"

using namespace tutti;
using namespace tutti::capi;

namespace {

void hand_out(const std::string& text, const char** utf8, size_t* size) {
  if (utf8) *utf8 = text.c_str();
  if (size) *size = text.size();
}

// Hands out the text that work(engine, transcript) gives; none after an error.
template <class Work>
tutti_status with_stream(tutti_stream* stream, const char** utf8, size_t* size,
                         const Work& work) noexcept {
  if (!stream) return TUTTI_USAGE;
  const tutti_status status = guarded(stream->error, [&]() -> Status {
    stream->text.clear();
    if (!stream->transcript) {
      TUTTI_ASSIGN(stream->transcript, stream->engine->transcribe_stream());
    }
    TUTTI_ASSIGN(stream->text, work(*stream->engine, *stream->transcript));
    return {};
  });
  hand_out(stream->text, utf8, size);
  return status;
}

}  // namespace

tutti_stream* tutti_stream_new(const tutti_model* model) {
  if (!model || !model->engine) return nullptr;
  try {
    auto stream = std::make_unique<tutti_stream>();
    stream->engine = model->engine;
    stream->error.reserve(kErrorRoom);
    return stream.release();
  } catch (...) {
    return nullptr;
  }
}

void tutti_stream_free(tutti_stream* stream) {
  delete stream;
}

const char* tutti_stream_error(const tutti_stream* stream) {
  return stream ? stream->error.c_str() : "there is no stream; was the model loaded?";
}

tutti_status tutti_stream_push(tutti_stream* stream, const float* samples, size_t count,
                               const char** utf8, size_t* size) {
  const auto push = [&](const Engine& engine, TranscriptStream& transcript) -> Result<std::string> {
    if (!samples && count > 0)
      return usage_error("samples is NULL; give 16000 of them for each second");
    return engine.push(transcript, {samples, count});
  };
  return with_stream(stream, utf8, size, push);
}

tutti_status tutti_stream_finish(tutti_stream* stream, const char** utf8, size_t* size) {
  return with_stream(stream, utf8, size, [](const Engine& engine, TranscriptStream& transcript) {
    return engine.finish(transcript);
  });
}
