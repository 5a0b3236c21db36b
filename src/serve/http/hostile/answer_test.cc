// Answers that come in pieces.
#include <gtest/gtest.h>

#include "tests/helpers/hostile_server.h"

namespace tutti {
namespace {

class AnswerTest : public HostileTest {
 protected:
  AnswerTest() {
    more_routes_ = [](Router& router) {
      router.add("GET", "/measured", [](const Request&, const ReplyPtr& reply) {
        reply->begin(200, "text/plain", {}, 6);
        reply->write("abc");
        reply->write("def");
        reply->end();
      });
      router.add("GET", "/later", [](const Request&, const ReplyPtr& reply) {
        reply->begin(200, "text/plain");
        reply->write("abc");
        reply->later([reply] {
          reply->write("def");
          reply->end();
        });
      });
    };
  }

  TestAnswer get(const std::string& method, const std::string& version, const std::string& more) {
    TestClient client(port_);
    EXPECT_TRUE(client.send(method + " /measured HTTP/" + version + "\r\nHost: localhost\r\n" +
                            more + "\r\n"));
    return split_answer(client.receive_all());
  }
};

// With a length even a client that knows no chunks sees an answer that was cut.
TEST_F(AnswerTest, WhereTheLengthIsKnownItIsSaid) {
  start();
  for (const char* version : {"1.0", "1.1"}) {
    const TestAnswer answer = get("GET", version, "Connection: close\r\n");
    EXPECT_NE(answer.head.find("Content-Length: 6\r\n"), std::string::npos) << answer.head;
    EXPECT_EQ(answer.head.find("Transfer-Encoding"), std::string::npos) << answer.head;
    EXPECT_EQ(answer.body, "abcdef");
  }
  const TestAnswer head = get("HEAD", "1.1", "Connection: close\r\n");
  EXPECT_NE(head.head.find("Content-Length: 6\r\n"), std::string::npos) << head.head;
  EXPECT_EQ(head.body, "");
}

TEST_F(AnswerTest, APieceMayComeLater) {
  start();
  EXPECT_NE(ask(port_, "GET", "/later").body.find("def"), std::string::npos);
}

TEST_F(AnswerTest, ABodyIsAskedForHoweverThatIsSpelt) {
  start();
  TestClient client(port_);
  client.send(
      "POST /size HTTP/1.1\r\nHost: localhost\r\nExpect: 100-Continue\r\n"
      "Content-Length: 4\r\nConnection: close\r\n\r\n");
  const std::string leave =
      client.receive([](const std::string& text) { return text.ends_with("\r\n\r\n"); });
  EXPECT_TRUE(leave.starts_with("HTTP/1.1 100 ")) << leave;
  client.send("body");
  EXPECT_EQ(split_answer(client.receive_all()).body, "4");
}

TEST_F(AnswerTest, WhyAWebSocketIsNotOpenedIsTrue) {
  start();
  const std::string ask =
      "GET /echo HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
      "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";
  TestClient behind(port_), ahead(port_);
  behind.send("GET /hello HTTP/1.1\r\nHost: localhost\r\n\r\n" + ask);
  const auto whole = [](const std::string& text) { return text.find("error") != text.npos; };
  EXPECT_NE(behind.receive(whole).find("another request"), std::string::npos);
  ahead.send(ask + "GET /hello HTTP/1.1\r\nHost: localhost\r\n\r\n");
  EXPECT_NE(ahead.receive(whole).find("sent behind"), std::string::npos);
}

// So the connection may be used again, by a client of HTTP/1.0 too.
TEST_F(AnswerTest, AConnectionGoesOnBehindALength) {
  start();
  TestClient client(port_);
  const std::string ask =
      "GET /measured HTTP/1.0\r\nHost: localhost\r\nConnection: keep-alive\r\n\r\n";
  for (int i = 0; i < 2; ++i) {
    ASSERT_TRUE(client.send(ask));
    const std::string text =
        client.receive([](const std::string& bytes) { return bytes.find("abcdef") != bytes.npos; });
    EXPECT_NE(text.find("Connection: keep-alive"), std::string::npos) << text;
  }
}

}  // namespace
}  // namespace tutti
