#include "serve/api/uploads/decode_queue.h"

#include <algorithm>
#include <chrono>
#include <optional>
#include <utility>

#include "base/guard.h"
#include "base/let_go.h"
#include "serve/api/uploads/decode_upload.h"

namespace tutti {
namespace {

constexpr size_t kAtOnce = 2;  // uploads of one request

Error cancelled() {
  return {ErrorCode::cancelled, "the request was cancelled"};
}

// Beside the part itself.
size_t bytes_of(const Part& part) {
  size_t bytes = part.text.size() + part.picture.pixels.size();
  bytes += (part.mel.values.size() + part.rows.values.size()) * sizeof(float);
  bytes += part.rows.places.size() * sizeof(Place);
  for (const Picture& frame : part.frames) bytes += frame.pixels.size();
  return bytes;
}

size_t bytes_of(const Draft& draft) {
  size_t bytes = bytes_of(draft.prompt);
  for (const Draft::Hole& hole : draft.holes) bytes += hole.upload.bytes.size();
  return bytes;
}

}  // namespace

size_t bytes_of(const Prompt& prompt) {
  size_t bytes = prompt.capacity() * sizeof(Part);
  for (const Part& part : prompt) bytes += bytes_of(part);
  return bytes;
}

SharedPrompt charged(Prompt prompt, Charge charge) {
  struct Held {
    Charge charge;  // outlives what it is for
    Prompt prompt;
  };
  const auto held = std::make_shared<Held>(Held{std::move(charge), std::move(prompt)});
  return std::shared_ptr<const Prompt>(held, &held->prompt);
}

// One request's uploads. Several of them may be decoded at once, each by one thread.
class DecodeQueue::Job final : public Handle {
 public:
  Job(const DecodeQueue& queue, std::string owner, Charge charge, Draft draft, Done done)
      : owner(std::move(owner)),
        queue_(queue),
        charge_(std::move(charge)),
        draft_(std::move(draft)),
        done_(std::move(done)),
        left_(draft_.holes.size()) {}

  // Nothing comes any more; false where `done` has come already.
  bool withdraw() {
    const std::lock_guard lock(mutex_);
    return std::exchange(done_, nullptr) != nullptr;
  }

  void cancel() override {
    stop_.request();
    const bool well = survives([&] {
      std::unique_lock lock(mutex_);
      if (!error_) fail(cancelled(), 0);
      if (left_ == 0) end(lock);
    });
    if (!well) give_up();
  }

  // Decodes the next upload; whether another waits for its turn.
  bool step() {
    size_t at = 0;
    double seconds = 0;
    {
      const std::lock_guard lock(mutex_);
      if (next_ == draft_.holes.size()) return false;
      at = next_++;
      seconds = queue_.options_.most_seconds - used_;
    }
    const auto begin = std::chrono::steady_clock::now();
    Result<Part> part = decode(draft_.holes[at].upload, seconds);
    const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begin;
    return settle(at, std::move(part), took.count());
  }

  // For want of memory. Nothing is allocated before `done`, which does what it can.
  void give_up() noexcept {
    stop_.request();
    Done done;
    {
      const std::lock_guard lock(mutex_);
      next_ = draft_.holes.size();
      done.swap(done_);
    }
    if (done) survives([&] { done(std::move(no_memory_), 0); });
  }

  const std::string owner;

 private:
  Result<Part> decode(const MediaUpload& upload, double seconds) {
    if (stop_.requested()) return cancelled();
    if (seconds <= 0)
      return bad_input("decoding what this request shows takes longer than " +
                       std::to_string(int(queue_.options_.most_seconds)) +
                       " s; send fewer or smaller uploads");
    return upload.kind->decode(upload, {queue_.decoder_, queue_.limits_, {seconds, &stop_}});
  }

  bool settle(size_t at, Result<Part> part, double seconds) {
    std::unique_lock lock(mutex_);
    used_ += seconds;
    --left_;
    if (part) part = keep(at, *std::move(part));
    if (!part && !error_) {
      fail(part.error(), at);
      stop_.request();  // the others are of no use
    }
    if (left_ == 0) end(lock);
    return next_ < draft_.holes.size();
  }

  // What has not begun never will.
  void fail(const Error& error, size_t at) {
    error_ = error;
    failed_ = at;
    left_ -= draft_.holes.size() - next_;
    next_ = draft_.holes.size();
  }

  void end(std::unique_lock<std::mutex>& lock) {
    if (!done_) return;
    std::optional<SharedPrompt> prompt = charged(std::move(draft_.prompt), std::move(charge_));
    const std::optional<Error> error = error_;
    const Done done = std::exchange(done_, nullptr);  // behind what may throw: see give_up()
    draft_ = {};
    next_ = 0;
    lock.unlock();
    if (!error) return done(*std::move(prompt), 0);
    prompt.reset();
    done(*error, failed_);
  }

  // Decoded media are counted before they are kept, their bytes given back.
  Result<Part> keep(size_t at, Part part) {
    MediaUpload& upload = draft_.holes[at].upload;
    TUTTI_CHECK(charge_.grow(bytes_of(part)));
    charge_.shrink(std::min(charge_.bytes(), upload.bytes.size()));
    let_go(upload.bytes);
    draft_.prompt[draft_.holes[at].part] = std::move(part);
    return Part();
  }

  const DecodeQueue& queue_;
  DecodeStop stop_;
  std::mutex mutex_;
  Charge charge_;
  Draft draft_;
  Done done_;
  size_t next_ = 0, left_;
  double used_ = 0;  // seconds of decoding
  std::optional<Error> error_;
  size_t failed_ = 0;
  Error no_memory_{ErrorCode::no_memory, "the server is short of memory; try again"};
};

DecodeQueue::DecodeQueue(const IsolatedDecoder& decoder, const MediaLimits& limits,
                         const Options& options)
    : decoder_(decoder),
      limits_(limits),
      options_(options),
      pool_({.threads = options.threads,
             .most_running_each = std::max(1, options.threads - 1),
             .most_waiting = options.most_waiting,
             .most_waiting_each = options.most_waiting_each}) {}

Result<std::shared_ptr<DecodeQueue::Handle>> DecodeQueue::decode(const std::string& owner,
                                                                 const Account::Ptr& account,
                                                                 Draft draft, Done done) {
  Charge charge(account);
  TUTTI_CHECK(charge.grow(bytes_of(draft)));
  const size_t lines = std::min(kAtOnce, draft.holes.size());
  const Error busy(ErrorCode::busy, "too many uploads wait to be decoded; try again in a moment");
  auto job =
      std::make_shared<Job>(*this, owner, std::move(charge), std::move(draft), std::move(done));
  {
    const std::lock_guard lock(mutex_);
    std::erase_if(jobs_, [](const auto& other) { return other.expired(); });
    if (stopped_) return busy;
    jobs_.push_back(job);
  }
  // From here on stop() finds it.
  if (!pool_.offer(owner, turn(job)) && job->withdraw()) return busy;
  for (size_t i = 1; i < lines; ++i) pool_.post(owner, turn(job));
  return std::shared_ptr<Handle>(job);
}

// An upload of the job; the next one goes to the end of its owner's line, behind other requests.
FairPool::Work DecodeQueue::turn(const std::shared_ptr<Job>& job) {
  return [this, job] {
    const bool well = survives([&] {
      if (job->step()) pool_.post(job->owner, turn(job));
    });
    if (!well) job->give_up();
  };
}

void DecodeQueue::stop() {
  std::vector<std::weak_ptr<Job>> jobs;
  {
    const std::lock_guard lock(mutex_);
    stopped_ = true;
    jobs.swap(jobs_);
  }
  for (const auto& weak : jobs)
    if (const auto job = weak.lock()) job->cancel();
  pool_.stop();
}

}  // namespace tutti
