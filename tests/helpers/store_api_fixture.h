// Test helper: the store's endpoints, called through the router without a network.
#pragma once

#include <gtest/gtest.h>

#include <functional>
#include <optional>

#include "serve/store/answers.h"
#include "serve/store/api.h"

namespace tutti {

struct Answer : ReplySink {
  void start(Head head, std::string body) override {
    status = head.status;
    content_type = head.content_type;
    headers = head.more;
    length = head.length;
    text = std::move(body);
  }
  void more(std::string piece) override { text += piece; }
  void finish(bool complete) override { cut = !complete; }
  void when_read(std::function<void()> work) override {
    if (slow)
      next = std::move(work);
    else
      work();
  }

  Json json() const { return Json::parse(text, nullptr, false); }

  bool slow = false, cut = false;  // slow: the next piece is made when the test says so
  std::function<void()> next;
  int status = 0;
  std::string content_type, text;
  Headers headers;
  std::optional<uint64_t> length;
};

class StoreApiTest : public ::testing::Test {
 protected:
  explicit StoreApiTest(uint64_t most_bytes = 4 << 20)
      : store_(*Store::open(":memory:", {.most_bytes = most_bytes})) {
    add_store_routes(router_, store_, contract_);
  }

  Answer call(const std::string& method, const std::string& target, const std::string& body = {},
              const std::string& type = "application/json") {
    auto answer = std::make_shared<Answer>();
    call_for(answer, method, target, body, type);
    return *answer;
  }

  void call_for(const std::shared_ptr<Answer>& answer, const std::string& method,
                const std::string& target, const std::string& body = {},
                const std::string& type = "application/json") {
    Request request;
    request.method = method;
    request.body = body;
    request.user = user_;
    request.account = account_;
    request.headers = {{"content-type", type}};
    EXPECT_TRUE(parse_target(target, request));
    const Router::Match match = router_.find(method, request.path, false);
    if (!match.route) return;
    EXPECT_FALSE(match.route->options.open) << target << " must ask for a key";
    EXPECT_TRUE(match.route->options.slow) << target << " waits for a disk";
    request.parameters = match.parameters;
    match.route->handler(request, std::make_shared<Reply>(answer));
  }

  Answer upload(const std::string& id, const std::string& type, const std::string& bytes) {
    const auto part = [](const std::string& head, const std::string& content) {
      return "--limit\r\nContent-Disposition: form-data; " + head + "\r\n\r\n" + content + "\r\n";
    };
    return call(
        "POST", "/v1/files",
        part("name=\"purpose\"", "user_data") + part("name=\"id\"", id) +
            part("name=\"file\"; filename=\"../../etc/a.png\"\r\nContent-Type: " + type, bytes) +
            "--limit--\r\n",
        "multipart/form-data; boundary=limit");
  }

  const Contract contract_{ApiLimits()};
  Store store_;
  Router router_;
  std::string user_;
  Account::Ptr account_;
};

class LargeStoreApiTest : public StoreApiTest {
 protected:
  LargeStoreApiTest() : StoreApiTest(64 << 20) {}

  // A conversation of `count` items of 200 KB, whose ids end in their numbers.
  void put(const std::string& conversation, int count) {
    call("POST", "/v1/conversations", Json{{"id", conversation}}.dump());
    Json items = Json::array();
    for (int i = 0; i < count; ++i)
      items.push_back({{"id", "m" + std::to_string(i)}, {"x", std::string(200'000, 'x')}});
    const Answer answer =
        call("POST", "/v1/conversations/" + conversation + "/items", Json{{"items", items}}.dump());
    ASSERT_EQ(answer.status, 200) << answer.text.substr(0, 300);
    EXPECT_EQ(answer.json()["data"].size(), size_t(count));
    EXPECT_EQ(answer.json()["last_id"], "m" + std::to_string(count - 1));
  }

  // What a slow client gets; never more than a piece of it is made ahead, nor held meanwhile.
  Answer read_slowly(const std::string& target) {
    auto answer = std::make_shared<Answer>();
    answer->slow = true;
    call_for(answer, "GET", target);
    size_t before = 0;
    int pieces = 1;
    for (; answer->next; ++pieces) {
      EXPECT_LE(answer->text.size() - before, store_api::kMostPiece) << target;
      EXPECT_LT(account_ ? account_->held() : 0, size_t(5) << 20) << target;
      before = answer->text.size();
      std::exchange(answer->next, nullptr)();
    }
    EXPECT_LE(answer->text.size() - before, store_api::kMostPiece) << target;
    EXPECT_EQ(account_ ? account_->held() : 0, 0u) << target;
    pieces_ = pieces;
    return *answer;
  }

  int pieces_ = 0;
};

}  // namespace tutti
