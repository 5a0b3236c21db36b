// WebSocket clients that are malformed, endless, slow or many.
#include <vector>

#include "tests/helpers/hostile_server.h"

namespace tutti {
namespace {

constexpr size_t kMegabyte = 1 << 20;
const std::string kMask(4, '\0');

int upgrade(TestClient& client, const std::string& path) {
  client.send("GET " + path +
              " HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
              "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n");
  return split_answer(client.receive([](const std::string& text) {
           return text.find("\r\n\r\n") != text.npos;
         }))
      .status;
}

// The head of a frame. 0x82: a whole binary message; 0x02: its first piece.
std::string frame_head(int kind, uint64_t size) {
  const int bytes = size < 126 ? 0 : size < 65536 ? 2 : 8;
  const int length = bytes == 0 ? int(size) : bytes == 2 ? 126 : 127;
  std::string head = {char(kind), char(0x80 | length)};
  for (int shift = 8 * bytes - 8; shift >= 0; shift -= 8) head += char(size >> shift);
  return head + kMask;
}

// Code and reason of the closing frame at the end of what came; 0: there is none.
std::pair<int, std::string> closing(TestClient& client) {
  const std::string text = client.receive_all();
  const size_t at = text.rfind('\x88');
  if (at == text.npos || text.size() < at + 4) return {};
  return {uint8_t(text[at + 2]) << 8 | uint8_t(text[at + 3]), text.substr(at + 4)};
}

using HostileWebSocketTest = HostileTest;

TEST_F(HostileWebSocketTest, MalformedFrames) {
  start();
  const std::string& mask = kMask;
  const std::string frames[] = {
      "\x81\x05hello",                                                     // not masked
      "\x83\x80" + mask,                                                   // an unknown kind
      "\xf1\x80" + mask,                                                   // reserved bits
      "\x89\xfe\x01" + std::string(1, '\0') + mask,                        // a ping of 256 bytes
      "\x09\x80" + mask,                                                   // a ping in pieces
      "\x80\x80" + mask,                                                   // goes on with nothing
      std::string("\x82\xff\x7f\xff\xff\xff\xff\xff\xff\xff", 10) + mask,  // 2^63 - 1 bytes
      std::string("\x82\xff\x00\x00\x00\x00\x00\x10\x00\x00", 10) + mask,  // more than the limit
      "\x81\x82" + mask + "\xc3\x28",                                      // text that is not UTF-8
      "\x01\x81" + mask + "\xc3" + "\x80\x80" + mask,  // nor this, in two frames
      "\x88\x81" + mask + "x",                         // half a close code
  };
  for (const std::string& frame : frames) {
    TestClient client(port_);
    ASSERT_EQ(upgrade(client, "/echo"), 101);
    client.send(std::string("\x81\x82", 2) + mask + "ok");
    EXPECT_EQ(client.receive([](const std::string& text) { return text.size() >= 4; }),
              "\x81\x02ok");
    client.send(frame);
    client.end_sending();
    const std::string answer = client.receive_all();
    EXPECT_TRUE(client.ended()) << "kept open";
    EXPECT_TRUE(answer.empty() || uint8_t(answer[0]) == 0x88) << "answered";
  }
  EXPECT_TRUE(all_gone());
  expect_well();
}

TEST_F(HostileWebSocketTest, TooLargeAMessageIsToldItsLimit) {
  start();
  for (const std::string& bytes :
       {frame_head(0x82, 200'000) + "x",                       // by what it claims
        frame_head(0x02, 60'000) + std::string(60'000, 'x') +  // by its pieces
            frame_head(0x80, 60'000) + std::string(60'000, 'x')}) {
    TestClient client(port_);
    ASSERT_EQ(upgrade(client, "/echo"), 101);
    client.send(bytes);
    const auto [code, reason] = closing(client);
    EXPECT_EQ(code, 1009);
    EXPECT_NE(reason.find("100000 bytes"), std::string::npos) << reason;
  }
  EXPECT_TRUE(nothing_held());
  expect_well();
}

TEST_F(HostileWebSocketTest, UnfinishedMessagesMustComeInTime) {
  start({}, kSoon);
  for (const std::string& bytes : {frame_head(0x82, 50'000) + std::string(20'000, 'x'),
                                   frame_head(0x02, 20'000) + std::string(20'000, 'x')}) {
    TestClient client(port_);
    ASSERT_EQ(upgrade(client, "/echo"), 101);
    client.send(bytes);
    EXPECT_EQ(closing(client).first, 1008);
  }
  EXPECT_TRUE(nothing_held());
}

TEST_F(HostileWebSocketTest, AByteNowAndThenIsNotInTime) {
  start({}, kSoon);
  TestClient client(port_);
  ASSERT_EQ(upgrade(client, "/swallow"), 101);
  client.send(frame_head(0x82, 2 * kMegabyte) + std::string(20'000, 'x'));
  std::atomic<bool> enough = false;
  std::thread dripping([&] {
    while (!enough && client.send("x")) std::this_thread::sleep_for(std::chrono::milliseconds(20));
  });
  EXPECT_EQ(closing(client).first, 1008);
  enough = true;
  dripping.join();
  EXPECT_TRUE(nothing_held());
}

TEST_F(HostileWebSocketTest, TheLargestUnfinishedMessagesAreCut) {
  HttpOptions options;
  options.limits.ledger = {
      .server = 4 * kMegabyte, .key = 4 * kMegabyte, .connection = 3 * kMegabyte};
  start(std::move(options));
  std::vector<TestClient> clients;
  int cut = 0;
  for (int i = 0; i < 12; ++i) {
    clients.emplace_back(port_);
    if (upgrade(clients[i], "/swallow") != 101) {  // 429: no room while those who are cut leave
      ++cut;
      continue;
    }
    clients[i].send(frame_head(0x82, 3 * kMegabyte / 2) + std::string(kMegabyte, 'x'));
    EXPECT_LE(server_->stats().body_bytes, 4 * kMegabyte);
    expect_well();
  }
  EXPECT_TRUE(comes([&] { return server_->stats().body_bytes <= 3 * kMegabyte; }))
      << "a quarter is kept for those who hold little";
  std::vector<std::string> told(clients.size());
  const auto has_been_cut = [&](size_t i) {
    return told[i].find("memory is short") != std::string::npos ||
           told[i].find("the server holds") != std::string::npos;
  };
  const auto eight_are_cut = [&] {
    int count = cut;
    for (size_t i = 0; i < clients.size(); ++i) {
      if (!has_been_cut(i)) told[i] += clients[i].receive_all(10);  // what has come
      count += has_been_cut(i);
    }
    return count >= 8;
  };
  EXPECT_TRUE(comes(eight_are_cut)) << "of 12 there is room for 4 at most";
  clients.clear();
  EXPECT_TRUE(nothing_held());
}

TEST_F(HostileWebSocketTest, WhatIsNotReadIsBounded) {
  start({}, kSoon);
  TestClient client(port_);
  ASSERT_EQ(upgrade(client, "/echo"), 101);
  std::atomic<bool> sending = true;
  std::thread sender([&] {
    const std::string message = frame_head(0x82, 50'000) + std::string(50'000, 'x');
    while (client.send(message)) EXPECT_LE(server_->stats().body_bytes, 20 * kMegabyte);
    sending = false;
  });
  EXPECT_TRUE(comes([&] { return !sending; })) << "cut, so that sending fails";
  client.end_sending();
  sender.join();
  client.close();
  EXPECT_TRUE(nothing_held());
  expect_well();
}

TEST_F(HostileWebSocketTest, SocketsAreCounted) {
  HttpOptions options;
  options.limits.most_websockets = 4;
  options.loopback_is_many = false;
  start(std::move(options));
  std::vector<TestClient> clients;
  const auto opens = [&](int from) {
    clients.emplace_back(port_, from);
    return upgrade(clients.back(), "/echo") == 101;
  };
  for (int i = 0; i < 4; ++i) EXPECT_EQ(opens(2), i < 2) << "half for one owner";
  EXPECT_TRUE(opens(3));
  EXPECT_FALSE(opens(3));
  for (int from = 4; from < 12; ++from) EXPECT_EQ(opens(from), from < 9) << "8 in all";
  expect_well();
}

}  // namespace
}  // namespace tutti
