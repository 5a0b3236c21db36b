// What a stream can compute now, as a request: a scheduler runs its steps between those of others,
// and chunks of several streams of one model in one pass.
//
//   auto stream = std::make_shared<TranscriptStream>(...);
//   stream->push(samples);
//   if (stream->ready())
//     scheduler.submit_any(std::make_unique<StreamRequest<TranscriptStream>>(stream), done, owner);
//
// A stream waits for its source most of the time, a request never does; so a stream is no request,
// but has one whenever it is ready. From submission until `done` the stream belongs to the request:
// nobody else touches it, and what comes meanwhile waits outside. It outlives a request that was
// refused, cancelled or late, and the next one goes on where that ended.
//
// A Stream has kTraits, model(), ready(), trouble() and step() as TranscriptStream has them.
#pragma once

#include <memory>
#include <vector>

#include "engine/requests/model_request.h"

namespace tutti {

template <class Stream>
class StreamRequest : public ModelRequest {
 public:
  explicit StreamRequest(std::shared_ptr<Stream> stream)
      : ModelRequest(stream->model(), Stream::kTraits), stream_(std::move(stream)) {}

  Status check() const override {
    return stream_->trouble() ? Status(*stream_->trouble()) : Status();
  }

  Result<bool> step(Session& session) override {
    ModelRequest* const alone = this;
    Result<bool> result = false;
    step_together(session, {&alone, 1}, {&result, 1});
    return result;
  }

  Sharing sharing() const override { return {.key = &kPass, .rows = Stream::kRows}; }

  void step_together(Session& session, std::span<ModelRequest* const> requests,
                     std::span<Result<bool>> results) override {
    std::vector<Stream*> ready;
    for (ModelRequest* request : requests)
      if (Stream& stream = of(request); stream.ready()) ready.push_back(&stream);
    const Status status = ready.empty() ? Status() : Stream::step(session, ready);
    for (size_t i = 0; i < requests.size(); ++i) {
      const Stream& stream = of(requests[i]);
      if (!status)
        results[i] = status.error();
      else if (stream.trouble())
        results[i] = *stream.trouble();
      else
        results[i] = stream.ready();
    }
  }

 private:
  static constexpr char kPass = 0;  // its address is the key of a pass
  static Stream& of(ModelRequest* request) {
    return *static_cast<StreamRequest*>(request)->stream_;
  }

  const std::shared_ptr<Stream> stream_;
};

}  // namespace tutti
