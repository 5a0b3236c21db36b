// How long a large deletion makes others wait.
#include <gtest/gtest.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <filesystem>
#include <thread>

#include "serve/store/ordered_mutex.h"
#include "serve/store/store.h"

namespace tutti {
namespace {

// Whoever asks while much is deleted waits for a step of it, not for the whole.
TEST(StoreSteps, ADeletionIsMadeInSteps) {
  const auto folder =
      std::filesystem::temp_directory_path() / ("tutti_steps_" + std::to_string(getpid()));
  std::filesystem::create_directories(folder);
  Store store = *Store::open(folder / "store.sqlite3", {});
  ASSERT_TRUE(store.create("alice", "c", "{}"));
  for (int i = 0; i < 16; ++i) {
    std::vector<StoredItem> items;
    for (int j = 0; j < 16; ++j) {
      const std::string id = "m" + std::to_string(16 * i + j);
      items.push_back({id, R"({"x":")" + std::string(250'000, 'x') + "\"}"});
    }
    ASSERT_TRUE(store.put_items("alice", "c", items));
  }
  std::atomic<bool> ended = false;
  std::thread deletes([&] {
    EXPECT_TRUE(store.remove_conversation("alice", "c"));
    ended = true;
  });
  // Answered while what is gone already is being erased: 64 MB in steps of 8 MB. In one step there
  // would be an answer at its end at most.
  int answers = 0;
  while (!ended) {
    const auto usage = store.usage("alice");
    ASSERT_TRUE(usage);
    answers += usage->conversations == 0;
    std::this_thread::sleep_for(std::chrono::microseconds(100));
  }
  deletes.join();
  EXPECT_GE(answers, 3);
  std::filesystem::remove_all(folder);
}

TEST(StoreSteps, WhoeverWaitsIsNotOvertaken) {
  OrderedMutex mutex;
  mutex.lock();
  std::atomic<bool> had = false;
  std::thread other([&] {
    const std::lock_guard lock(mutex);
    had = true;
  });
  while (mutex.waiting() == 0) std::this_thread::yield();
  mutex.unlock();
  mutex.lock();
  EXPECT_TRUE(had);
  mutex.unlock();
  other.join();
}

}  // namespace
}  // namespace tutti
