// What a store leaves on the disk, and what it makes of the files that it finds there.
#include <sys/stat.h>

#include <fstream>

#include "serve/store/rows/database.h"
#include "serve/store/rows/schema.h"
#include "tests/helpers/store_fixture.h"

namespace tutti {
namespace {

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
    constexpr const char* known[] = {"", "", "CREATE TABLE later (x TEXT)"};
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

// As the first version left them: with a log, without accounts, giving nothing back.
TEST_F(StoreTest, StoresOfTheFirstVersionAreBroughtForward) {
  {
    auto old = Database::open(path_, std::span(kSchema, 1), 1 << 20);
    ASSERT_TRUE(old);
    ASSERT_TRUE(
        old->run("PRAGMA auto_vacuum = NONE; VACUUM; PRAGMA journal_mode = WAL;"
                 "INSERT INTO conversation VALUES (1, 'alice', 'c', 1, 2, '{}');"
                 "INSERT INTO item VALUES (1, 1, 'm', '{\"text\":\"xylophone\"}');"
                 "INSERT INTO item SELECT number + 1, 1, 'n' || number, json FROM item;"
                 "INSERT INTO file VALUES (1, 'alice', 'f', 'f.png', 'image/png', 'x', 1, "
                 "5, zeroblob(100000))"));
  }
  Store store = open();
  EXPECT_EQ(ids(store.items("alice", "c", {.ascending = true})), (Ids{"m", "n1"}));
  const auto usage = store.usage("alice");
  ASSERT_TRUE(usage);
  EXPECT_EQ(usage->conversations, 1);
  EXPECT_EQ(usage->files, 1);
  EXPECT_EQ(usage->bytes, 4u * 4096);  // by what it says of the file's size
  const auto before = fs::file_size(path_);
  ASSERT_TRUE(store.remove_file("alice", "f"));
  ASSERT_TRUE(store.remove_conversations("alice"));
  EXPECT_EQ(store.usage().bytes, 0u);
  EXPECT_LT(fs::file_size(path_), before - 90000);
  std::ifstream file(path_, std::ios::binary);
  const std::string bytes((std::istreambuf_iterator<char>(file)), {});
  EXPECT_EQ(bytes.find("xylophone"), std::string::npos);
}

}  // namespace
}  // namespace tutti
