// Nothing that was acknowledged is lost: kill -9 in the middle of writing, a full disk, many
// threads.
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <csignal>
#include <filesystem>
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

}  // namespace
}  // namespace tutti
