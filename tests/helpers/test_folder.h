// Test helper: folders that go with what they were made for. No name is shared with another
// process, so tests may run beside each other, and beside those of another build.
#pragma once

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <iterator>
#include <string>

namespace tutti {

class TestFolder {
 public:
  TestFolder() {
    std::string name = testing::TempDir() + "tutti_XXXXXX";
    EXPECT_NE(::mkdtemp(name.data()), nullptr);
    path_ = name;
  }
  ~TestFolder() { std::filesystem::remove_all(path_); }
  TestFolder(const TestFolder&) = delete;

  std::string file(const std::string& name) const { return path_ + "/" + name; }
  const std::string& path() const { return path_; }
  size_t files() const {
    return size_t(std::distance(std::filesystem::directory_iterator(path_), {}));
  }

 private:
  std::string path_;
};

// Of this process, until it ends.
inline std::string own_file(const std::string& name) {
  static const TestFolder folder;
  return folder.file(name);
}

}  // namespace tutti
