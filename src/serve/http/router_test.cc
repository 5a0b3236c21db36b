#include "serve/http/router.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <ctime>
#include <limits>

namespace tutti {
namespace {

void nothing(const Request&, const ReplyPtr&) {}

Router example() {
  Router router;
  router.add("GET", "/", nothing);
  router.add("GET", "/v1/models", nothing);
  router.add("GET", "/v1/models/{model}", nothing);
  router.add("DELETE", "/v1/models/{model}", nothing);
  router.add("GET", "/v1/{rest*}", nothing);
  router.add("GET", "/{file*}", nothing);
  router.add_websocket("/v1/realtime", [](const Request&, std::shared_ptr<WebSocket>) {});
  return router;
}

const Route* expected(const Router& router, size_t index) {
  return &router.routes()[index];
}

TEST(Router, FixedSegmentsWinOverNamesAndNamesOverTheRest) {
  const Router router = example();
  EXPECT_EQ(router.find("GET", "/", false).route, expected(router, 0));
  EXPECT_EQ(router.find("GET", "/v1/models", false).route, expected(router, 1));
  const auto named = router.find("GET", "/v1/models/nano", false);
  EXPECT_EQ(named.route, expected(router, 2));
  EXPECT_EQ(named.parameters.at("model"), "nano");
  const auto rest = router.find("GET", "/v1/a/b", false);
  EXPECT_EQ(rest.route, expected(router, 4));
  EXPECT_EQ(rest.parameters.at("rest"), "a/b");
  EXPECT_EQ(router.find("GET", "/app.js", false).route, expected(router, 5));
}

TEST(Router, MethodsAreTold) {
  const Router router = example();
  EXPECT_EQ(router.find("DELETE", "/v1/models/nano", false).route, expected(router, 3));
  EXPECT_EQ(router.find("HEAD", "/v1/models", false).route, expected(router, 1));
  const auto wrong = router.find("POST", "/v1/models", false);
  EXPECT_EQ(wrong.route, nullptr);
  EXPECT_TRUE(wrong.allowed.count("GET"));
}

TEST(Router, UpgradesGoToWebSocketsOnly) {
  const Router router = example();
  EXPECT_EQ(router.find("GET", "/v1/realtime", true).route, expected(router, 6));
  EXPECT_EQ(router.find("GET", "/v1/models", true).route, nullptr);
}

TEST(Router, OtherBaseUrlsAreUnderstood) {
  Router router;
  router.add("GET", "/v1/models", nothing);
  router.add("POST", "/v1/chat/completions", nothing);
  router.add("GET", "/healthz", nothing);
  for (const char* path :
       {"/v1/models", "/v1/models/", "/v1/v1/models", "/models", "/models/", "/v1/v1/models//",
        "/v1//models", "//v1/models", "//models", "/v1//v1///models"})
    EXPECT_EQ(router.find("GET", path, false).route, expected(router, 0)) << path;
  for (const char* path : {"/v1/chat/completions/", "/v1/v1/chat/completions", "/chat/completions"})
    EXPECT_EQ(router.find("POST", path, false).route, expected(router, 1)) << path;
  EXPECT_EQ(router.find("GET", "/healthz/", false).route, expected(router, 2));
  EXPECT_TRUE(router.find("GET", "/chat/completions", false).allowed.count("POST"));
  for (const char* path : {"/", "//", "/v1", "/v1/", "/v2/models", "/v1/healthz", "/a/v1/models"})
    EXPECT_TRUE(router.find("GET", path, false).allowed.empty()) << path;
}

TEST(Router, WhatWasMeantIsFound) {
  Router router;
  router.add("GET", "/", nothing);
  router.add("GET", "/v1/models/{model}", nothing);
  router.add("POST", "/v1/completions", nothing);
  router.add("POST", "/v1/chat/completions", nothing);
  router.add("GET", "/healthz", nothing);
  router.add_websocket("/v1/realtime", [](const Request&, std::shared_ptr<WebSocket>) {});
  for (const char* path : {"/v1/chat/completion", "/chat/completion", "/openai/v1/chat/completions",
                           "/openai/deployments/nano/chat/completions", "/api/chat/completions/",
                           "/v1/Chat/Completions", "/proxy//openai/v1/chat/completion"})
    EXPECT_EQ(router.similar("POST", path), "POST /v1/chat/completions") << path;
  EXPECT_EQ(router.similar("POST", "/v1/completion"), "POST /v1/completions");
  EXPECT_EQ(router.similar("GET", "/v1/model/nano"), "GET /v1/models/nano");
  EXPECT_EQ(router.similar("GET", "/health"), "GET /healthz");
  EXPECT_EQ(router.similar("GET", "/v1/realtimes"), "a WebSocket at /v1/realtime");
  EXPECT_EQ(router.similar("HEAD", "/health"), "GET /healthz");
  for (const char* path : {"/nowhere", "/v1/fine_tuning/jobs", "/x/"})
    EXPECT_EQ(router.similar("GET", path), "") << path;
  std::string longest(8000, 'a');
  longest[0] = '/';
  EXPECT_EQ(router.similar("GET", longest), "");
}

TEST(Router, NoOtherMethodAndNoOtherThingIsProposed) {
  Router router;
  for (const char* method : {"DELETE", "GET", "POST"})
    router.add(method, "/v1/conversations", nothing);
  router.add("GET", "/v1/models/{model}", nothing);
  router.add("POST", "/v1/models/{model}", nothing);
  router.add("POST", "/v1/images/generations", nothing);
  router.add("POST", "/v1/chat/completions", nothing);
  for (const auto& [asked, meant] :
       {std::pair("HEAD", "GET"), {"GET", "GET"}, {"POST", "POST"}, {"DELETE", "DELETE"}})
    for (const char* path : {"/v1/conversation", "/proxy/v1/conversations"})
      EXPECT_EQ(router.similar(asked, path), std::string(meant) + " /v1/conversations") << asked;
  EXPECT_EQ(router.similar("PUT", "/v1/conversation"), "");
  for (const char* path : {"/v1/images/edits", "/v1/moderations", "/v1/audio/x", "/v1/im", "/v1"})
    EXPECT_EQ(router.similar("POST", path), "") << path;
  for (const char* path : {"/v1/chat", "/chat", "/api/chat"})
    EXPECT_EQ(router.similar("POST", path), "POST /v1/chat/completions") << path;
  EXPECT_EQ(router.similar("POST", "/v1/images"), "POST /v1/images/generations");
  EXPECT_EQ(router.similar("POST", "/v1/model/nano"), "POST /v1/models/nano");
  EXPECT_EQ(router.similar("GET", "/v1/chat"), "");
}

// The I/O thread does this with what a head may have, 16 KB. Processor time of an eighth of them
// against theirs: the square of a path's length would be twice as long as allowed here.
TEST(Router, LongPathsCostLittle) {
  Router router = example();
  for (int i = 0; i < 60; ++i) router.add("GET", "/v1/route" + std::to_string(i), nothing);
  for (const std::string segment : {"/v1", "/x"}) {
    const auto clocks = [&](size_t bytes) {
      std::string path;
      while (path.size() < bytes) path += segment;
      std::clock_t least = std::numeric_limits<std::clock_t>::max();
      for (int i = 0; i < 5; ++i) {
        const std::clock_t begin = std::clock();
        for (int k = 0; k < 40; ++k) {
          router.find("POST", path, false);
          EXPECT_EQ(router.similar("POST", path), "");
        }
        least = std::min(least, std::clock() - begin);
      }
      return least;
    };
    const std::clock_t few = clocks(2000);
    EXPECT_LT(clocks(16'000), 8 * 4 * few) << segment;
  }
  EXPECT_EQ(router.find("GET", "/a/b//c", false).parameters.at("file"), "a/b//c");
}

TEST(Target, PathAndQueryAreDecoded) {
  Request request;
  ASSERT_TRUE(parse_target("/a%20b?x=1+2&y=%26&z&x=3", request));
  EXPECT_EQ(request.path, "/a b");
  EXPECT_EQ(request.query, (std::vector<std::pair<std::string, std::string>>{
                               {"x", "1 2"}, {"y", "&"}, {"z", ""}, {"x", "3"}}));
}

TEST(Target, MalformedOnesAreRefused) {
  for (const char* target : {"", "*", "http://other/", "/%", "/%4", "/%zz", "/%00", "/%ff"}) {
    Request request;
    EXPECT_FALSE(parse_target(target, request)) << target;
  }
}

}  // namespace
}  // namespace tutti
