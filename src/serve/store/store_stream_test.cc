// The store's long answers, made while they are read.
#include "tests/helpers/store_api_fixture.h"

namespace tutti {
namespace {

TEST_F(LargeStoreApiTest, WhatIsLongIsMadeWhileItIsRead) {
  put("c", 60);
  const std::string file(3 << 20, 'f');
  upload("f", "image/png", file);
  call("POST", "/v1/conversations/c/items",
       R"({"items":[{"id":"last","content":[{"type":"input_image","file_id":"f"}]}]})");
  account_ = std::make_shared<Account>("the test", size_t(6) << 20, ErrorCode::busy);
  const Json all = read_slowly("/v1/conversations/export").json();
  EXPECT_GT(pieces_, 20);
  ASSERT_EQ(all["conversations"][0]["items"].size(), 61u);
  EXPECT_EQ(all["conversations"][0]["items"][60]["id"], "last");
  EXPECT_EQ(all["files"][0]["data"].get<std::string>().size(), file.size() / 3 * 4);
  EXPECT_EQ(read_slowly("/v1/conversations/c/export").json(), all);
  EXPECT_EQ(read_slowly("/v1/files/f/content").text, file);
  EXPECT_GT(pieces_, 4);
  const Json list = read_slowly("/v1/conversations/c/items?limit=100&order=asc").json();
  EXPECT_EQ(list["data"].size(), 21u);  // a page ends behind 4 MB
  EXPECT_EQ(list["has_more"], true);
  EXPECT_EQ(list["last_id"], "m20");
}

TEST_F(LargeStoreApiTest, WhatIsReadIsChargedFirst) {
  put("c", 10);
  account_ = std::make_shared<Account>("the test", size_t(512) << 10, ErrorCode::busy);
  for (const char* target :
       {"/v1/conversations/export", "/v1/conversations/c/export", "/v1/conversations/c/items"})
    EXPECT_EQ(call("GET", target).status, 429) << target;
  EXPECT_EQ(account_->held(), 0u);
}

TEST_F(LargeStoreApiTest, AnExportGoesOnWhereSomethingWasDeleted) {
  put("c", 5);
  put("d", 5);
  put("e", 5);
  auto answer = std::make_shared<Answer>();
  answer->slow = true;
  call_for(answer, "GET", "/v1/conversations/export");
  call("DELETE", "/v1/conversations/c/items/m1");
  call("DELETE", "/v1/conversations/d");
  while (answer->next) std::exchange(answer->next, nullptr)();
  const Json all = answer->json();
  ASSERT_TRUE(all.is_object()) << answer->text.size();
  EXPECT_EQ(all["conversations"].back()["id"], "e");
  EXPECT_EQ(all["conversations"].back()["items"].size(), 5u);
}

// The files behind it are whole: one is shown by each conversation.
TEST_F(LargeStoreApiTest, AnExportSaysWhichFilesWereDeletedMeanwhile) {
  for (const std::string name : {"f", "g", "h"}) {
    upload(name, "image/png", std::string(3 << 20, name[0]));
    call("POST", "/v1/conversations",
         R"({"id":"c)" + name + R"(","items":[{"content":[{"file_id":")" + name + R"("}]}]})");
  }
  auto answer = std::make_shared<Answer>();
  answer->slow = true;
  call_for(answer, "GET", "/v1/conversations/export");
  while (answer->next && answer->text.size() < size_t(1) << 20)
    std::exchange(answer->next, nullptr)();
  call("DELETE", "/v1/files/f");
  call("DELETE", "/v1/conversations/cg");
  while (answer->next) std::exchange(answer->next, nullptr)();
  EXPECT_FALSE(answer->cut);
  const Json files = answer->json()["files"];
  ASSERT_EQ(files.size(), 3u) << answer->text.size();
  EXPECT_EQ(files[0]["deleted"], true);
  EXPECT_LT(files[0]["data"].get<std::string>().size(), size_t(4) << 20);
  EXPECT_GT(files[0]["data"].get<std::string>().size(), 0u);
  EXPECT_EQ(files[1]["deleted"], true);
  EXPECT_EQ(files[1]["data"], "");
  EXPECT_FALSE(files[2].contains("deleted"));
  EXPECT_EQ(files[2]["data"].get<std::string>().size(), size_t(4) << 20);
}

TEST_F(LargeStoreApiTest, AnAnswerThatCannotGoOnIsCut) {
  upload("f", "image/png", std::string(3 << 20, 'f'));
  auto answer = std::make_shared<Answer>();
  answer->slow = true;
  call_for(answer, "GET", "/v1/files/f/content");
  call("DELETE", "/v1/files/f");
  while (answer->next) std::exchange(answer->next, nullptr)();
  EXPECT_EQ(answer->status, 200);
  EXPECT_TRUE(answer->cut);
}

TEST_F(LargeStoreApiTest, ADownloadIsOfOneFile) {
  upload("f", "image/png", std::string(3 << 20, 'a'));
  auto answer = std::make_shared<Answer>();
  answer->slow = true;
  call_for(answer, "GET", "/v1/files/f/content");
  EXPECT_EQ(answer->length, 3u << 20);
  call("DELETE", "/v1/files/f");
  upload("f", "image/png", std::string(3 << 20, 'b'));
  while (answer->next) std::exchange(answer->next, nullptr)();
  EXPECT_TRUE(answer->cut);
  EXPECT_EQ(answer->text.find('b'), answer->text.npos);
}

TEST_F(LargeStoreApiTest, ADownloadWaitsForMemory) {
  upload("f", "image/png", std::string(3 << 20, 'a'));
  account_ = std::make_shared<Account>("the test", size_t(2) << 20, ErrorCode::busy);
  auto answer = std::make_shared<Answer>();
  answer->slow = true;
  call_for(answer, "GET", "/v1/files/f/content");
  const size_t before = answer->text.size();
  {
    Charge others(account_);
    ASSERT_TRUE(others.grow(size_t(3) << 19));
    std::exchange(answer->next, nullptr)();
    EXPECT_EQ(answer->text.size(), before);
    EXPECT_FALSE(answer->cut);
  }
  while (answer->next) std::exchange(answer->next, nullptr)();
  EXPECT_EQ(answer->text.size(), 3u << 20);
  EXPECT_FALSE(answer->cut);
}

TEST_F(LargeStoreApiTest, AHeadMakesNoMoreThanItSays) {
  upload("f", "image/png", std::string(3 << 20, 'a'));
  put("c", 20);
  EXPECT_EQ(call("HEAD", "/v1/files/f/content").length, 3u << 20);
  EXPECT_EQ(call("HEAD", "/v1/files/none/content").status, 404);
  EXPECT_EQ(call("HEAD", "/v1/conversations/none/export").status, 404);
  for (const char* target : {"/v1/files/f/content", "/v1/conversations/export"}) {
    auto answer = std::make_shared<Answer>();
    answer->slow = true;
    call_for(answer, "HEAD", target);
    EXPECT_EQ(answer->status, 200) << target;
    EXPECT_EQ(answer->text, "") << target;
    EXPECT_FALSE(answer->cut || answer->next) << target;
  }
}

}  // namespace
}  // namespace tutti
