#include "format/atomic_file.h"

#include <gtest/gtest.h>
#include <sys/wait.h>

#include <csignal>

#include "format/test_files.h"

namespace tutti {
namespace {

size_t files_in(const TestFolder& folder) {
  return size_t(std::distance(std::filesystem::directory_iterator(folder.path()), {}));
}

TEST(AtomicFile, ReplacesTheOldFile) {
  TestFolder folder;
  const std::string path = folder.file("a");
  ASSERT_TRUE(write_file_atomic(path, "old"));
  ASSERT_TRUE(write_file_atomic(path, "new and longer"));
  EXPECT_EQ(read_text(path), "new and longer");
  EXPECT_EQ(files_in(folder), 1u);
}

TEST(AtomicFile, WithoutCommitNothingChanges) {
  TestFolder folder;
  const std::string path = folder.file("a");
  ASSERT_TRUE(write_file_atomic(path, "old"));
  {
    auto file = AtomicFile::create(path);
    ASSERT_TRUE(file);
    AtomicFile moved = *std::move(file);
    ASSERT_TRUE(moved.write("half"));
    EXPECT_EQ(read_text(path), "old");
  }
  EXPECT_EQ(read_text(path), "old");
  EXPECT_EQ(files_in(folder), 1u);
}

TEST(AtomicFile, KilledWriterLeavesTheOldFile) {
  TestFolder folder;
  const std::string path = folder.file("model");
  ASSERT_TRUE(write_file_atomic(path, "old"));
  const pid_t child = ::fork();
  if (child == 0) {
    auto file = AtomicFile::create(path);
    if (file && file->write(std::string(1 << 20, 'x'))) ::raise(SIGKILL);
    ::_exit(1);
  }
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  ASSERT_TRUE(WIFSIGNALED(status));
  EXPECT_EQ(read_text(path), "old");
  EXPECT_EQ(files_in(folder), 2u) << "the killed process was to leave its temporary file";
  ASSERT_TRUE(write_file_atomic(path, "new"));
  EXPECT_EQ(read_text(path), "new");
}

TEST(AtomicFile, NamesTheFolderThatIsMissing) {
  TestFolder folder;
  const auto status = write_file_atomic(folder.file("no/such/folder/a"), "x");
  ASSERT_FALSE(status);
  EXPECT_NE(status.error().message().find("no/such/folder"), std::string::npos);
}

TEST(AtomicFile, AFailedRenameLeavesNothingBehind) {
  TestFolder folder;
  std::filesystem::create_directory(folder.file("a"));
  EXPECT_FALSE(write_file_atomic(folder.file("a"), "x"));
  EXPECT_EQ(files_in(folder), 1u);
}

}  // namespace
}  // namespace tutti
