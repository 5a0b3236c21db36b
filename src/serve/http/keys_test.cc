#include "serve/http/keys.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <sstream>

namespace tutti {
namespace {

class Keys : public testing::Test {
 protected:
  ~Keys() override { std::filesystem::remove(path_); }

  std::string content() const {
    std::stringstream text;
    text << std::ifstream(path_).rdbuf();
    return text.str();
  }

  const std::string path_ =
      (std::filesystem::temp_directory_path() / ("tutti_keys_" + std::to_string(getpid())))
          .string();
};

TEST_F(Keys, OnlyTheirHashesAreKept) {
  KeyRing ring;
  const std::string alice = *ring.add("alice"), bob = *ring.add("bob");
  EXPECT_NE(alice, bob);
  ASSERT_TRUE(ring.save(path_));
  EXPECT_EQ(content().find(alice.substr(10)), std::string::npos);
  struct stat info = {};
  ASSERT_EQ(stat(path_.c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777, 0600u);

  const Result<KeyRing> again = KeyRing::load(path_);
  ASSERT_TRUE(again) << again.error().message();
  EXPECT_EQ(again->check(alice), "alice");
  EXPECT_EQ(again->check(bob), "bob");
  EXPECT_FALSE(again->check(alice + " "));
  EXPECT_FALSE(again->check(""));
}

TEST_F(Keys, NamesAreUniqueAndRemovable) {
  KeyRing ring;
  const std::string alice = *ring.add("alice");
  EXPECT_FALSE(ring.add("alice"));
  EXPECT_FALSE(ring.add("a b"));
  EXPECT_FALSE(ring.remove("bob"));
  EXPECT_TRUE(ring.remove("alice"));
  EXPECT_FALSE(ring.check(alice));
}

TEST_F(Keys, BrokenFilesAreRefused) {
  EXPECT_FALSE(KeyRing::load(path_));
  EXPECT_TRUE(KeyRing::load(path_, true));
  for (const char* text :
       {"", "{", "[]", R"({"keys":[{"name":"a"}]})", R"({"keys":[{"name":"a","blake2b":"00"}]})",
        R"({"keys":[{"name":"a","blake2b":7}]})"}) {
    std::ofstream(path_) << text;
    EXPECT_FALSE(KeyRing::load(path_)) << text;
  }
}

}  // namespace
}  // namespace tutti
