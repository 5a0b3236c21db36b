// What a connection has still to send: pieces of answers, joined where they are short, written one
// after another. Private to src/serve/http/, and on the I/O thread.
#pragma once

#include <deque>
#include <functional>
#include <string>

#include "serve/http/core.h"
#include "serve/http/transport/stream.h"

namespace tutti {

class AnswerQueue {
 public:
  struct Piece {
    std::string bytes;
    Charge charge;
  };
  static constexpr size_t kMostJoined = 16 << 10;  // short pieces go out together

  // False where the client leaves more unread than is kept for it.
  bool push(Piece piece);
  // Begins to send what is next, in pieces, so that a client that reads nothing is found out as
  // soon with a long answer as with a short one. `done` is called when that piece is out, or with
  // an error, and keeps this queue alive.
  void write(Stream& stream, const HttpLimits& limits, std::function<void(Stream::Error)> done);
  void clear();  // what is being sent stays until it is out

  bool empty() const { return out_.empty() && writing_.bytes.empty(); }
  bool sending() const { return sending_; }
  size_t unread() const { return unread_; }
  Clock::time_point deadline() const { return deadline_; }  // of what is being sent

 private:
  std::deque<Piece> out_;
  Piece writing_;
  size_t written_ = 0;  // of writing_
  size_t unread_ = 0;   // bytes in out_ and writing_
  bool sending_ = false, cleared_ = false;
  Clock::time_point deadline_ = Clock::time_point::max();
};

}  // namespace tutti
