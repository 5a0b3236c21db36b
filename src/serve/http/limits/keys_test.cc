#include "serve/http/limits/keys.h"

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
    chmod(path_.c_str(), 0600);
    const auto ring = KeyRing::load(path_);
    ASSERT_FALSE(ring) << text;
    EXPECT_NE(ring.error().message().find("is not a key file"), std::string::npos)
        << ring.error().message();
  }
}

TEST_F(Keys, FilesThatAreOpenToOthersAreRefused) {
  KeyRing ring;
  ASSERT_TRUE(ring.add("alice"));
  for (const int mode : {0600, 0400, 0640, 0644, 0604, 0620, 0602, 0601}) {
    ASSERT_TRUE(ring.save(path_));
    ASSERT_EQ(chmod(path_.c_str(), mode_t(mode)), 0);
    const auto loaded = KeyRing::load(path_);
    EXPECT_EQ(bool(loaded), (mode & 0027) == 0) << std::oct << mode;
    if (!loaded) {
      EXPECT_NE(loaded.error().message().find("chmod 600 " + path_), std::string::npos)
          << loaded.error().message();
    }
  }
}

TEST_F(Keys, WhyAFileCannotBeWrittenIsSaid) {
  KeyRing ring;
  ASSERT_TRUE(ring.add("alice"));
  std::filesystem::create_directory(path_);  // in the way
  const Status status = ring.save(path_);
  ASSERT_FALSE(status);
  EXPECT_NE(status.error().message().find("Is a directory"), std::string::npos)
      << status.error().message();
  EXPECT_FALSE(std::filesystem::exists(path_ + ".part"));
  const Status nowhere = ring.save(path_ + "/nowhere/keys.json");
  EXPECT_NE(nowhere.error().message().find("No such file"), std::string::npos);
}

}  // namespace
}  // namespace tutti
