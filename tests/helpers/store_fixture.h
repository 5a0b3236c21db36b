// Test helper: a store in a folder of its own.
#pragma once

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <string>
#include <vector>

#include "serve/store/store.h"

namespace tutti {

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

  template <class T>
  static std::vector<std::string> ids(const Result<Page<T>>& page) {
    std::vector<std::string> found;
    if (!page) ADD_FAILURE() << page.error().message();
    for (const T& entry : page->entries) found.push_back(entry.id);
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

}  // namespace tutti
