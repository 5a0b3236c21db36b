#include "serve/http/transport/io_turns.h"

#include <gtest/gtest.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <string>
#include <thread>

namespace tutti {
namespace {

TEST(IoTurns, GroupsTakeTurns) {
  boost::asio::io_context io;
  const auto turns = std::make_shared<IoTurns>(io.get_executor());
  std::string order;
  const auto take = [&](const std::string& group) {
    turns->take(group, [&order, group] { order += group; });
  };
  for (int i = 0; i < 5; ++i) take("a");
  take("b");
  take("c");
  take("b");
  EXPECT_EQ(order, "") << "never within the call";
  io.run();
  EXPECT_EQ(order, "abcabaaa");
}

// What takes another step when its step is done comes behind the others.
TEST(IoTurns, WhoGoesOnWaitsForTheOthers) {
  boost::asio::io_context io;
  const auto turns = std::make_shared<IoTurns>(io.get_executor());
  std::string order;
  std::function<void()> again = [&] {
    order += 'a';
    if (order.size() < 6) turns->take("a", again);
  };
  turns->take("a", again);
  turns->take("b", [&] { order += 'b'; });
  io.run();
  EXPECT_EQ(order, "abaaaa");
}

TEST(IoTurns, AllElseHasItsTurnBetweenLongSteps) {
  boost::asio::io_context io;
  const auto turns = std::make_shared<IoTurns>(io.get_executor());
  int steps = 0, steps_before = -1;
  for (int i = 0; i < 10; ++i)
    turns->take("a", [&] {
      std::this_thread::sleep_for(2 * IoTurns::kTurn);
      ++steps;
    });
  boost::asio::post(io, [&] { steps_before = steps; });
  io.run();
  EXPECT_EQ(steps, 10);
  EXPECT_EQ(steps_before, 1);
}

}  // namespace
}  // namespace tutti
