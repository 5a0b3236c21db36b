#include "serve/http/transport/io_turns.h"

#include <boost/asio/post.hpp>
#include <new>

#include "base/guard.h"

namespace tutti {

void IoTurns::take(const std::string& group, std::function<void()> step) {
  const auto steps = waiting_.try_emplace(group).first;
  const bool held = survives([&] { steps->second.push_back(std::move(step)); });
  if (held && !under_way_) under_way_ = survives([&] { go_on_later(); });
  if (held && under_way_) return;
  if (held) steps->second.pop_back();
  if (steps->second.empty()) waiting_.erase(steps);
  throw std::bad_alloc();
}

void IoTurns::go_on_later() {
  boost::asio::post(executor_, [self = shared_from_this()] { self->go_on(); });
}

// Of the group whose turn it is, which then is the next one's.
std::function<void()> IoTurns::next() noexcept {
  if (turn_ == waiting_.end()) turn_ = waiting_.begin();
  std::function<void()> step = std::move(turn_->second.front());
  turn_->second.pop_front();
  turn_ = turn_->second.empty() ? waiting_.erase(turn_) : std::next(turn_);
  return step;
}

void IoTurns::go_on() noexcept {
  using Clock = std::chrono::steady_clock;
  do {
    for (const auto end = Clock::now() + kTurn; under_way_ && Clock::now() < end;) {
      survives(next());  // else the connection's time is over soon
      under_way_ = !waiting_.empty();
    }
  } while (under_way_ && !survives([&] { go_on_later(); }));
}

}  // namespace tutti
