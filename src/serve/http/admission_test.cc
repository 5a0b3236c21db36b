#include "serve/http/admission.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>

namespace tutti {
namespace {

class Admission : public testing::Test {
 protected:
  Admission() {
    const Handler nothing = [](const Request&, const ReplyPtr&) {};
    router_.add("GET", "/healthz", nothing, {.open = true});
    router_.add("POST", "/v1/chat", nothing, {.most_bytes = 100});
  }

  // The status that a request is refused with; 0: let in.
  int status(const std::string& method, const std::string& path, Headers headers,
             BodyClaim claim = {}) {
    request_ = {.method = method, .path = path, .headers = std::move(headers)};
    const bool says = std::any_of(request_.headers.begin(), request_.headers.end(),
                                  [](const auto& header) { return header.first == "host"; });
    if (!says) request_.headers.emplace_back("host", "localhost:8080");
    const Route* route = nullptr;
    refusal_ = admit(options_, router_, claim, request_, route);
    EXPECT_EQ(route == nullptr, refusal_.has_value());
    return refusal_ ? refusal_->status : 0;
  }

  HttpOptions options_;
  Router router_;
  Request request_;
  std::optional<Refusal> refusal_;
};

TEST_F(Admission, OnTheLoopbackOnlyItsOwnNamesAreAnswered) {
  EXPECT_EQ(status("GET", "/healthz", {}), 0);
  EXPECT_EQ(status("GET", "/healthz", {{"host", "127.0.0.1:8080"}}), 0);
  EXPECT_EQ(status("GET", "/healthz", {{"host", "[::1]:8080"}}), 0);
  EXPECT_EQ(status("GET", "/healthz", {{"host", ""}}), 0) << "HTTP/1.0, as of proxies' checks";
  EXPECT_EQ(status("GET", "/healthz", {{"host", "evil.example"}}), 403);
  EXPECT_EQ(status("GET", "/healthz", {{"host", "localhost.evil.example"}}), 403);
  options_.host_names = {"tutti.example"};
  EXPECT_EQ(status("GET", "/healthz", {{"host", "Tutti.example:1"}}), 0);
  EXPECT_EQ(status("GET", "/healthz", {{"host", "127.0.0.1:8080"}}), 0) << "no page can have it";
  EXPECT_EQ(status("GET", "/healthz", {{"host", "localhost"}}), 403);
}

TEST_F(Admission, AnyAddressOfTheLoopbackIsItsOwn) {
  for (const char* host : {"127.0.0.2:8080", "[::1]:8080", "tutti.localhost"})
    EXPECT_EQ(status("GET", "/healthz", {{"host", host}}), 0) << host;
}

// A page's own name can be pointed at this machine; an address cannot, nor is a page's key this
// server's.
TEST_F(Admission, WithoutKeysOnlyNamesThatNoPageCanHaveAreAnswered) {
  options_.address = "0.0.0.0";
  char own[256] = {};
  gethostname(own, sizeof own - 1);
  for (const std::string host :
       {"192.168.1.7:8080", "[fe80::1]:8080", "localhost:8080", static_cast<const char*>(own)})
    EXPECT_EQ(status("GET", "/healthz", {{"host", host}}), 0) << host;
  for (const char* host : {"evil.example:8080", "192.168.1.7.evil.example", "1.2.3", "[evil]"})
    EXPECT_EQ(status("GET", "/healthz", {{"host", host}}), 403) << host;
  EXPECT_NE(refusal_->message.find("--host-name"), std::string::npos);
  ASSERT_TRUE(options_.keys.add("alice"));
  EXPECT_EQ(status("GET", "/healthz", {{"host", "tutti.example"}}), 0) << "a key keeps pages out";
}

TEST(Address, MayHaveAScopeWhereItIsOfIpv6) {
  for (const char* one : {"127.0.0.1", "0.0.0.0", "::", "::1", "fe80::1%eth0"})
    EXPECT_TRUE(is_address(one)) << one;
  for (const char* none : {"", "%", "localhost", "[::1]", "example%eth0", "127.0.0.1%eth0"})
    EXPECT_FALSE(is_address(none)) << none;
}

TEST_F(Admission, OtherPagesNeedLeave) {
  const Headers foreign = {{"origin", "https://app.example"}};
  EXPECT_EQ(status("POST", "/v1/chat", {{"origin", "http://localhost:8080"}}), 0);
  EXPECT_EQ(status("POST", "/v1/chat", {{"origin", "http://localhost:9999"}}), 403);
  EXPECT_EQ(status("POST", "/v1/chat", {{"origin", "null"}}), 403);
  EXPECT_EQ(status("POST", "/v1/chat", foreign), 403);
  EXPECT_TRUE(cors_headers(options_, request_).empty());
  options_.allowed_origins = {"https://app.example"};
  EXPECT_EQ(status("POST", "/v1/chat", foreign), 0);
  EXPECT_EQ(cors_headers(options_, request_)[0].second, "https://app.example");
  EXPECT_EQ(status("OPTIONS", "/v1/chat",
                   {{"origin", "https://app.example"}, {"access-control-request-method", "POST"}}),
            204);
}

TEST_F(Admission, NamesAndOriginsThatMatchNothingAreRefused) {
  for (const char* name : {"", "https://tutti.example", "tutti.example:8080", "tutti.example/"}) {
    options_.host_names = {name};
    EXPECT_FALSE(check_names(options_)) << name;
  }
  options_.host_names = {"tutti.example", "127.0.0.1"};
  for (const char* origin : {"", "foo", "null", "https://", "://a", "https://a/b", "https://*.a"}) {
    options_.allowed_origins = {origin};
    const Status status = check_names(options_);
    ASSERT_FALSE(status) << origin;
    EXPECT_EQ(status.error().code(), ErrorCode::usage);
  }
  options_.allowed_origins = {"*"};
  EXPECT_TRUE(check_names(options_));
  options_ = {};
  options_.allowed_origins = {"HTTPS://App.example/", "http://localhost:3000"};
  ASSERT_TRUE(check_names(options_));
  EXPECT_EQ(status("POST", "/v1/chat", {{"origin", "https://app.example"}}), 0);
  EXPECT_EQ(status("POST", "/v1/chat", {{"origin", "http://localhost:3000"}}), 0);
  EXPECT_EQ(status("POST", "/v1/chat", {{"origin", "https://other.example"}}), 403);
  EXPECT_NE(refusal_->message.find("--cors \"https://other.example\""), std::string::npos)
      << refusal_->message;
}

TEST_F(Admission, KeysOpenWhatIsNotOpen) {
  const std::string key = *options_.keys.add("alice");
  EXPECT_EQ(status("GET", "/healthz", {}), 0);
  EXPECT_EQ(status("POST", "/v1/chat", {}), 401);
  EXPECT_EQ(status("POST", "/nowhere", {}), 401) << "strangers learn no paths";
  EXPECT_EQ(status("POST", "/v1/chat", {{"authorization", "Bearer " + key + "x"}}), 401);
  EXPECT_EQ(status("POST", "/v1/chat", {{"authorization", "bearer " + key}}), 0);
  EXPECT_EQ(request_.user, "alice");
  EXPECT_EQ(status("POST", "/v1/chat",
                   {{"sec-websocket-protocol", "realtime, openai-insecure-api-key." + key}}),
            0);
}

TEST_F(Admission, BodiesAreBoundedAndNotCompressed) {
  EXPECT_EQ(status("POST", "/v1/chat", {}, {.length = 100}), 0);
  EXPECT_EQ(status("POST", "/v1/chat", {}, {.length = 101}), 413);
  EXPECT_EQ(refusal_->message, "the body is larger than the 100 bytes accepted here; send less");
  const RouteOptions raised{.most_bytes = 100, .raised_by = "--max-body"};
  EXPECT_NE(too_large_a_body(raised).message.find("larger --max-body"), std::string::npos);
  EXPECT_EQ(status("POST", "/v1/chat", {{"content-encoding", "gzip"}}), 415);
  EXPECT_EQ(status("POST", "/v1/chat", {{"content-encoding", "identity"}}), 0);
}

TEST_F(Admission, WhatIsNotThereSaysSo) {
  EXPECT_EQ(status("GET", "/nowhere\x1b", {}), 404);
  EXPECT_NE(refusal_->message.find("GET \"/nowhere\\x1b\"; the base"), std::string::npos)
      << refusal_->message;
  EXPECT_EQ(status("POST", "/openai/deployments/x/chat", {}), 404);
  for (const char* said :
       {"did you mean POST /v1/chat? The base URL", "\"http://localhost:8080/v1\""})
    EXPECT_NE(refusal_->message.find(said), std::string::npos) << refusal_->message;
  EXPECT_EQ(status("GET", "/v1/chat", {}), 405);
  EXPECT_EQ(refusal_->message, "\"/v1/chat\" takes POST, not GET");
  EXPECT_EQ(refusal_->headers[0].second, "POST");
  EXPECT_EQ(status("GET", "/healthz", {}, {.upgrade = true}), 400);
  EXPECT_EQ(refusal_->message,
            "\"/healthz\" is not a WebSocket; it takes GET, without the header Upgrade");
}

}  // namespace
}  // namespace tutti
