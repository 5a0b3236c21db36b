#include "serve/store/store.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>

#include "serve/store/database.h"

namespace tutti {
namespace {

namespace fs = std::filesystem;

class StoreTest : public ::testing::Test {
 protected:
  void SetUp() override {
    folder_ = fs::temp_directory_path() / ("tutti_store_" + std::to_string(getpid()));
    fs::create_directories(folder_);
    path_ = folder_ / "store.sqlite3";
  }
  void TearDown() override { fs::remove_all(folder_); }

  Store open() {
    Result<Store> store = Store::open(path_, {});
    if (!store) ADD_FAILURE() << store.error().message();
    return *std::move(store);
  }

  static StoredItem item(const std::string& id, const std::string& file = {}) {
    const std::string content =
        file.empty() ? "" : R"({"type":"input_image","file_id":")" + file + "\"}";
    return {id, R"({"id":")" + id + R"(","type":"message","content":[)" + content + "]}"};
  }

  static std::vector<std::string> ids(const Result<Page<StoredItem>>& page) {
    std::vector<std::string> found;
    if (!page) ADD_FAILURE() << page.error().message();
    for (const StoredItem& entry : page->entries) found.push_back(entry.id);
    return found;
  }

  template <class T>
  static ErrorCode code(const Result<T>& result) {
    EXPECT_FALSE(result);
    return result ? ErrorCode::failed : result.error().code();
  }

  fs::path folder_;
  std::string path_;
};

using Ids = std::vector<std::string>;

TEST_F(StoreTest, KeepsConversationsAcrossOpens) {
  {
    Store store = open();
    ASSERT_TRUE(store.create("", "c1", R"({"title":"a"})"));
    ASSERT_TRUE(store.put_items("", "c1", {item("m1"), item("m2")}));
  }
  Store store = open();
  const auto conversation = store.conversation("", "c1");
  ASSERT_TRUE(conversation);
  EXPECT_EQ(conversation->metadata, R"({"title":"a"})");
  EXPECT_EQ(ids(store.items("", "c1", {.ascending = true})), (Ids{"m1", "m2"}));
  EXPECT_EQ(ids(store.items("", "c1", {})), (Ids{"m2", "m1"}));
}

TEST_F(StoreTest, SendingTwiceIsSendingOnce) {
  Store store = open();
  ASSERT_TRUE(store.create("", "c", "{}"));
  ASSERT_TRUE(store.create("", "c", R"({"title":"b"})"));
  ASSERT_TRUE(store.put_items("", "c", {item("m1"), item("m2")}));
  ASSERT_TRUE(store.put_items("", "c", {{"m1", R"({"id":"m1","text":"new"})"}}));
  EXPECT_EQ(store.conversations("", {})->entries.size(), 1u);
  EXPECT_EQ(ids(store.items("", "c", {.ascending = true})), (Ids{"m1", "m2"}));
  EXPECT_EQ(store.item("", "c", "m1")->json, R"({"id":"m1","text":"new"})");
  ASSERT_TRUE(store.put_file("", {.id = "f", .name = "a.png"}, "first"));
  ASSERT_TRUE(store.put_file("", {.id = "f", .name = "b.png"}, "second"));
  std::string bytes;
  EXPECT_EQ(store.file("", "f", &bytes)->name, "a.png");
  EXPECT_EQ(bytes, "first");
}

TEST_F(StoreTest, ItemsComeAllOrNone) {
  Store store = open();
  ASSERT_TRUE(store.create("", "c", "{}"));
  EXPECT_EQ(code(store.put_items("", "c", {item("m1"), item("not an id")})), ErrorCode::bad_input);
  EXPECT_EQ(ids(store.items("", "c", {})), Ids{});
}

TEST_F(StoreTest, PagesGoThroughAll) {
  Store store = open();
  ASSERT_TRUE(store.create("", "c", "{}"));
  Ids all;
  for (int i = 0; i < 7; ++i) {
    all.push_back(std::string("m").append(std::to_string(i)));
    ASSERT_TRUE(store.put_items("", "c", {item(all.back())}));
  }
  Ids seen;
  PageOptions page{.limit = 3, .ascending = true};
  for (bool more = true; more;) {
    const auto part = store.items("", "c", page);
    ASSERT_TRUE(part);
    ASSERT_LE(part->entries.size(), 3u);
    for (const StoredItem& entry : part->entries) seen.push_back(entry.id);
    more = part->more;
    page.after = seen.back();
  }
  EXPECT_EQ(seen, all);
  EXPECT_EQ(code(store.items("", "c", {.after = "nobody"})), ErrorCode::not_found);
}

TEST_F(StoreTest, OwnersDoNotSeeEachOther) {
  Store store = open();
  ASSERT_TRUE(store.create("alice", "c", "{}"));
  ASSERT_TRUE(store.put_items("alice", "c", {item("m")}));
  ASSERT_TRUE(store.put_file("alice", {.id = "f"}, "secret"));
  EXPECT_EQ(code(store.conversation("bob", "c")), ErrorCode::not_found);
  EXPECT_EQ(code(store.items("bob", "c", {})), ErrorCode::not_found);
  EXPECT_EQ(code(store.item("bob", "c", "m")), ErrorCode::not_found);
  EXPECT_EQ(code(store.put_items("bob", "c", {item("m")})), ErrorCode::not_found);
  EXPECT_EQ(code(store.set_metadata("bob", "c", "{}")), ErrorCode::not_found);
  EXPECT_EQ(code(store.remove_conversation("bob", "c")), ErrorCode::not_found);
  EXPECT_EQ(code(store.remove_item("bob", "c", "m")), ErrorCode::not_found);
  EXPECT_EQ(code(store.file("bob", "f")), ErrorCode::not_found);
  EXPECT_EQ(code(store.remove_file("bob", "f")), ErrorCode::not_found);
  EXPECT_EQ(*store.remove_conversations("bob"), 0);
  // The same ids are bob's to use, and lead to his own.
  ASSERT_TRUE(store.create("bob", "c", R"({"title":"bob's"})"));
  EXPECT_EQ(store.conversation("alice", "c")->metadata, "{}");
  // An item of his that names her file neither shows nor keeps it.
  ASSERT_TRUE(store.put_items("bob", "c", {item("m", "f")}));
  EXPECT_TRUE(store.files_of("bob", "c")->empty());
}

TEST_F(StoreTest, FilesGoWithTheLastThatShowsThem) {
  Store store = open();
  for (const char* id : {"c1", "c2"}) ASSERT_TRUE(store.create("", id, "{}"));
  for (const char* id : {"both", "one", "unused"}) ASSERT_TRUE(store.put_file("", {.id = id}, "x"));
  ASSERT_TRUE(store.put_items("", "c1", {item("m1", "both"), item("m2", "one")}));
  ASSERT_TRUE(store.put_items("", "c2", {item("m1", "both")}));
  EXPECT_EQ(*store.files_of("", "c1"), (Ids{"both", "one"}));
  // Sent again, unchanged: nothing goes.
  ASSERT_TRUE(store.put_items("", "c1", {item("m2", "one")}));
  EXPECT_TRUE(store.file("", "one"));
  // Replaced by an item that shows another file.
  ASSERT_TRUE(store.put_items("", "c1", {item("m2", "unused")}));
  EXPECT_EQ(code(store.file("", "one")), ErrorCode::not_found);
  ASSERT_TRUE(store.remove_conversation("", "c1"));
  EXPECT_TRUE(store.file("", "both"));
  EXPECT_EQ(code(store.file("", "unused")), ErrorCode::not_found);
  EXPECT_EQ(*store.remove_conversations(""), 1);
  EXPECT_EQ(code(store.file("", "both")), ErrorCode::not_found);
}

TEST_F(StoreTest, DeletedWordsAreNotInTheFile) {
  {
    Store store = open();
    ASSERT_TRUE(store.create("", "c", R"({"title":"xylophone"})"));
    ASSERT_TRUE(store.put_items("", "c", {{"m", R"({"id":"m","text":"xylophone"})"}}));
    ASSERT_TRUE(store.remove_conversations(""));
  }  // closing folds the log into the file
  std::ifstream file(path_, std::ios::binary);
  const std::string bytes((std::istreambuf_iterator<char>(file)), {});
  ASSERT_GT(bytes.size(), 4096u);
  EXPECT_EQ(bytes.find("xylophone"), std::string::npos);
}

TEST_F(StoreTest, FilesOnDiskAreTheOwnersAlone) {
  Store store = open();
  ASSERT_TRUE(store.create("", "c", "{}"));
  int files = 0;
  for (const auto& entry : fs::directory_iterator(folder_)) {
    struct stat info = {};
    ASSERT_EQ(stat(entry.path().c_str(), &info), 0);
    EXPECT_EQ(info.st_mode & 0777, 0600u) << entry.path();
    ++files;
  }
  EXPECT_GE(files, 2);  // the database and its log
}

TEST_F(StoreTest, WhatIsNotOursIsRefusedAndLeftAlone) {
  const auto expect_refused = [&](const std::string& what, const std::string& message) {
    std::ifstream before(path_, std::ios::binary);
    const std::string bytes((std::istreambuf_iterator<char>(before)), {});
    const Result<Store> store = Store::open(path_, {});
    ASSERT_FALSE(store) << what;
    EXPECT_EQ(store.error().code(), ErrorCode::bad_input) << store.error().message();
    EXPECT_NE(store.error().message().find(message), std::string::npos) << store.error().message();
    std::ifstream after(path_, std::ios::binary);
    EXPECT_EQ(std::string((std::istreambuf_iterator<char>(after)), {}), bytes) << what;
  };
  std::ofstream(path_) << "this is not a database, and long enough not to look like a new one\n";
  expect_refused("text", "damaged");
  fs::remove(path_);
  {
    constexpr const char* other[] = {"CREATE TABLE notes (text TEXT); PRAGMA application_id = 7"};
    ASSERT_TRUE(Database::open(path_, std::span(other, 1), 1 << 20));
  }
  {
    // Database::open marks what it makes; take the mark away.
    constexpr const char* other[] = {""};
    auto database = Database::open(path_, std::span(other, 1), 1 << 20);
    ASSERT_TRUE(database);
    ASSERT_TRUE(database->run("PRAGMA application_id = 7"));
  }
  expect_refused("another program's", "another program");
  fs::remove(path_);
  {
    open();
    constexpr const char* known[] = {"", "CREATE TABLE later (x TEXT)"};
    ASSERT_TRUE(Database::open(path_, known, 1 << 20));
  }
  expect_refused("a later version's", "later version");
}

TEST_F(StoreTest, OldSchemasAreBroughtForward) {
  constexpr const char* steps[] = {"CREATE TABLE a (x TEXT)", "ALTER TABLE a ADD COLUMN y TEXT",
                                   "CREATE TABLE broken ("};
  {
    auto old = Database::open(path_, std::span(steps, 1), 1 << 20);
    ASSERT_TRUE(old);
    ASSERT_TRUE(old->run("INSERT INTO a VALUES ('kept')"));
  }
  EXPECT_FALSE(Database::open(path_, steps, 1 << 20));  // the third step fails: all of it is undone
  auto database = Database::open(path_, std::span(steps, 2), 1 << 20);
  ASSERT_TRUE(database) << database.error().message();
  auto row = database->prepare("SELECT x, y FROM a");
  ASSERT_TRUE(row);
  ASSERT_TRUE(*row->step());
  EXPECT_EQ(row->text(0), "kept");
}

}  // namespace
}  // namespace tutti
