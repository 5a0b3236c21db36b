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
    EXPECT_EQ(text_of(*MappedFile::open(folder.file("whole"), hold)), whole);
    EXPECT_TRUE(MappedFile::open(folder.file("empty"), hold)->bytes().empty());
    EXPECT_EQ(MappedFile::open(folder.file("none"), hold).error().code(), ErrorCode::bad_input);
    EXPECT_EQ(MappedFile::open(folder.path(), hold).error().code(), ErrorCode::bad_input);
  }
}

TEST(MappedFile, ACopyStaysWhatItWas) {
  const TestFolder folder;
  const std::string path = folder.file("cut"), whole(300000, 'x');
  std::ofstream(path) << whole;
  const MappedFile copy = *MappedFile::open(path, Hold::copied);
  std::filesystem::resize_file(path, 0);
  EXPECT_EQ(text_of(copy), whole);
}

}  // namespace
}  // namespace tutti
