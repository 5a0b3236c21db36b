#include "format/tar.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <cstring>

#include "tests/helpers/test_files.h"

namespace tutti {
namespace {

std::string small_tar(const TestFolder& folder) {
  const std::string path = folder.file("small.tar");
  auto tar = TarWriter::create(path);
  EXPECT_TRUE(tar);
  EXPECT_TRUE(tar->add("000/a.txt", "hello"));
  EXPECT_TRUE(tar->add("000/a.bin", std::string(512, 'x')));
  EXPECT_TRUE(tar->add("empty", ""));
  EXPECT_TRUE(tar->finish());
  return path;
}

// Puts the right checksum into the header at the start, as a hostile author would.
void seal(std::string& archive) {
  std::memset(archive.data() + 148, ' ', 8);
  unsigned sum = 0;
  for (int i = 0; i < 512; ++i) sum += uint8_t(archive[i]);
  std::snprintf(archive.data() + 148, 8, "%06o", sum);
}

void expect_refused(std::string archive, const std::string& part) {
  seal(archive);
  auto entries = parse_tar(bytes_of(archive));
  ASSERT_FALSE(entries) << part;
  EXPECT_EQ(entries.error().code(), ErrorCode::bad_input);
  EXPECT_NE(entries.error().message().find(part), std::string::npos) << entries.error().message();
}

TEST(Tar, ReadsWhatItWrote) {
  TestFolder folder;
  auto tar = TarReader::open(small_tar(folder));
  ASSERT_TRUE(tar) << tar.error().message();
  ASSERT_EQ(tar->entries().size(), 3u);
  EXPECT_EQ(tar->entries()[0].name, "000/a.txt");
  const auto data = tar->entries()[0].data;
  EXPECT_EQ(std::string(reinterpret_cast<const char*>(data.data()), data.size()), "hello");
  EXPECT_EQ(tar->entries()[1].data.size(), 512u);
  EXPECT_EQ(tar->entries()[2].data.size(), 0u);
}

TEST(Tar, IsDeterministicAndWhole) {
  TestFolder a, b;
  EXPECT_EQ(read_text(small_tar(a)), read_text(small_tar(b)));
  {
    auto tar = TarWriter::create(a.file("unfinished.tar"));
    ASSERT_TRUE(tar);
    ASSERT_TRUE(tar->add("x", "y"));
  }
  EXPECT_FALSE(std::filesystem::exists(a.file("unfinished.tar")));
}

TEST(Tar, TheTarProgramAgrees) {
  ASSERT_EQ(std::system("tar --version > /dev/null 2>&1"), 0) << "the tar program is missing";
  TestFolder folder;
  const std::string path = small_tar(folder);
  const std::string unpack = "cd '" + folder.path() + "' && tar -xf small.tar";
  ASSERT_EQ(std::system(unpack.c_str()), 0);
  EXPECT_EQ(read_text(folder.file("000/a.txt")), "hello");
  // A long path, so that the prefix field is used.
  const std::string top(90, 'd');
  const std::string deep = top + '/' + std::string(60, 'f');
  std::filesystem::create_directories(folder.file(top));
  write_text(folder.file(deep), "deep");
  const std::string pack =
      "cd '" + folder.path() + "' && tar --format=ustar -cf theirs.tar 000 " + top;
  ASSERT_EQ(std::system(pack.c_str()), 0);
  auto theirs = TarReader::open(folder.file("theirs.tar"));
  ASSERT_TRUE(theirs) << theirs.error().message();
  ASSERT_EQ(theirs->entries().size(), 3u);
  EXPECT_EQ(theirs->entries()[2].name, deep);
}

TEST(Tar, RefusesTruncationAtEveryByte) {
  TestFolder folder;
  const std::string whole = read_text(small_tar(folder));
  ASSERT_TRUE(parse_tar(bytes_of(whole)));
  for (size_t size = 0; size < whole.size(); ++size) {
    EXPECT_FALSE(parse_tar(bytes_of(whole.substr(0, size)))) << size;
  }
}

TEST(Tar, RefusesHostileHeaders) {
  TestFolder folder;
  const std::string whole = read_text(small_tar(folder));
  const auto changed = [&](size_t at, std::string_view text) {
    std::string copy = whole;
    copy.replace(at, text.size(), text);
    return copy;
  };
  const auto nul = [](std::string text) { return text + '\0'; };
  expect_refused(changed(0, nul("../../etc/passwd")), "relative path");
  expect_refused(changed(0, nul("/etc/passwd")), "relative path");
  expect_refused(changed(0, nul("a/..")), "relative path");
  expect_refused(changed(0, nul("")), "relative path");
  expect_refused(changed(0, nul("a\nb")), "relative path");
  expect_refused(changed(0, nul("000/a.bin")), "twice");
  expect_refused(changed(124, "77777777777"), "cut short");
  expect_refused(changed(124, "777777777777"), "cut short");
  expect_refused(changed(124, "\x80"), "unreadable size");
  expect_refused(changed(124, "-0000000005"), "unreadable size");
  for (const char* type : {"1", "2", "3", "x", "L"}) {
    expect_refused(changed(156, type), "only plain files");
  }
  std::string unsealed = changed(0, "1");
  EXPECT_FALSE(parse_tar(bytes_of(unsealed)));
  EXPECT_FALSE(parse_tar(bytes_of(whole + std::string(512, 'x'))));
}

TEST(Tar, WriterRefusesBadNames) {
  TestFolder folder;
  auto tar = TarWriter::create(folder.file("a.tar"));
  ASSERT_TRUE(tar);
  EXPECT_FALSE(tar->add("../a", "x"));
  EXPECT_FALSE(tar->add("", "x"));
  EXPECT_FALSE(tar->add(std::string(101, 'a'), "x"));
  EXPECT_TRUE(tar->add(std::string(100, 'a'), "x"));
  ASSERT_TRUE(tar->finish());
  auto read = TarReader::open(folder.file("a.tar"));
  ASSERT_TRUE(read) << read.error().message();
  EXPECT_EQ(read->entries()[0].name, std::string(100, 'a'));
}

}  // namespace
}  // namespace tutti
