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
  EXPECT_EQ(peers.longest_silent(), nullptr) << "not 1, which is one of few";
  EXPECT_EQ(peers.longest_silent("modest"), connection(1)) << "unless its own group asks";
  EXPECT_EQ(peers.longest_silent("greedy"), nullptr);
  EXPECT_EQ(peers.longest_silent("nobody"), nullptr);
  first.enter(Peers::waiting);
  EXPECT_EQ(peers.longest_silent(), connection(2));
  places.clear();
  EXPECT_EQ(peers.longest_silent(), nullptr);
}

TEST(Peers, ConnectionsAreShared) {
  Peers peers;
  std::vector<std::unique_ptr<Peers::Place>> places;
  const auto add = [&](const std::string& group) {
    if (!peers.connection_fits(group, 12)) return false;
    places.push_back(std::make_unique<Peers::Place>(peers, group, connection(places.size() + 1)));
    return true;
  };
  const auto add_all = [&](const std::string& group) {
    int count = 0;
    while (count < 100 && add(group)) ++count;
    return count;
  };
  EXPECT_EQ(add_all(""), 100) << "the loopback's are those of many";
  places.resize(50);
  EXPECT_EQ(add_all("greedy"), 50) << "while it has fewer than the average";
  places.erase(places.begin(), places.begin() + 50);
  EXPECT_FALSE(add("greedy"));
  places.resize(2);
  EXPECT_EQ(add_all("greedy"), 4) << "half of them";
  EXPECT_EQ(add_all("second"), 6);
  for (int i = 0; i < 5; ++i) EXPECT_TRUE(add("other" + std::to_string(i))) << i;
  EXPECT_TRUE(add("other0")) << "though there are as many as there may be";
  EXPECT_FALSE(add("second"));
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
