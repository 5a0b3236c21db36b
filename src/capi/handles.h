// What is behind the handles of tutti.h, and the two things every function there does: nothing
// thrown gets out, and structs are read and written up to the caller's size.
#pragma once

#include <algorithm>
#include <cstring>
#include <memory>
#include <new>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "engine/engine.h"
#include "engine/streams/transcript_stream.h"
#include "tutti/tutti.h"

struct tutti_model {
  std::shared_ptr<const tutti::Engine> engine;
  std::string error;
};

struct tutti_session {
  std::shared_ptr<const tutti::Engine> engine;
  std::string error;
  tutti::Prompt prompt;
  int picture_width = 0, picture_height = 0;  // of the last picture, before it was fitted
  // What the last calls gave out.
  tutti::TextResult text;
  tutti::Picture picture;
  tutti::SpeakResult speech;
  std::vector<float> embedding;
  std::vector<double> scores;
  std::vector<uint8_t> encoded;
};

struct tutti_stream {
  std::shared_ptr<const tutti::Engine> engine;
  std::string error;
  std::optional<tutti::TranscriptStream> transcript;  // from the first push on
  std::string text;                                   // that the last call gave out
};

namespace tutti::capi {

// So that a message can be kept where there is no memory for a longer one.
inline constexpr size_t kErrorRoom = 256;

inline tutti_status status_of(ErrorCode code) {
  return tutti_status(basic_code(code));
}

template <class Work>
tutti_status guarded(std::string& error, const Work& work) noexcept {
  error.clear();
  try {
    const Status status = work();
    if (status) return TUTTI_OK;
    error = status.error().message();
    return status_of(status.error().code());
  } catch (const std::bad_alloc&) {
    error.assign("out of memory; free something or give a smaller input");
  } catch (...) {
    error.assign("something was thrown: by a callback, which must not, or by a defect of Tutti");
  }
  return TUTTI_FAILED;
}

// For functions of a session; a null one has no place for a message.
template <class Work>
tutti_status with_session(tutti_session* session, const Work& work) noexcept {
  if (!session) return TUTTI_USAGE;
  return guarded(session->error, work);
}

// No struct of ours comes near; a larger size was never set.
inline constexpr size_t kLargestStruct = 4096;

template <class Struct>
Status check_size(const Struct* given) {
  if (!given) return {};
  if (given->struct_size <= sizeof(size_t) || given->struct_size > kLargestStruct)
    return usage_error("struct_size is " + std::to_string(given->struct_size) +
                       "; set it to the sizeof of the struct");
  return {};
}

// All defaults where nothing was given; what the caller does not know is 0, what we do not know
// must be.
template <class Options>
Result<Options> read_options(const Options* given) {
  Options options = {};
  if (!given) return options;
  TUTTI_CHECK(check_size(given));
  const auto* bytes = reinterpret_cast<const unsigned char*>(given);
  const size_t known = std::min(given->struct_size, sizeof options);
  if (std::any_of(bytes + known, bytes + given->struct_size, [](unsigned char b) { return b; }))
    return usage_error(
        "an option is set that this library does not know; it is older than the header the "
        "program was compiled with");
  std::memcpy(&options, given, known);
  return options;
}

template <class Answer>
void write_answer(Answer* to, Answer answer) {
  if (!to) return;
  answer.struct_size = to->struct_size;
  std::memcpy(to, &answer, std::min(to->struct_size, sizeof answer));
}

}  // namespace tutti::capi
