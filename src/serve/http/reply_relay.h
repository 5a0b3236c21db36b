// From whatever thread answers a request to the connection, on the I/O thread. Private to
// src/serve/http/.
#pragma once

#include "serve/http/answer_queue.h"
#include "serve/http/message.h"

namespace tutti {

// Where answers arrive, on the I/O thread but for lose().
class AnswerTarget {
 public:
  virtual ~AnswerTarget() = default;
  virtual void start_answer(const ReplySink::Head& head, AnswerQueue::Piece body) = 0;
  virtual void add_to_answer(AnswerQueue::Piece piece) = 0;
  virtual void finish_answer(bool complete) = 0;
  virtual void set_when_read(std::function<void()> work) = 0;
  virtual void set_later(std::function<void()> work) = 0;
  virtual void lose() noexcept = 0;  // from any thread: the answer was lost
  virtual void close() noexcept = 0;
  virtual bool closed() const = 0;
};

// The sink of one answer. What it says is charged to its request's account before it is handed
// over.
class ReplyRelay final : public ReplySink {
 public:
  ReplyRelay(std::shared_ptr<Core> core, std::shared_ptr<AnswerTarget> target, Account::Ptr account)
      : core_(std::move(core)), target_(std::move(target)), account_(std::move(account)) {}

  void start(Head head, std::string body) override;
  void more(std::string piece) override;
  void more_charged(std::string piece, Charge held) override;
  void finish(bool complete) override;
  void when_read(std::function<void()> work) override;
  void later(std::function<void()> work) override;
  void lose() noexcept override { target_->lose(); }

 private:
  template <class Work>
  void on_io(Work work);

  const std::shared_ptr<Core> core_;
  const std::shared_ptr<AnswerTarget> target_;
  const Account::Ptr account_;
};

}  // namespace tutti
