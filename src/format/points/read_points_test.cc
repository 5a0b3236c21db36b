#include "format/points/read_points.h"

#include <gtest/gtest.h>

#include "tests/helpers/point_checks.h"
#include "tests/helpers/point_files.h"
#include "tests/helpers/test_files.h"

namespace tutti {
namespace {

TEST(ReadPoints, TheSameCloudInEveryFormatGivesTheSamePoints) {
  const TestMesh cloud = test_cloud();
  const auto wanted = read_points(ascii_ply(cloud), "a.ply");
  ASSERT_TRUE(wanted) << wanted.error().message();
  for (const std::string& file :
       {binary_ply(cloud, false), binary_ply(cloud, true), obj_file(cloud), off_file(cloud),
        ascii_pcd(cloud), binary_pcd(cloud)}) {
    const auto other = read_points(file, "");
    ASSERT_TRUE(other) << other.error().message();
    EXPECT_EQ(other->xyz, wanted->xyz);
  }
}

TEST(ReadPoints, TheSameMeshInEveryFormatGivesTheSamePoints) {
  const TestMesh mesh = test_mesh();
  const auto wanted = read_points(ascii_ply(mesh), "a.ply");
  ASSERT_TRUE(wanted) << wanted.error().message();
  EXPECT_EQ(int(wanted->points()), kSurfacePoints);
  for (const std::string& file :
       {binary_ply(mesh, false), binary_ply(mesh, true), obj_file(mesh), off_file(mesh)}) {
    const auto other = read_points(file, "");
    ASSERT_TRUE(other) << other.error().message();
    EXPECT_EQ(other->xyz, wanted->xyz);
  }
}

TEST(ReadPoints, AByteOrderMarkIsNoPartOfAFile) {
  for (const std::string& file : {ascii_ply(test_cloud()), off_file(test_cloud()),
                                  obj_file(test_cloud()), ascii_pcd(test_cloud())})
    expect_points(read_points("\xef\xbb\xbf" + file, ""), read_points(file, "")->xyz);
}

TEST(ReadPoints, ContentCountsBeforeTheName) {
  EXPECT_EQ(point_format(ascii_ply(test_cloud()), "x.obj"), PointFormat::ply);
  EXPECT_EQ(point_format(off_file(test_cloud()), "x.ply"), PointFormat::off);
  EXPECT_EQ(point_format(ascii_pcd(test_cloud()), ""), PointFormat::pcd);
  EXPECT_EQ(point_format("VERSION .7\nFIELDS x y z\n", ""), PointFormat::pcd);
  EXPECT_EQ(point_format(obj_file(test_cloud()), ""), PointFormat::obj);
  EXPECT_EQ(point_format("anything", "X.OBJ"), PointFormat::obj);
  const std::string head = "# " + std::string(5000, 'x') + "\nvn 0 0 1\n";
  EXPECT_EQ(point_format(head + obj_file(test_cloud()), ""), PointFormat::obj);
  EXPECT_FALSE(point_format(head + "what is this\n", ""));
  for (const char* text : {"", "ply", "plywood is wood\n", "o dear\nwhat", "v is a letter\n",
                           "\x89PNG\r\n\x1a\n", "{\"a\": 1}", "Version 7\n"})
    EXPECT_FALSE(point_format(text, "x.txt")) << text;
}

TEST(ReadPoints, MessagesNameTheFileAndWhatItIs) {
  expect_refused(read_points("", "a.ply"), {"a.ply: it is empty"});
  expect_refused(read_points("GIF89a...", "a.ply"), {"a.ply", "\"GIF89a...\"", "OFF and PCD"});
  expect_refused(read_points("ply\nformat ascii 1.0\n", ""), {"the cloud: ", "end_header"});
  expect_refused(read_points(ascii_ply(test_cloud()), "a.ply", {.most_bytes = 10}),
                 {"a.ply", "at most 10"});
  expect_refused(read_points(ascii_ply(test_cloud()), "a.ply", {.most_points = 4}), {"at most 4"});
}

TEST(ReadPoints, FilesAreRead) {
  const TestFolder folder;
  write_text(folder.file("a.off"), off_file(test_cloud()));
  const auto cloud = load_points(folder.file("a.off"));
  ASSERT_TRUE(cloud) << cloud.error().message();
  EXPECT_EQ(cloud->points(), 5u);
  expect_refused(load_points(folder.file("none.off")), {"none.off"});
  expect_refused(load_points(folder.path()), {"not a regular file"});
  write_text(folder.file("empty.obj"), "");
  expect_refused(load_points(folder.file("empty.obj")), {"empty"});
}

}  // namespace
}  // namespace tutti
