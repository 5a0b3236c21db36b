#include "serve/http/limits/peers.h"

#include <gtest/gtest.h>

#include <memory>
#include <vector>

namespace tutti {
namespace {

TEST(Peers, ANetworkOfManyAddressesIsOnePeer) {
  EXPECT_EQ(peer_group("203.0.113.7"), "203.0.113.7");
  EXPECT_EQ(peer_group("2001:db8:1:2:3:4:5:6"), "2001:db8:1:2::/64");
  EXPECT_EQ(peer_group("2001:db8:1:2::9"), "2001:db8:1:2::/64");
  EXPECT_NE(peer_group("2001:db8:1:3::9"), "2001:db8:1:2::/64");
  EXPECT_EQ(peer_group("fe80::1%eth0"), "fe80::/64");
  EXPECT_EQ(peer_group("::ffff:203.0.113.7"), "203.0.113.7");
  EXPECT_EQ(peer_group("::ffff:127.0.0.1"), "127.0.0.1");
  EXPECT_EQ(peer_group("::1"), "::1");
}

// Connections by number; nothing here looks at them.
Connection* connection(uintptr_t number) {
  return reinterpret_cast<Connection*>(number);
}

TEST(Peers, WhoHasMostLosesTheOneThatIsSilentLongest) {
  Peers peers;
  EXPECT_EQ(peers.longest_silent(), nullptr);
  std::vector<std::unique_ptr<Peers::Place>> places;
  const auto add = [&](const std::string& group) -> Peers::Place& {
    places.push_back(std::make_unique<Peers::Place>(peers, group, connection(places.size() + 1)));
    places.back()->enter(Peers::waiting);
    return *places.back();
  };
  add("modest");
  Peers::Place& first = add("greedy");
  add("greedy"), add("greedy");
  EXPECT_EQ(peers.longest_silent(), connection(2)) << "not 1, though it is silent for longer";
  first.enter(Peers::waiting);
  EXPECT_EQ(peers.longest_silent(), connection(3)) << "something came from 2";
  places[2]->enter(Peers::working);
  EXPECT_EQ(peers.longest_silent(), connection(4));
  places[3]->enter(Peers::working);
  first.enter(Peers::working);
  EXPECT_EQ(peers.longest_silent(), connection(1));
  places[0]->enter(Peers::working);
  EXPECT_EQ(peers.longest_silent(), nullptr) << "all are at work";
  first.enter(Peers::waiting);
  EXPECT_EQ(peers.longest_silent(), connection(2));
  places.clear();
  EXPECT_EQ(peers.longest_silent(), nullptr);
}

TEST(Peers, HandshakesAreShared) {
  Peers peers;
  std::vector<std::unique_ptr<Peers::Place>> places;
  const auto begin = [&](const std::string& group) {
    if (!peers.handshake_fits(group, 8)) return false;
    places.push_back(std::make_unique<Peers::Place>(peers, group, connection(places.size() + 1)));
    places.back()->enter(Peers::handshaking);
    return true;
  };
  int greedy = 0;
  while (begin("greedy")) ++greedy;
  EXPECT_EQ(greedy, 4);
  EXPECT_EQ(peers.oldest_handshake("greedy"), connection(1));
  EXPECT_EQ(peers.oldest_handshake("nobody"), nullptr);
  for (int i = 0; i < 12; ++i) EXPECT_TRUE(begin("other" + std::to_string(i))) << i;
  EXPECT_FALSE(begin("late")) << "twice as many as 8";
  places[0]->enter(Peers::waiting);
  EXPECT_TRUE(begin("late"));
  EXPECT_EQ(peers.oldest_handshake("greedy"), connection(2));
}

}  // namespace
}  // namespace tutti
