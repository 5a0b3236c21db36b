#include "base/atomic_file.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>

#include "tests/helpers/test_files.h"

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

// /proc is a file system that cannot sync a folder: EINVAL.
TEST(AtomicFile, AFolderThatCannotBeSyncedIsNoError) {
  TestFolder folder;
  EXPECT_TRUE(sync_folder(folder.path()));
  const int descriptor = ::open("/proc", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  ASSERT_GE(descriptor, 0);
  const bool syncs = ::fsync(descriptor) == 0;
  const int code = errno;
  ::close(descriptor);
  ASSERT_TRUE(!syncs && code == EINVAL) << code;
  EXPECT_TRUE(sync_folder("/proc"));
  const auto missing = sync_folder(folder.file("none"));
  ASSERT_FALSE(missing);
  EXPECT_NE(missing.error().message().find("none"), std::string::npos);
}

TEST(AtomicFile, AFailedRenameLeavesNothingBehind) {
  TestFolder folder;
  std::filesystem::create_directory(folder.file("a"));
  EXPECT_FALSE(write_file_atomic(folder.file("a"), "x"));
  EXPECT_EQ(files_in(folder), 1u);
}

// In a container every process has the same number, so a name made of it and a counter would be
// taken by what a killed process left behind, for ever.
TEST(AtomicFile, WhatAKilledProcessLeftIsInNobodysWay) {
  TestFolder folder;
  const std::string path = folder.file("a");
  for (int number = 0; number < 1200; ++number)
    for (const char* kind : {".tmp.", ".part-"})
      write_text(path + kind + std::to_string(getpid()) + (*(kind + 1) == 't' ? "." : "-") +
                     std::to_string(number),
                 "left behind");
  const Status status = write_file_atomic(path, "new");
  ASSERT_TRUE(status) << status.error().message();
  EXPECT_EQ(read_text(path), "new");
}

TEST(AtomicFile, FollowsLinks) {
  TestFolder folder;
  write_text(folder.file("real"), "old");
  std::filesystem::create_symlink("real", folder.file("link"));
  ASSERT_TRUE(write_file_atomic(folder.file("link"), "new"));
  EXPECT_TRUE(std::filesystem::is_symlink(folder.file("link")));
  EXPECT_EQ(read_text(folder.file("real")), "new");
  EXPECT_EQ(files_in(folder), 2u);
}

// Devices and pipes are written to; nothing may take their place.
TEST(AtomicFile, KeepsWhatIsNoRegularFile) {
  TestFolder folder;
  const std::string pipe = folder.file("pipe");
  ASSERT_EQ(::mkfifo(pipe.c_str(), 0600), 0);
  const int reader = ::open(pipe.c_str(), O_RDONLY | O_NONBLOCK);
  ASSERT_GE(reader, 0);
  ASSERT_TRUE(write_file_atomic(pipe, "through"));
  char bytes[16] = {};
  EXPECT_EQ(::read(reader, bytes, sizeof bytes), 7);
  EXPECT_STREQ(bytes, "through");
  ::close(reader);
  EXPECT_TRUE(std::filesystem::is_fifo(pipe));
  EXPECT_EQ(files_in(folder), 1u);

  const Status full = write_file_atomic("/dev/full", "x");
  ASSERT_FALSE(full);
  EXPECT_NE(full.error().message().find("space"), std::string::npos) << full.error().message();
  EXPECT_TRUE(std::filesystem::is_character_file("/dev/full"));
}

TEST(AtomicFile, HasTheModeThatItWasGiven) {
  TestFolder folder;
  auto file = AtomicFile::create(folder.file("secret"), 0600);
  ASSERT_TRUE(file);
  ASSERT_TRUE(file->commit());
  EXPECT_EQ(std::filesystem::status(folder.file("secret")).permissions(),
            std::filesystem::perms::owner_read | std::filesystem::perms::owner_write);
}

}  // namespace
}  // namespace tutti
