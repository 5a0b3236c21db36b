// Whose step on the I/O thread is next. Private to src/serve/http/, on that thread.
//
//   turns->take(group, [...] { ... });   // soon, and never within the call
//
// A step is what a TLS handshake or a connection can do with the bytes at hand: make a signature
// (milliseconds), read a head and answer it (tens of microseconds). Groups, which are addresses or
// keys, take steps in turn: one with thousands of connections makes another's wait for one step of
// its own and no more. When steps have taken kTurn, all else that is ready has its turn: what
// workers have made, new connections, and reading, which only lines up a step; so a round takes
// one or two milliseconds, whatever has come.
//
// Rejected: a turn for each connection, which gives most to whoever opens most; and running the
// step at once where nobody waits, which would let thousands of reads that are ready run theirs
// before anybody lines up.
#pragma once

#include <chrono>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <string>

#include "serve/http/transport/stream.h"

namespace tutti {

class IoTurns : public std::enable_shared_from_this<IoTurns> {
 public:
  static constexpr auto kTurn = std::chrono::microseconds(500);

  explicit IoTurns(Stream::Socket::executor_type executor) : executor_(std::move(executor)) {}

  // Never takes the step within the call. Throws std::bad_alloc, and then never takes it.
  void take(const std::string& group, std::function<void()> step);

 private:
  using Steps = std::deque<std::function<void()>>;

  void go_on_later();
  void go_on() noexcept;
  std::function<void()> next() noexcept;

  const Stream::Socket::executor_type executor_;
  std::map<std::string, Steps> waiting_;                          // of each group that has any
  std::map<std::string, Steps>::iterator turn_ = waiting_.end();  // whose it is; end: the first's
  bool under_way_ = false;
};

}  // namespace tutti
