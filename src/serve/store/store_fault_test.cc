// Nothing that was acknowledged is lost: kill -9 in the middle of writing, a full disk, many
// threads.
#include <gtest/gtest.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <csignal>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <functional>
#include <thread>

#include "serve/store/store.h"

namespace tutti {
namespace {

namespace fs = std::filesystem;

class StoreFaultTest : public ::testing::Test {
 protected:
  void SetUp() override {
    folder_ = fs::temp_directory_path() / ("tutti_fault_" + std::to_string(getpid()));
    fs::create_directories(folder_);
    path_ = folder_ / "store.sqlite3";
  }
  void TearDown() override { fs::remove_all(folder_); }

  fs::path folder_;
  std::string path_;
};

StoredItem numbered(int number) {
  const std::string id = std::string("m").append(std::to_string(number));
  return {id, R"({"id":")" + id + R"(","text":")" + std::string(500, 'x') + "\"}"};
}

std::string file_id(int number) {
  return std::string("f").append(std::to_string(number));
}

// Writes for ever, and says each number after it was acknowledged.
[[noreturn]] void write_and_tell(const std::string& path, int pipe) {
  Result<Store> store = Store::open(path, {});
  if (!store || !store->create("", "c", "{}")) _exit(1);
  for (int number = 0;; ++number) {
    if (!store->put_file("", {.id = file_id(number)}, std::string(20000, 'f'))) _exit(1);
    if (!store->put_items("", "c", {numbered(number)})) _exit(1);
    if (write(pipe, &number, sizeof number) != sizeof number) _exit(1);
  }
}

TEST_F(StoreFaultTest, KillLosesNothingAcknowledged) {
  for (const int until : {0, 3, 20}) {
    fs::remove_all(folder_);
    fs::create_directories(folder_);
    int ends[2];
    ASSERT_EQ(pipe(ends), 0);
    const pid_t child = fork();
    if (child == 0) write_and_tell(path_, ends[1]);
    close(ends[1]);
    int acknowledged = -1;
    while (acknowledged < until)
      ASSERT_EQ(read(ends[0], &acknowledged, sizeof acknowledged), ssize_t(sizeof acknowledged));
    kill(child, SIGKILL);
    while (read(ends[0], &acknowledged, sizeof acknowledged) > 0) {
    }
    close(ends[0]);
    waitpid(child, nullptr, 0);

    Result<Store> store = Store::open(path_, {});
    ASSERT_TRUE(store) << store.error().message();
    for (int number = 0; number <= acknowledged; ++number) {
      const auto item = store->item("", "c", numbered(number).id);
      ASSERT_TRUE(item) << number << " of " << acknowledged << " is lost";
      EXPECT_EQ(item->json, numbered(number).json);
      std::string bytes;
      ASSERT_TRUE(store->file("", file_id(number), &bytes));
      EXPECT_EQ(bytes.size(), 20000u);
    }
    EXPECT_TRUE(store->put_items("", "c", {numbered(acknowledged + 2)}));
  }
}

// Fills the store until it refuses; what it took must be there, what it refused must not.
void fill(Store& store) {
  ASSERT_TRUE(store.create("", "c", "{}"));
  int taken = 0;
  for (;; ++taken) {
    ASSERT_LT(taken, 10000) << "the disk is never full";
    const Status status = store.put_items("", "c", {numbered(taken)});
    if (status) continue;
    EXPECT_EQ(status.error().code(), ErrorCode::no_space) << status.error().message();
    break;
  }
  ASSERT_GT(taken, 10);
  EXPECT_FALSE(store.put_file("", {.id = "large"}, std::string(1 << 20, 'f')));
  EXPECT_FALSE(store.file("", "large"));
  for (int number = 0; number < taken; ++number)
    ASSERT_TRUE(store.item("", "c", numbered(number).id)) << number;
  EXPECT_FALSE(store.item("", "c", numbered(taken).id));
}

TEST_F(StoreFaultTest, LimitRefusesAndDeletingMakesRoom) {
  Result<Store> store = Store::open(path_, {.most_bytes = 256 << 10});
  ASSERT_TRUE(store) << store.error().message();
  fill(*store);
  EXPECT_LE(store->usage().bytes, 256u << 10);
  EXPECT_LE(fs::file_size(path_), 256u << 10);
  ASSERT_TRUE(store->remove_conversations(""));
  ASSERT_TRUE(store->create("", "again", "{}"));
  EXPECT_TRUE(store->put_items("", "again", {numbered(0)}));
}

// The same from outside: no file of the process may grow beyond a size, as on a full disk. In a
// child, since the limit is the process's.
TEST_F(StoreFaultTest, FullDiskRefusesAndKeepsWhatWasTaken) {
  const pid_t child = fork();
  if (child == 0) {
    signal(SIGXFSZ, SIG_IGN);
    const rlimit limit = {512 << 10, 512 << 10};
    setrlimit(RLIMIT_FSIZE, &limit);
    Result<Store> store = Store::open(path_, {});
    if (!store || !store->create("", "c", "{}")) _exit(1);
    for (int number = 0; number < 100000; ++number) {
      if (store->put_items("", "c", {numbered(number)})) continue;
      for (int taken = 0; taken < number; ++taken)
        if (!store->item("", "c", numbered(taken).id)) _exit(2);
      _exit(number > 10 && !store->item("", "c", numbered(number).id) ? 0 : 3);
    }
    _exit(4);
  }
  int status = 0;
  waitpid(child, &status, 0);
  ASSERT_TRUE(WIFEXITED(status));
  EXPECT_EQ(WEXITSTATUS(status), 0) << "1 setup, 2 lost, 3 half kept, 4 never full";
  Result<Store> store = Store::open(path_, {});
  ASSERT_TRUE(store) << store.error().message();
  EXPECT_TRUE(store->item("", "c", "m0"));
  EXPECT_TRUE(store->put_items("", "c", {numbered(1000000)}));
}

// In a child: what it does to its process ends with it. 0, or the line of the first check that
// failed.
int in_child(const std::function<int()>& work) {
  const pid_t child = fork();
  if (child == 0) _exit(work());
  int status = 0;
  waitpid(child, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : 1000 + WTERMSIG(status);
}

#define CHECK_OR_LINE(...)                                                   \
  if (!(__VA_ARGS__)) {                                                      \
    std::fprintf(stderr, "line %d: " #__VA_ARGS__ " is not so\n", __LINE__); \
    return __LINE__ % 251 + 1;                                               \
  }

StoredItem large(int number) {
  const std::string id = std::string("m").append(std::to_string(number));
  return {id, R"({"id":")" + id + R"(","text":")" + std::string(100000, 'z') + "\"}"};
}

// Fills the disk with items of any size and with files, restarts or not, and deletes one by one or
// all at once: each deletion works, and what it frees can be written again.
int fill_and_delete(const std::string& path, bool restart, bool one_by_one) {
  std::optional<Store> store;
  const auto open = [&] {
    store.reset();
    Result<Store> opened = Store::open(path, {});
    if (!opened) std::fprintf(stderr, "%s\n", opened.error().message().c_str());
    if (opened) store.emplace(*std::move(opened));
    return bool(opened);
  };
  CHECK_OR_LINE(open());
  int taken = 0;
  for (const char* id : {"c", "d"}) CHECK_OR_LINE(store->create("", id, "{}"));
  CHECK_OR_LINE(store->put_file("", {.id = "f"}, std::string(50000, 'f')));
  CHECK_OR_LINE(
      store->put_items("", "d", {{"shows", R"({"id":"shows","content":[{"file_id":"f"}]})"}}));
  while (store->put_items("", "c", {large(taken)})) ++taken;
  CHECK_OR_LINE(taken > 1);
  while (store->put_items("", "c", {numbered(taken)})) ++taken;
  const Status refused = store->put_items("", "c", {numbered(taken)});
  CHECK_OR_LINE(!refused && refused.error().code() == ErrorCode::no_space);
  if (restart) CHECK_OR_LINE(open());
  if (one_by_one) {
    for (int number = 0; number < taken; ++number) {
      const Status gone = store->remove_item("", "c", numbered(number).id);
      if (!gone) std::fprintf(stderr, "%s\n", gone.error().message().c_str());
      CHECK_OR_LINE(gone);
    }
    CHECK_OR_LINE(store->remove_conversation("", "d"));
    CHECK_OR_LINE(store->remove_conversation("", "c"));
  } else {
    const Result<int64_t> gone = store->remove_conversations("");
    if (!gone) std::fprintf(stderr, "%s\n", gone.error().message().c_str());
    CHECK_OR_LINE(gone && *gone == 2);
  }
  CHECK_OR_LINE(!store->file("", "f"));
  CHECK_OR_LINE(store->usage().bytes == 0);
  CHECK_OR_LINE(fs::file_size(path) < 128 << 10);  // given back to the file system
  CHECK_OR_LINE(store->create("", "again", "{}", {large(0), numbered(1)}));
  CHECK_OR_LINE(open());
  CHECK_OR_LINE(store->item("", "again", "m0"));
  return 0;
}

// No file may grow beyond a size, which anyone may ask for.
TEST_F(StoreFaultTest, AFullDiskCanBeEmptied) {
  for (const bool restart : {false, true})
    for (const bool one_by_one : {false, true}) {
      EXPECT_EQ(in_child([&] {
                  signal(SIGXFSZ, SIG_IGN);
                  const rlimit limit = {1 << 20, 1 << 20};
                  setrlimit(RLIMIT_FSIZE, &limit);
                  return fill_and_delete(path_, restart, one_by_one);
                }),
                0)
          << restart << one_by_one;
      fs::remove_all(folder_);
      fs::create_directories(folder_);
    }
}

// The same on a file system that is full to the last byte, which needs the right to mount one.
TEST_F(StoreFaultTest, AFullFileSystemCanBeEmptied) {
  constexpr int kCannotMount = 255;
  for (const bool restart : {false, true})
    for (const bool one_by_one : {false, true}) {
      const int result = in_child([&] {
        if (unshare(CLONE_NEWNS) != 0 && unshare(CLONE_NEWUSER | CLONE_NEWNS) != 0)
          return kCannotMount;
        if (mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0 ||
            mount("tmpfs", folder_.c_str(), "tmpfs", 0, "size=3m") != 0)
          return kCannotMount;
        const int done = fill_and_delete(path_, restart, one_by_one);
        if (done == 0) return 0;
        for (const auto& entry : fs::directory_iterator(folder_))
          std::fprintf(stderr, "%s %ju\n", entry.path().c_str(), uintmax_t(entry.file_size()));
        return done;
      });
      if (result == kCannotMount) GTEST_SKIP() << "this user may not mount a file system";
      EXPECT_EQ(result, 0) << restart << one_by_one;
    }
}

// A deletion that is killed at any point is either not begun or brought to its end.
TEST_F(StoreFaultTest, AKilledDeletionIsFinished) {
  for (const int milliseconds : {0, 1, 3, 10, 30}) {
    {
      Result<Store> store = Store::open(path_, {});
      ASSERT_TRUE(store) << store.error().message();
      ASSERT_TRUE(store->create("", "c", "{}"));
      for (int number = 0; number < 60; ++number)
        ASSERT_TRUE(store->put_items("", "c", {large(number)}));
    }
    const pid_t child = fork();
    if (child == 0) {
      Result<Store> store = Store::open(path_, {});
      _exit(store && store->remove_conversation("", "c") ? 0 : 1);
    }
    usleep(1000 * milliseconds);
    kill(child, SIGKILL);
    waitpid(child, nullptr, 0);
    Result<Store> store = Store::open(path_, {});
    ASSERT_TRUE(store) << store.error().message();
    if (const auto there = store->items("", "c", {.limit = 100}); there) {
      EXPECT_TRUE(store->item("", "c", "m59"));  // whole
      EXPECT_EQ(store->usage("")->conversations, 1);
      ASSERT_TRUE(store->remove_conversation("", "c"));
    }
    EXPECT_EQ(store->usage().bytes, 0u);
    std::ifstream file(path_, std::ios::binary);
    const std::string bytes((std::istreambuf_iterator<char>(file)), {});
    EXPECT_EQ(bytes.find("zzzz"), std::string::npos) << "what was deleted is not erased";
  }
}

TEST_F(StoreFaultTest, ThreadsMayShareIt) {
  Result<Store> store = Store::open(path_, {});
  ASSERT_TRUE(store);
  ASSERT_TRUE(store->create("", "c", "{}"));
  std::atomic<int> failures = 0;
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t)
    threads.emplace_back([&, t] {
      for (int i = 0; i < 25; ++i) {
        if (!store->put_items("", "c", {numbered(100 * t + i)})) ++failures;
        if (!store->items("", "c", {})) ++failures;
      }
    });
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(failures, 0);
  EXPECT_EQ(store->items("", "c", {.limit = 100})->entries.size(), 100u);
}

// Two servers, say. Each makes ten conversations, and deletes all but two.
bool make_and_delete(const std::string& path, const std::string& prefix) {
  Result<Store> store = Store::open(path, {});
  if (!store) return false;
  for (int i = 0; i < 10; ++i) {
    const std::string id = prefix + std::to_string(i);
    if (!store->create("", id, "{}", {large(i), numbered(100 + i)})) return false;
    if (i % 5 != 0 && !store->remove_conversation("", id)) return false;
  }
  return true;
}

TEST_F(StoreFaultTest, ProcessesMayShareIt) {
  std::vector<pid_t> children;
  for (const char* prefix : {"a", "b"}) {
    children.push_back(fork());
    if (children.back() == 0) _exit(make_and_delete(path_, prefix) ? 0 : 1);
  }
  for (const pid_t child : children) {
    int status = -1;
    waitpid(child, &status, 0);
    EXPECT_EQ(status, 0);
  }
  Result<Store> store = Store::open(path_, {});
  ASSERT_TRUE(store) << store.error().message();
  for (const char* id : {"a0", "a5", "b0", "b5"})
    EXPECT_EQ(store->items("", id, {})->entries.size(), 2u) << id;
  EXPECT_EQ(store->usage("")->conversations, 4);
  for (const char* id : {"a0", "a5", "b0", "b5"}) EXPECT_TRUE(store->remove_conversation("", id));
  EXPECT_EQ(store->usage().bytes, 0u);
  std::ifstream file(path_, std::ios::binary);
  const std::string bytes((std::istreambuf_iterator<char>(file)), {});
  EXPECT_EQ(bytes.find("zzzz"), std::string::npos) << "what was deleted is not erased";
}

// It was given up by one process; what the other writes next must be able to be deleted.
TEST_F(StoreFaultTest, AReserveThatAnotherGaveUpIsMadeAgain) {
  Result<Store> store = Store::open(path_, {});
  ASSERT_TRUE(store) << store.error().message();
  ASSERT_TRUE(fs::remove(path_ + "-reserve"));
  ASSERT_TRUE(store->create("", "c", "{}"));
  EXPECT_EQ(fs::file_size(path_ + "-reserve"), 1u << 20);
}

}  // namespace
}  // namespace tutti
