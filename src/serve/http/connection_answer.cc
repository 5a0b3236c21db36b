// Connection: how an answer goes out, and what follows it.
#include "base/guard.h"
#include "base/let_go.h"
#include "serve/http/answer_head.h"
#include "serve/http/connection.h"

namespace tutti {
namespace {

constexpr double kLingerSeconds = 2;

std::string chunk(const std::string& piece) {
  char size[20];
  std::snprintf(size, sizeof size, "%zx\r\n", piece.size());
  return size + piece + "\r\n";
}

}  // namespace

// Answers without a handler. What is left of the body is not wanted, so the connection ends, unless
// there is none.
void Connection::refuse(const Refusal& refusal) {
  if (phase_ >= Phase::handling || exchange_.begun) return close();
  if (parser_ && exchange_.record.method.empty()) note_request_line();
  if (!exchange_.body || !exchange_.body->done()) exchange_.keep_alive = false;
  phase_ = Phase::handling;
  let_go(exchange_.request.body);
  body_charge_.clear();
  if (!exchange_.keep_alive) {
    let_go(pending_);
    pending_charge_.clear();
  }
  parser_.reset();
  const bool empty = refusal.status == 204;
  start_answer({refusal.status, empty ? "" : "application/json", refusal.headers, true},
               {empty ? "" : refusal.body(), {}});
}

void Connection::start_answer(const ReplySink::Head& head, AnswerQueue::Piece body) {
  Exchange& exchange = exchange_;
  exchange.begun = true;
  exchange.ended = head.whole;
  const bool ends_by_closing = !head.whole && exchange.http_1_0 && !head.length;
  exchange.chunked = !head.whole && !exchange.http_1_0 && !head.length;
  exchange.record.status = head.status;
  if (core_->draining || ends_by_closing) exchange.keep_alive = false;
  std::string text = answer_head(head, {exchange.record.id, exchange.cors, exchange.keep_alive,
                                        exchange.chunked, body.bytes.size()});
  if (exchange.head_only) body = {};
  if (body.bytes.size() <= AnswerQueue::kMostJoined)  // one packet rather than two
    body.bytes = text + body.bytes;
  else if (!out_.push({std::move(text), {}}))
    return close();
  enqueue(std::move(body));
}

void Connection::add_to_answer(AnswerQueue::Piece piece) {
  if (exchange_.chunked) piece.bytes = chunk(piece.bytes);
  enqueue(std::move(piece));
}

void Connection::finish_answer(bool complete) {
  if (!complete) return close();
  exchange_.ended = true;
  if (exchange_.chunked && !exchange_.head_only) enqueue({"0\r\n\r\n", {}});
  flush();
}

void Connection::set_when_read(std::function<void()> work) {
  exchange_.when_read = std::move(work);
  flush();
}

void Connection::set_later(std::function<void()> work) {
  exchange_.later = std::move(work);
}

void Connection::enqueue(AnswerQueue::Piece piece) {
  exchange_.record.answer_bytes += piece.bytes.size();
  if (!out_.push(std::move(piece))) return close();
  flush();
}

void Connection::flush() {
  if (out_.sending() || phase_ == Phase::closed) return;
  if (out_.empty()) {
    if (auto work = std::exchange(exchange_.when_read, nullptr))
      core_->slow_workers.post(exchange_.owner, std::move(work));
    if (phase_ != Phase::handling) return;
    if (exchange_.ended) return next_request();
    place_->enter(Peers::working);
    return;
  }
  out_.write(*stream_, core_->options.limits, [self = shared_from_this()](Error error) {
    if (error) return self->close();
    if (self->phase_ == Phase::closed) return;
    if (!survives([&] { self->take_turn(); })) self->close();
  });
  place_->enter(Peers::waiting);
}

// Once for each request whose first line came, however it ended.
void Connection::record_request() noexcept {
  RequestRecord& record = exchange_.record;
  if (record.method.empty()) return;
  record.seconds = std::chrono::duration<double>(Clock::now() - exchange_.started).count();
  survives([&] {
    if (core_->options.on_request) core_->options.on_request(record);
  });
  record.method.clear();
}

void Connection::next_request() {
  record_request();
  const bool keep = exchange_.keep_alive && !core_->draining;
  exchange_ = {};
  parser_.reset();
  head_charge_.clear();
  if (!keep) return linger();
  phase_ = Phase::idle;
  place_->enter(Peers::waiting);
  deadline_ = Clock::now() + seconds_of(core_->options.limits.idle_seconds);
  take_turn();
}

void Connection::linger() {
  phase_ = Phase::lingering;
  place_->enter(Peers::waiting);
  let_go(pending_);
  pending_charge_.clear();
  deadline_ = Clock::now() + seconds_of(kLingerSeconds);
  stream_->end_sending();
  read();
}

}  // namespace tutti
