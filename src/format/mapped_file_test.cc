// Files as memory: mapped, and copied where others may cut them short.
#include "format/mapped_file.h"

#include "tests/helpers/test_files.h"

namespace tutti {
namespace {

std::string text_of(const MappedFile& file) {
  return {reinterpret_cast<const char*>(file.bytes().data()), file.bytes().size()};
}

TEST(MappedFile, HoldsAFileEitherWay) {
  const TestFolder folder;
  const std::string whole(300000, 'x');
  std::ofstream(folder.file("whole")) << whole;
  std::ofstream(folder.file("empty")).flush();
  for (const Hold hold : {Hold::mapped, Hold::copied}) {
    MappedFile file = *MappedFile::open(folder.file("whole"), hold);
    ASSERT_TRUE(file.fill(1000));
    EXPECT_EQ(text_of(file).substr(0, 1000), whole.substr(0, 1000));
    ASSERT_TRUE(file.fill());
    EXPECT_EQ(text_of(file), whole);
    EXPECT_TRUE(MappedFile::open(folder.file("empty"), hold)->bytes().empty());
    EXPECT_EQ(MappedFile::open(folder.file("none"), hold).error().code(), ErrorCode::bad_input);
    EXPECT_EQ(MappedFile::open(folder.path(), hold).error().code(), ErrorCode::bad_input);
  }
}

TEST(MappedFile, ACopyStaysWhatItWas) {
  const TestFolder folder;
  const std::string path = folder.file("cut"), whole(300000, 'x');
  std::ofstream(path) << whole;
  MappedFile copy = *MappedFile::open(path, Hold::copied);
  ASSERT_TRUE(copy.fill());
  std::filesystem::resize_file(path, 0);
  EXPECT_EQ(text_of(copy), whole);
}

TEST(MappedFile, AFileThatIsCutBeforeItsCopyIsFullIsRefused) {
  const TestFolder folder;
  const std::string path = folder.file("cut");
  std::ofstream(path) << std::string(300000, 'x');
  MappedFile copy = *MappedFile::open(path, Hold::copied);
  ASSERT_TRUE(copy.fill(1000));
  std::filesystem::resize_file(path, 2000);
  const Status cut = copy.fill();
  ASSERT_FALSE(cut);
  EXPECT_EQ(cut.error().code(), ErrorCode::bad_input);
  EXPECT_NE(cut.error().message().find(path + " became shorter"), std::string::npos);
}

TEST(MappedFile, AStampIsOfTheFileThatIsOpen) {
  const TestFolder folder;
  const std::string path = folder.file("one"), other = folder.file("other");
  std::ofstream(path) << "first";
  const MappedFile file = *MappedFile::open(path);
  EXPECT_EQ(file.stamp(), FileStamp::of(path));
  std::ofstream(other) << "other";
  std::filesystem::rename(other, path);
  EXPECT_NE(file.stamp(), FileStamp::of(path));
  EXPECT_EQ(FileStamp::of(folder.file("none")), FileStamp());
}

}  // namespace
}  // namespace tutti
