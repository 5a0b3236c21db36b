#include "serve/realtime/hearing.h"

#include <utility>

#include "base/guard.h"
#include "engine/streams/stream_request.h"

namespace tutti {
namespace {

constexpr size_t kMostSamples = size_t(TranscriptStream::kMostWaiting) * 16000;

// Short enough to take no memory itself.
Error no_memory() {
  return {ErrorCode::no_memory, "out of memory"};
}

}  // namespace

Result<std::shared_ptr<Hearing>> Hearing::begin(Scheduler& scheduler, ModelHandle model,
                                                std::string owner, const Account::Ptr& account,
                                                OnText on_text) {
  TUTTI_ASSIGN(TranscriptStream stream, TranscriptStream::create(std::move(model)));
  return std::shared_ptr<Hearing>(
      new Hearing(scheduler, std::move(stream), std::move(owner), account, std::move(on_text)));
}

Hearing::Hearing(Scheduler& scheduler, TranscriptStream stream, std::string owner,
                 const Account::Ptr& account, OnText on_text)
    : scheduler_(scheduler),
      stream_(std::make_shared<TranscriptStream>(std::move(stream))),
      owner_(std::move(owner)),
      on_text_(std::move(on_text)),
      charge_(account),
      waiting_charge_(account) {}

bool Hearing::well() const {
  const std::lock_guard lock(mutex_);
  return !error_;
}

size_t Hearing::told() const {
  const std::lock_guard lock(mutex_);
  return told_;
}

void Hearing::push(std::span<const float> samples) {
  {
    const std::lock_guard lock(mutex_);
    if (error_) return;
    const size_t count = waiting_.size() + samples.size();
    const Status room =
        count > kMostSamples
            ? Error(ErrorCode::busy, "more sound came than could be heard; send it more slowly")
            : waiting_charge_.set(2 * count * sizeof(float));  // as a vector grows
    if (room)
      waiting_.insert(waiting_.end(), samples.begin(), samples.end());
    else
      error_ = room.error();
    if (std::exchange(busy_, true)) return;
  }
  go_on();
}

void Hearing::finish(OnEnd done) {
  {
    const std::lock_guard lock(mutex_);
    finished_ = true;
    done_ = std::move(done);
    self_ = shared_from_this();
    if (std::exchange(busy_, true)) return;
  }
  go_on();
}

// Called by whoever has busy_, which is passed on to the request where there is one to wait for.
void Hearing::go_on() {
  for (bool more = true; more;)
    if (!survives([&] { more = advance(); })) {
      const std::lock_guard lock(mutex_);
      error_ = no_memory();
    }
}

// One piece of what is to be done; false where there is nothing left, or a step does it.
bool Hearing::advance() {
  if (const Status status = take_waiting(); !status) fail(status.error());
  take_text();
  if (!well() || !stream_->ready()) return !end();
  const Status status = submit();
  if (!status) fail(status.error());
  return !status;
}

Status Hearing::take_waiting() {
  std::vector<float> samples;
  bool finished = false;
  {
    const std::lock_guard lock(mutex_);
    if (error_) return {};
    samples.swap(waiting_);
    waiting_charge_.clear();
    finished = finished_;
  }
  TUTTI_CHECK(charge_.set(stream_->bytes() + samples.size() * sizeof(float)));
  if (!samples.empty()) TUTTI_CHECK(stream_->push(samples));
  if (finished) stream_->finish();
  return stream_->trouble() ? Status(*stream_->trouble()) : Status();
}

// Milliseconds: nobody cancels it.
Status Hearing::submit() {
  auto request = std::make_unique<StreamRequest<TranscriptStream>>(stream_);
  auto done = [self = weak_from_this()](const std::optional<Error>& error) {
    const auto alive = self.lock();
    if (!alive) return;
    if (error) alive->fail(*error);
    alive->go_on();
  };
  TUTTI_ASSIGN(Ticket ticket, scheduler_.submit_any(std::move(request), std::move(done), owner_));
  ticket.detach();
  return {};
}

// Where nothing can be done now: gives up busy_, and says how it ended if it did.
bool Hearing::end() {
  OnEnd done;
  std::shared_ptr<Hearing> self;
  std::optional<Error> error;
  {
    const std::lock_guard lock(mutex_);
    const bool over = error_ || (finished_ && stream_->done());
    if (!over && (finished_ || !waiting_.empty())) return false;
    error = error_;
    if (over) done = std::exchange(done_, nullptr);
    if (over) self = std::exchange(self_, nullptr);
    busy_ = false;
  }
  if (done)
    done(error ? Result<std::string>(*std::move(error)) : Result<std::string>(std::move(text_)));
  return true;
}

void Hearing::take_text() {
  const std::string text = stream_->take_text();
  if (text.empty()) return;
  {
    const std::lock_guard lock(mutex_);
    if (error_) return;  // what is heard anew tells the rest
    told_ += text.size();
  }
  text_ += text;
  on_text_(text);
}

void Hearing::fail(const Error& error) {
  const std::lock_guard lock(mutex_);
  if (!error_) survives([&] { error_ = error; });
  if (!error_) error_ = no_memory();
  waiting_.clear();
}

}  // namespace tutti
