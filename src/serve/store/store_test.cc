#include "serve/store/store.h"

#include "tests/helpers/store_fixture.h"

namespace tutti {
namespace {

// A JSON object of that many bytes.
std::string object_of(size_t bytes) {
  return "{\"x\":\"" + std::string(bytes - 8, 'x') + "\"}";
}

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
  EXPECT_FALSE(store.put_file("", {.id = "f", .name = "b.png"}, "second"));
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
  EXPECT_EQ(ids(store.shown_files("bob", "c", {})), Ids{});
  EXPECT_EQ(ids(store.shown_files("bob", "", {})), Ids{});
}

TEST_F(StoreTest, ItemsAndMetadataAreObjects) {
  Store store = open();
  for (const std::string text : {"", "x", "7", "[]", "{", "{} {}", "\"{}\"", "{\"x\":\"\xff\"}"}) {
    EXPECT_EQ(bool(store.create("", "c", text)), text.empty()) << text;
    ASSERT_TRUE(store.create("", "c", " {}"));
    EXPECT_EQ(code(store.set_metadata("", "c", text)), ErrorCode::bad_input) << text;
    EXPECT_EQ(code(store.put_items("", "c", {{"m", text}})), ErrorCode::bad_input) << text;
  }
  EXPECT_EQ(ids(store.items("", "c", {})), Ids{});
}

// As an export does, which would find no entry to go on after.
TEST_F(StoreTest, PagesGoOnBehindWhatHasGone) {
  Store store = open();
  ASSERT_TRUE(store.create("", "c", "{}"));
  ASSERT_TRUE(store.put_items("", "c", {item("m1"), item("m2"), item("m3")}));
  PageOptions page{.limit = 2, .ascending = true};
  const auto first = store.items("", "c", page);
  EXPECT_EQ(ids(first), (Ids{"m1", "m2"}));
  ASSERT_TRUE(store.remove_item("", "c", "m2"));
  page.behind = first->last;
  EXPECT_EQ(ids(store.items("", "c", page)), Ids{"m3"});
}

TEST_F(StoreTest, FilesGoWithTheLastThatShowsThem) {
  Store store = open();
  for (const char* id : {"c1", "c2"}) ASSERT_TRUE(store.create("", id, "{}"));
  for (const char* id : {"both", "one", "unused"}) ASSERT_TRUE(store.put_file("", {.id = id}, "x"));
  ASSERT_TRUE(store.put_items("", "c1", {item("m1", "both"), item("m2", "one")}));
  ASSERT_TRUE(store.put_items("", "c2", {item("m1", "both")}));
  EXPECT_EQ(ids(store.shown_files("", "c1", {.ascending = true})), (Ids{"both", "one"}));
  EXPECT_EQ(ids(store.shown_files("", "c2", {})), Ids{"both"});
  EXPECT_EQ(ids(store.shown_files("", "", {})), (Ids{"one", "both"}));
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

// What the accounts say, against what the tables hold.
TEST_F(StoreTest, AccountsAreExact) {
  const auto pages = [](size_t bytes) { return (bytes + bytes / 256 + 4735) / 4096 * 4096; };
  const auto expect = [](const Result<StoreUsage>& usage, int conversations, int files,
                         size_t bytes) {
    ASSERT_TRUE(usage);
    EXPECT_EQ(usage->conversations, conversations);
    EXPECT_EQ(usage->files, files);
    EXPECT_EQ(usage->bytes, bytes);
  };
  const StoredItem small = item("m1", "f"), long_one = {"m2", object_of(9000)};
  const size_t one = pages(2) + pages(small.json.size()) + pages(9000) + pages(70001);
  {
    Store store = open();
    expect(store.usage("alice"), 0, 0, 0);
    ASSERT_TRUE(store.put_file("alice", {.id = "f", .name = "x"}, std::string(70000, 'x')));
    EXPECT_FALSE(store.put_file("alice", {.id = "f"}, "sent again"));
    ASSERT_TRUE(store.create("alice", "c", "{}", {small, item("m2")}));
    ASSERT_TRUE(store.put_items("alice", "c", {long_one}));  // in m2's place
    ASSERT_TRUE(store.create("bob", "c", R"({"title":"x"})"));
    expect(store.usage("alice"), 1, 1, one);
    expect(store.usage("bob"), 1, 0, pages(13));
  }
  Store store = open();
  expect(store.usage("alice"), 1, 1, one);
  expect(store.usage(), 2, 1, one + pages(13));
  ASSERT_TRUE(store.set_metadata("bob", "c", object_of(5000)));
  expect(store.usage("bob"), 1, 0, pages(5000));
  EXPECT_FALSE(store.put_items("alice", "c", {item("m3"), item("not an id")}));
  ASSERT_TRUE(store.remove_item("alice", "c", "m2"));
  expect(store.usage("alice"), 1, 1, one - pages(9000));
  ASSERT_TRUE(store.remove_conversations("alice"));
  expect(store.usage("alice"), 0, 0, 0);
  ASSERT_TRUE(store.remove_conversation("bob", "c"));
  expect(store.usage(), 0, 0, 0);
}

TEST_F(StoreTest, OneOwnerCannotTakeTheRoomOfOthers) {
  Result<Store> store = Store::open(path_, {.most_bytes = 2 << 20, .most_bytes_each = 1 << 20});
  ASSERT_TRUE(store);
  for (const char* owner : {"alice", "bob"}) ASSERT_TRUE(store->create(owner, "c", "{}"));
  // Items of the size that wastes the most room in the file.
  const auto awkward = [](int number) {
    return StoredItem{"m" + std::to_string(number), object_of(2100)};
  };
  int taken = 0;
  Status last;
  for (; last; ++taken) last = store->put_items("alice", "c", {awkward(taken)});
  EXPECT_EQ(last.error().code(), ErrorCode::no_space);
  for (const char* said : {"your share", "1 MiB", "--store-share", "DELETE"})
    EXPECT_NE(last.error().message().find(said), std::string::npos) << last.error().message();
  EXPECT_FALSE(store->put_file("alice", {.id = "f"}, std::string(1 << 20, 'f')));
  EXPECT_FALSE(store->create("alice", "d", "{}"));
  EXPECT_FALSE(store->set_metadata("alice", "c", object_of(8000)));
  // Bob has all of his, and then it is the store that is full.
  for (int number = 0; number < taken - 1; ++number)
    ASSERT_TRUE(store->put_items("bob", "c", {awkward(number)})) << number << " of " << taken;
  EXPECT_LE(store->usage().bytes, 2u << 20);
  EXPECT_LE(fs::file_size(path_), (2u << 20) + (2u << 20) / 64 + (256u << 10));
  EXPECT_EQ(code(store->create("carol", "c", "{}")), ErrorCode::no_space);
  // What shrinks is taken, and deleting makes room.
  EXPECT_TRUE(store->put_items("alice", "c", {{"m0", "{}"}}));
  ASSERT_TRUE(store->remove_item("alice", "c", "m1"));
  EXPECT_TRUE(store->put_items("alice", "c", {awkward(1)}));
}

TEST_F(StoreTest, AConversationComesWithItsItemsOrNotAtAll) {
  Store store = open();
  EXPECT_EQ(code(store.create("", "c", "{}", {item("m1"), item("not an id")})),
            ErrorCode::bad_input);
  EXPECT_EQ(code(store.conversation("", "c")), ErrorCode::not_found);
  ASSERT_TRUE(store.create("", "c", R"({"title":"old"})", {item("m1")}));
  EXPECT_FALSE(store.create("", "c", R"({"title":"new"})", {item("not an id")}));
  EXPECT_EQ(store.conversation("", "c")->metadata, R"({"title":"old"})");
}

TEST_F(StoreTest, FilesAreReadInPieces) {
  Store store = open();
  std::string bytes(300000, '\0');
  for (size_t i = 0; i < bytes.size(); ++i) bytes[i] = char(i * 2654435761u >> 24);
  const StoredFile file = *store.put_file("alice", {.id = "f"}, bytes);
  std::string read;
  for (;;) {
    const auto piece = store.file_bytes(file, int64_t(read.size()), 70000);
    ASSERT_TRUE(piece) << piece.error().message();
    if (piece->empty()) break;
    read += *piece;
  }
  EXPECT_EQ(read, bytes);
  EXPECT_EQ(*store.file_bytes(*store.put_file("alice", {.id = "empty"}, ""), 0, 100), "");
  // Again is once; with other bytes it is refused, and nothing changes.
  std::string other = bytes;
  other.back() ^= 1;
  EXPECT_TRUE(store.put_file("alice", {.id = file.id}, bytes));
  for (const std::string& wrong : {other, bytes + "x"}) {
    const auto refused = store.put_file("alice", {.id = file.id}, wrong);
    ASSERT_FALSE(refused);
    EXPECT_NE(refused.error().message().find("other bytes"), std::string::npos);
  }
  // Another with the same id is another file.
  ASSERT_TRUE(store.remove_file("alice", "f"));
  EXPECT_EQ(*store.file_bytes(*store.put_file("alice", {.id = "f"}, "new"), 0, 100), "new");
  EXPECT_EQ(code(store.file_bytes(file, 0, 1)), ErrorCode::not_found);
}

}  // namespace
}  // namespace tutti
