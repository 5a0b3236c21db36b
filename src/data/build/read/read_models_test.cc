#include "data/build/read/read_models.h"

#include <gtest/gtest.h>

#include "tests/helpers/test_files.h"

namespace tutti {
namespace {

// Two points, (1, 0, -1) and (-1, 1, 0) of 511ths of 511, in a file whose y points up; the first x
// can be another.
std::string tpc(int x = 511) {
  const auto zigzag = [](int value) { return value < 0 ? -2 * value - 1 : 2 * value; };
  std::string file("TPC1\2\0\12\0", 8);
  for (const auto& [first, second] : {std::pair(x, -511), {0, 511}, {-511, 0}}) {
    const int a = zigzag(first), b = zigzag(second - first);
    for (int shift : {0, 8})
      for (int value : {a, b}) file += char(value >> shift);
  }
  return file;
}

TEST(ReadModels, PackedPointsAreUnpackedAndStandUpright) {
  const auto xyz = parse_tpc(tpc());
  ASSERT_TRUE(xyz) << xyz.error().message();
  EXPECT_EQ(*xyz, (std::vector<float>{1, 1, 0, -1, 0, 1}));
}

TEST(ReadModels, DamagedFilesAreRefused) {
  for (size_t length = 0; length < tpc().size(); ++length)
    EXPECT_FALSE(parse_tpc(tpc().substr(0, length))) << length;
  EXPECT_FALSE(parse_tpc(tpc() + "x"));
  EXPECT_FALSE(parse_tpc(std::string("TPC1\0\0\12\0", 8)));
  std::string huge = tpc();
  huge[4] = huge[5] = char(0xff);
  EXPECT_FALSE(parse_tpc(huge));
  for (const int far : {512, -512, 32767, -32768}) {
    const auto wrong = parse_tpc(tpc(far));
    ASSERT_FALSE(wrong) << far;
    EXPECT_NE(wrong.error().message().find("point 1 of 2 lies at " + std::to_string(far)),
              std::string::npos);
  }
}

TEST(ReadModels, KindsOfThings) {
  EXPECT_EQ(kind_of_thing("Glass table"), "table");
  EXPECT_EQ(kind_of_thing("Sitting female"), "person");
  EXPECT_EQ(kind_of_thing("Couch"), "sofa");
  EXPECT_EQ(kind_of_thing(""), "");
}

TEST(ReadModels, DrawingsThatDifferInANumberAreOneIdentity) {
  for (int i = 0; i < 50; ++i) {
    const std::string stem = "points/thing" + std::string(1, char('a' + i % 26)) + "_";
    EXPECT_EQ(split_point_model(stem + "1.tpc"), split_point_model(stem + "22.tpc"));
  }
  int held_out = 0;
  for (int i = 0; i < 1000; ++i)
    held_out += split_point_model("p" + std::to_string(i) + "x.tpc") == Split::eval;
  EXPECT_NEAR(held_out, 200, 4 * 13);
}

TEST(ReadModels, ReadsTheTable) {
  const TestFolder folder;
  std::filesystem::create_directory(folder.file("points"));
  write_text(folder.file("points/a1.tpc"), tpc());
  write_text(folder.file("labels.tsv"), "file\tname_en\tclass\npoints/a1.tpc\tBig Couch\tRoom\n");
  const auto records = read_point_models(folder.path());
  ASSERT_TRUE(records) << records.error().message();
  ASSERT_EQ(records->size(), 1u);
  EXPECT_EQ((*records)[0].name, "big couch");
  EXPECT_EQ((*records)[0].label, "sofa");
  EXPECT_EQ((*records)[0].xyz.size(), 6u);
  write_text(folder.file("points/a1.tpc"), "TPC2");
  EXPECT_NE(read_point_models(folder.path()).error().message().find("a1.tpc"), std::string::npos);
}

}  // namespace
}  // namespace tutti
