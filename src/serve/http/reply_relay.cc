#include "serve/http/reply_relay.h"

#include <algorithm>
#include <boost/asio/post.hpp>

#include "base/guard.h"

namespace tutti {

template <class Work>
void ReplyRelay::on_io(Work work) {
  if (core_->ended) return;
  boost::asio::post(core_->io, [target = target_, work = std::move(work)]() mutable {
    if (target->closed()) return;
    if (!survives([&] { work(*target); })) target->close();
  });
}

// An answer that there is no room for is replaced by one that says so.
void ReplyRelay::start(Head head, std::string body) {
  AnswerQueue::Piece piece{std::move(body), Charge(account_)};
  if (const Status status = piece.charge.grow(piece.bytes.size()); !status) {
    head = {503, "application/json", {{"Retry-After", "1"}}, true};
    piece.bytes = error_json(
        "the answer is ready and there is no memory to send it from: " + status.error().message(),
        "server_error", "busy");
  }
  on_io([head = std::move(head), piece = std::move(piece)](AnswerTarget& target) mutable {
    target.start_answer(head, std::move(piece));
  });
}

void ReplyRelay::more(std::string bytes) {
  AnswerQueue::Piece piece{std::move(bytes), Charge(account_)};
  if (!piece.charge.grow(piece.bytes.size()))
    return on_io([](AnswerTarget& target) { target.close(); });
  more_charged(std::move(piece.bytes), std::move(piece.charge));
}

void ReplyRelay::more_charged(std::string bytes, Charge held) {
  AnswerQueue::Piece piece{std::move(bytes), std::move(held)};
  piece.charge.shrink(piece.charge.bytes() - std::min(piece.charge.bytes(), piece.bytes.size()));
  on_io([piece = std::move(piece)](AnswerTarget& target) mutable {
    target.add_to_answer(std::move(piece));
  });
}

void ReplyRelay::finish(bool complete) {
  on_io([complete](AnswerTarget& target) { target.finish_answer(complete); });
}

void ReplyRelay::when_read(std::function<void()> work) {
  on_io([work = std::move(work)](AnswerTarget& target) mutable {
    target.set_when_read(std::move(work));
  });
}

void ReplyRelay::later(std::function<void()> work) {
  on_io([work = std::move(work)](AnswerTarget& target) mutable {
    target.set_later(std::move(work));
  });
}

}  // namespace tutti
