#include "data/build/data_root.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <fstream>

#include "data/build/process.h"
#include "data/build/read/table.h"

namespace tutti {
namespace {

namespace fs = std::filesystem;

class Root : public testing::Test {
 protected:
  void SetUp() override {
    folder_ = fs::temp_directory_path() / ("tutti_root_" + std::to_string(::getpid()));
    fs::create_directories(folder_ / "raw/plain");
  }
  void TearDown() override { fs::remove_all(folder_); }

  fs::path folder_;
};

TEST_F(Root, FindsFoldersAndArchives) {
  fs::create_directories(folder_ / "packed");
  std::ofstream(folder_ / "packed/SOURCE.txt") << "hello";
  const std::string archive = (folder_ / "raw/packed.tar.zst").string();
  ASSERT_TRUE(run_program({"tar", "--zstd", "-cf", archive, "-C", folder_.string(), "packed"}));
  const auto root = DataRoot::open((folder_ / "raw").string(), (folder_ / "cache").string());
  ASSERT_TRUE(root);
  EXPECT_TRUE(root->has("plain"));
  EXPECT_TRUE(root->has("packed"));
  EXPECT_FALSE(root->has("absent"));
  EXPECT_FALSE(root->folder("absent"));
  EXPECT_EQ(*root->folder("plain"), folder_ / "raw/plain");
  for (int time = 0; time < 2; ++time) {  // unpacked, then found
    const auto unpacked = root->folder("packed");
    ASSERT_TRUE(unpacked) << unpacked.error().message();
    EXPECT_EQ(*read_whole_file(*unpacked / "SOURCE.txt"), "hello");
  }
}

TEST_F(Root, DamagedArchiveIsAnError) {
  std::ofstream(folder_ / "raw/bad.tar.zst") << "not an archive";
  const auto root = DataRoot::open((folder_ / "raw").string());
  ASSERT_TRUE(root);
  EXPECT_FALSE(root->folder("bad"));
}

TEST_F(Root, TablesNameTheirBadLine) {
  std::ofstream(folder_ / "t.tsv") << "a\tb\r\n1\t2\r\n3\r\n";
  const auto rows = read_table(folder_ / "t.tsv", {"b"});
  ASSERT_FALSE(rows);
  EXPECT_NE(rows.error().message().find("line 3"), std::string::npos);
  EXPECT_FALSE(read_table(folder_ / "t.tsv", {"c"}));
  EXPECT_EQ(read_table(folder_ / "t.tsv", {"a"})->at(1).at(0), "3");
}

TEST(RunProgram, FeedsAndReadsLargeStreams) {
  const std::string input(3 << 20, 'x');
  const auto output = run_program({"cat"}, input);
  ASSERT_TRUE(output);
  EXPECT_EQ(*output, input);
  EXPECT_TRUE(run_program({"true"}, input));  // does not read what it is fed
  EXPECT_FALSE(run_program({"false"}));
  EXPECT_FALSE(run_program({"no-such-program-anywhere"}));
}

}  // namespace
}  // namespace tutti
