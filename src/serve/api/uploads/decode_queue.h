// Uploads of many owners wait here for a media process, so that no handler waits for one.
//
//   auto handle = queue.decode(request.owner, request.account, std::move(draft),
//                              [](Result<SharedPrompt> prompt, size_t hole) { ... });
//   if (!handle) ...;      // busy: answer 429
//   (*handle)->cancel();   // the client went away: what decodes is killed, what waits is dropped
//
// Turns go to owners first and to their requests second, an upload a turn; an owner never has all
// media processes. The first upload of a request that cannot be decoded ends the others. A request
// has kMostSeconds for all of its uploads together, waiting not counted.
//
// Thread-safe. `done` comes exactly once for every handle, cancelled ones included: on one of the
// queue's threads, where it may take milliseconds, or within cancel() and stop().
#pragma once

#include <functional>
#include <memory>

#include "engine/shared_prompt.h"
#include "serve/api/uploads/draft.h"
#include "serve/fair_pool.h"
#include "serve/http/limits/ledger.h"
#include "serve/media/isolated_decoder.h"

namespace tutti {

// What a prompt takes.
size_t bytes_of(const Prompt& prompt);
// A prompt that is charged for as long as anybody holds it.
SharedPrompt charged(Prompt prompt, Charge charge);

class DecodeQueue {
 public:
  struct Options {
    int threads = 2;           // as many as the decoder has workers
    size_t most_waiting = 64;  // requests
    size_t most_waiting_each = 16;
    double most_seconds = 40;  // of decoding, of one request
  };
  // The decoder must outlive it.
  DecodeQueue(const IsolatedDecoder& decoder, const MediaLimits& limits, const Options& options);
  ~DecodeQueue() { stop(); }

  class Handle {
   public:
    virtual ~Handle() = default;
    virtual void cancel() = 0;
  };
  // The draft's prompt with its holes filled, charged to the account for as long as it is there; or
  // what is wrong with the upload of holes[hole].
  using Done = std::function<void(Result<SharedPrompt> prompt, size_t hole)>;

  // Busy where too much waits, or too many bytes are held (ledger.h).
  Result<std::shared_ptr<Handle>> decode(const std::string& owner, const Account::Ptr& account,
                                         Draft draft, Done done);

  // Cancels everything and takes nothing any more; returns when all `done` have come.
  void stop();
  size_t waiting() const { return pool_.waiting(); }

 private:
  class Job;

  FairPool::Work turn(const std::shared_ptr<Job>& job);

  const IsolatedDecoder& decoder_;
  const MediaLimits limits_;
  const Options options_;
  std::mutex mutex_;
  bool stopped_ = false;
  std::vector<std::weak_ptr<Job>> jobs_;
  FairPool pool_;
};

}  // namespace tutti
