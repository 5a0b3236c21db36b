// The store's endpoints: what they answer.
#include "tests/helpers/store_api_fixture.h"

namespace tutti {
namespace {

TEST_F(StoreApiTest, ConversationsInOpenAisShape) {
  const Json made = call("POST", "/v1/conversations",
                         R"({"metadata":{"title":"t"},"items":[{"id":"m1","type":"message"}]})")
                        .json();
  EXPECT_EQ(made["object"], "conversation");
  EXPECT_EQ(made["metadata"]["title"], "t");
  EXPECT_GT(made["created_at"], 0);
  const std::string id = made["id"];
  EXPECT_EQ(id.substr(0, 5), "conv_");
  EXPECT_EQ(call("GET", "/v1/conversations/" + id).json()["id"], id);
  EXPECT_EQ(call("GET", "/v1/conversations").json()["data"][0]["id"], id);
  call("POST", "/v1/conversations/" + id, R"({"metadata":{"title":"u"}})");
  EXPECT_EQ(call("GET", "/v1/conversations/" + id).json()["metadata"]["title"], "u");

  for (const char* nothing : {"", "{}", R"({"metadata":null})"})
    EXPECT_EQ(call("POST", "/v1/conversations/" + id, nothing).status, 400) << nothing;
  EXPECT_EQ(call("POST", "/v1/conversations", R"({"id":")" + id + R"("})").status, 200);
  EXPECT_EQ(call("GET", "/v1/conversations/" + id).json()["metadata"]["title"], "u");
  const std::string items = "/v1/conversations/" + id + "/items";
  const Json added =
      call("POST", items, R"({"items":[{"type":"message","content":[]},{"id":"m1","x":2}]})")
          .json();
  EXPECT_EQ(added["object"], "list");
  EXPECT_EQ(added["data"][0]["id"].get<std::string>().substr(0, 4), "msg_");
  const Json list = call("GET", items + "?order=asc&limit=1").json();
  EXPECT_EQ(list["data"][0], (Json{{"id", "m1"}, {"x", 2}}));
  EXPECT_EQ(list["has_more"], true);
  EXPECT_EQ(call("GET", items + "?order=asc&after=m1").json()["has_more"], false);
  EXPECT_EQ(call("GET", items + "/m1").json()["x"], 2);
  EXPECT_EQ(call("DELETE", items + "/m1").json()["object"], "conversation.item.deleted");
  EXPECT_EQ(call("GET", items + "/m1").status, 404);

  EXPECT_EQ(call("DELETE", "/v1/conversations/" + id).json(),
            (Json{{"id", id}, {"object", "conversation.deleted"}, {"deleted", true}}));
  EXPECT_EQ(call("GET", items).status, 404);
}

TEST_F(StoreApiTest, FilesComeBackAsTheyWere) {
  const std::string bytes("\x89PNG\0\r\n--limi", 13);
  const Json file = upload("f1", "image/png", bytes).json();
  EXPECT_EQ(file["object"], "file");
  EXPECT_EQ(file["bytes"], 13);
  const Answer content = call("GET", "/v1/files/f1/content");
  EXPECT_EQ(content.text, bytes);
  EXPECT_EQ(content.content_type, "image/png");
  EXPECT_EQ(call("GET", "/v1/files").json()["data"].size(), 1u);
  EXPECT_EQ(call("DELETE", "/v1/files/f1").json()["deleted"], true);
  EXPECT_EQ(call("GET", "/v1/files/f1/content").status, 404);
}

TEST_F(StoreApiTest, AnUploadedPageIsNeverAPage) {
  for (const char* type :
       {"text/html", "application/javascript", "image/svg+xml; x=y\"", "IMAGE/PNG"}) {
    const Answer made = upload("f", type, "<script>alert(1)</script>");
    ASSERT_EQ(made.status, 200) << made.text;
    const Answer content = call("GET", "/v1/files/f/content");
    EXPECT_EQ(content.content_type.find("html"), std::string::npos);
    EXPECT_EQ(content.content_type.find('"'), std::string::npos);
    std::string policy, disposition;
    for (const auto& [name, value] : content.headers) {
      if (name == "Content-Security-Policy") policy = value;
      if (name == "Content-Disposition") disposition = value;
    }
    EXPECT_NE(policy.find("sandbox"), std::string::npos);
    EXPECT_EQ(disposition, "attachment");
    call("DELETE", "/v1/files/f");
  }
}

TEST_F(StoreApiTest, ExportHoldsEverything) {
  upload("f1", "image/png", "picture");
  call("POST", "/v1/conversations", R"({"id":"c1","metadata":{"title":"one"}})");
  call("POST", "/v1/conversations", R"({"id":"c2"})");
  Json items = Json::array();
  for (int i = 0; i < 100; ++i)
    items.push_back({{"id", std::string("a").append(std::to_string(i))}});
  call("POST", "/v1/conversations/c1/items", Json{{"items", items}}.dump());
  call("POST", "/v1/conversations/c1/items",
       R"({"items":[{"id":"last","content":[{"type":"input_image","file_id":"f1"}]}]})");
  const Json all = call("GET", "/v1/conversations/export").json();
  EXPECT_EQ(all["format"], "tutti.conversations");
  ASSERT_EQ(all["conversations"].size(), 2u);
  EXPECT_EQ(all["conversations"][0]["metadata"]["title"], "one");
  ASSERT_EQ(all["conversations"][0]["items"].size(), 101u);
  EXPECT_EQ(all["conversations"][0]["items"][100]["id"], "last");
  ASSERT_EQ(all["files"].size(), 1u);
  EXPECT_EQ(all["files"][0]["data"], "cGljdHVyZQ==");
  const Json one = call("GET", "/v1/conversations/c2/export").json();
  EXPECT_EQ(one["conversations"].size(), 1u);
  EXPECT_EQ(one["files"].size(), 0u);
  EXPECT_EQ(call("GET", "/v1/conversations/export?files=false").json()["files"].size(), 0u);
  EXPECT_EQ(call("DELETE", "/v1/conversations").json()["count"], 2);
  EXPECT_EQ(call("GET", "/v1/files/f1").status, 404);
}

TEST_F(StoreApiTest, UsersAreApart) {
  user_ = "alice";
  call("POST", "/v1/conversations", R"({"id":"c"})");
  upload("f", "image/png", "x");
  user_ = "bob";
  for (const char* path : {"/v1/conversations/c", "/v1/conversations/c/items", "/v1/files/f",
                           "/v1/conversations/c/export", "/v1/files/f/content"})
    EXPECT_EQ(call("GET", path).status, 404) << path;
  EXPECT_EQ(call("GET", "/v1/conversations/export").json()["conversations"].size(), 0u);
  EXPECT_EQ(call("DELETE", "/v1/conversations").json()["count"], 0);
  user_ = "alice";
  EXPECT_EQ(call("GET", "/v1/conversations/c").status, 200);
}

TEST_F(StoreApiTest, WhatIsWrongIsSaid) {
  call("POST", "/v1/conversations", R"({"id":"c"})");
  const auto status = [&](const std::string& target, const std::string& body) {
    const Answer answer = call("POST", target, body);
    EXPECT_TRUE(answer.json()["error"]["message"].is_string()) << answer.text;
    return answer.status;
  };
  const std::string items = "/v1/conversations/c/items";
  for (const char* body : {"{", "[]", "7", R"({"id":7})", R"({"id":"a/b"})", R"({"metadata":"x"})"})
    EXPECT_EQ(status("/v1/conversations", body), 400) << body;
  for (const char* body :
       {"{}", R"({"items":{}})", R"({"items":[1]})", R"({"items":[{"id":" "}]})"})
    EXPECT_EQ(status(items, body), 400) << body;
  EXPECT_EQ(
      status(items, R"({"items":[{"x":)" + std::string(100, '[') + std::string(100, ']') + "}]}"),
      400);
  EXPECT_EQ(status(items, R"({"items":[{"x":")" + std::string(300 << 10, 'x') + "\"}]}"), 400);
  EXPECT_EQ(status("/v1/conversations/none/items", R"({"items":[]})"), 404);
  EXPECT_EQ(call("POST", "/v1/files", "x", "text/plain").status, 400);
  for (const char* query : {"limit=0", "limit=-1", "limit=101", "limit=x", "limit=1x", "order=up"})
    EXPECT_EQ(call("GET", std::string("/v1/conversations?") + query).status, 400) << query;
  EXPECT_EQ(call("GET", "/v1/conversations?after=nobody").status, 404);
  for (const char* path : {"/v1/conversations/none", "/v1/files/none", "/v1/files/none/content",
                           "/v1/conversations/c/items/none"}) {
    const Answer answer = call("GET", path);
    EXPECT_EQ(answer.status, 404) << path;
    EXPECT_NE(answer.text.find("\\\"none\\\""), std::string::npos) << answer.text;
  }
}

// Clients keep items of types that this server has no words for.
TEST_F(StoreApiTest, ItemsAreNotInterpreted) {
  call("POST", "/v1/conversations", R"({"id":"c"})");
  const Json items = {{{"id", "a"}, {"foo", 1}},
                      {{"id", "b"}, {"type", "message"}, {"role", "robot"}},
                      {{"id", "c"}, {"content", {{{"type", "input_image"}, {"file_id", "none"}}}}}};
  EXPECT_EQ(call("POST", "/v1/conversations/c/items", Json{{"items", items}}.dump()).status, 200);
  EXPECT_EQ(call("GET", "/v1/conversations/c/items?order=asc").json()["data"], items);
  EXPECT_EQ(call("GET", "/v1/conversations/export").json()["files"].size(), 0u);
}

TEST_F(StoreApiTest, FullIs507AndDeletingHelps) {
  call("POST", "/v1/conversations", R"({"id":"c"})");
  EXPECT_EQ(upload("f", "image/png", std::string(5 << 20, 'x')).status, 507);
  EXPECT_EQ(call("GET", "/v1/files/f").status, 404);
  EXPECT_EQ(upload("g", "image/png", std::string(1 << 20, 'x')).status, 200);
}

TEST_F(StoreApiTest, ARefusedConversationIsNotKept) {
  for (const char* item : {R"({"id":"not an id"})", "7", R"({"id":7})"}) {
    const std::string body = std::string(R"({"id":"c","items":[{"id":"m1"},)") + item + "]}";
    EXPECT_EQ(call("POST", "/v1/conversations", body).status, 400) << body;
    EXPECT_EQ(call("GET", "/v1/conversations/c").status, 404) << body;
  }
  EXPECT_EQ(call("GET", "/v1/conversations").json()["data"].size(), 0u);
}

TEST_F(StoreApiTest, NamesAreLabels) {
  const auto named = [&](const std::string& name) {
    const std::string body =
        "--limit\r\nContent-Disposition: form-data; name=\"file\"; filename=\"" + name +
        "\"\r\n\r\nx\r\n--limit--\r\n";
    return call("POST", "/v1/files", body, "multipart/form-data; boundary=limit")
        .json()["filename"];
  };
  EXPECT_EQ(named("\xff\xfe"), "file");
  EXPECT_EQ(named("a\tb"), "a_b");
  std::string accents;
  for (int i = 0; i < 200; ++i) accents += "\u00e9";
  EXPECT_EQ(named("x" + accents).get<std::string>().size(), 255u);  // not in the middle of one
  // Wildcards and other SQL in ids lead nowhere.
  for (const char* id : {"%25", "_", "x'%20OR%20'1'='1", "*deleted*"})
    EXPECT_EQ(call("GET", std::string("/v1/files/") + id).status, 404) << id;
}

TEST(Storeless, SaysThatNothingIsKept) {
  Router router;
  add_storeless_routes(router);
  for (const char* path :
       {"/v1/conversations", "/v1/conversations/c/items/m", "/v1/files", "/v1/files/f/content"})
    for (const char* method : {"GET", "POST", "DELETE"}) {
      const Router::Match match = router.find(method, path, false);
      ASSERT_TRUE(match.route) << method << path;
      auto answer = std::make_shared<Answer>();
      match.route->handler({}, std::make_shared<Reply>(answer));
      EXPECT_EQ(answer->status, 404);
      EXPECT_NE(answer->text.find("--no-store"), std::string::npos);
    }
}

TEST_F(StoreApiTest, MetricsShowTotalsAlone) {
  user_ = "alice";
  call("POST", "/v1/conversations", R"({"id":"c"})");
  upload("f", "image/png", "x");
  const std::string text = store_metrics(store_);
  EXPECT_NE(text.find("\ntutti_store_conversations 1\n"), std::string::npos) << text;
  EXPECT_NE(text.find("\ntutti_store_bytes 8192\n"), std::string::npos) << text;
  EXPECT_EQ(text.find("alice"), std::string::npos);
}

}  // namespace
}  // namespace tutti
