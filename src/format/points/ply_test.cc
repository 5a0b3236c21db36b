#include "format/points/ply.h"

#include <gtest/gtest.h>

#include <cmath>

#include "tests/helpers/point_checks.h"
#include "tests/helpers/point_files.h"

namespace tutti {
namespace {

std::string with_vertices(const std::string& format, const std::string& properties,
                          const std::string& body, const std::string& count = "2") {
  return "ply\nformat " + format + " 1.0\nelement vertex " + count + "\n" + properties +
         "end_header\n" + body;
}

const std::string kPlaces = "property float x\nproperty float y\nproperty float z\n";

TEST(Ply, ReadsEveryEncodingAlike) {
  const std::vector<float> wanted = read_ply(ascii_ply(test_cloud()))->xyz;
  EXPECT_EQ(wanted.size(), 15u);
  EXPECT_EQ(wanted[14], 2);
  expect_points(read_ply(binary_ply(test_cloud(), false)), wanted);
  expect_points(read_ply(binary_ply(test_cloud(), true)), wanted);
}

TEST(Ply, AMeshBecomesPointsOnItsSurface) {
  const auto text = read_ply(ascii_ply(test_mesh()));
  ASSERT_TRUE(text) << text.error().message();
  EXPECT_EQ(int(text->points()), kSurfacePoints);
  expect_points(read_ply(binary_ply(test_mesh(), true)), text->xyz);
}

TEST(Ply, LineEndsMayBeThoseOfWindows) {
  std::string file = ply_header("binary_little_endian", 2, 0), windows;
  for (char c : file) windows += c == '\n' ? std::string("\r\n") : std::string(1, c);
  for (float value : {0, 10, 13, 1, 2, 3}) windows += raw(value);
  expect_places(read_ply(windows), {0, 10, 13, 1, 2, 3});
}

TEST(Ply, PropertiesComeInAnyOrderAndType) {
  const std::string properties =
      "property uchar red\nproperty double z\nproperty list uchar short ring\n"
      "property short y\nproperty uchar green\nproperty uchar blue\nproperty int x\n";
  const auto point = [](uint8_t red, double z, int16_t y, int32_t x) {
    return raw(red) + raw(z) + raw(uint8_t(2)) + raw(int16_t(8)) + raw(int16_t(9)) + raw(y) +
           raw(uint8_t(7)) + raw(uint8_t(8)) + raw(x);
  };
  const auto cloud = read_ply(with_vertices("binary_little_endian", properties,
                                            point(200, 1.5, -2, 70000) + point(100, 2.5, 4, -5)));
  expect_places(cloud, {70000, -2, 1.5, -5, 4, 2.5});
}

// Splats and scans have dozens of properties: what they hold is nobody's.
TEST(Ply, OtherPropertiesMayHoldAnyNumber) {
  const std::string properties = kPlaces + "property float red\nproperty list uchar int ring\n";
  expect_places(read_ply(with_vertices("ascii", properties, "0 0 0 7 2 8 9\n1 2 3 nan 0\n")),
                {0, 0, 0, 1, 2, 3});
}

TEST(Ply, ALineThatIsTooLongOrTooShortMovesNoOtherPoint) {
  expect_refused(read_ply(with_vertices("ascii", kPlaces, "0 0 0 7\n1 2 3\n")),
                 {"line 8", "\"7\"", "\"vertex\" 1 of 2", "one too many"});
  expect_refused(read_ply(with_vertices("ascii", kPlaces, "0.0 0.0 0.0\n1 2\n3 4.5 5\n", "3")),
                 {"line 10", "\"4.5\"", "\"vertex\" 2 of 3", "one too few"});
  expect_refused(read_ply(with_vertices("ascii", kPlaces, "0 0 0\r\nx 2 3\r\n")), {"line 9"});
  expect_places(read_ply(with_vertices("ascii", kPlaces, "\n0 0 0 \r\n\r\n1 2 3")),
                {0, 0, 0, 1, 2, 3});
}

TEST(Ply, MoreThanTheHeaderPromisesIsRefused) {
  expect_refused(read_ply(with_vertices("ascii", kPlaces, "0 0 0\n1 2 3\n\n4 5 6\n")),
                 {"line 11", "\"4\"", "promises"});
  std::string points;
  for (float value : {0, 0, 0, 1, 2, 3}) points += raw(value);
  const std::string file = with_vertices("binary_little_endian", kPlaces, points);
  expect_refused(read_ply(file + raw(4.f)), {"4 bytes", "promises"});
  expect_places(read_ply(file + std::string("\n\0\0", 3)), {0, 0, 0, 1, 2, 3});
}

TEST(Ply, ValuesHaveTheTypeThatTheHeaderNames) {
  const auto read = [](const std::string& type, const std::string& value) {
    return read_ply(with_vertices("ascii", kPlaces + "property " + type + " a\n",
                                  "0 0 0 1\n1 2 3 " + value + "\n"));
  };
  expect_refused(read("uchar", "256"), {"line 10", "\"256\"", "a uchar"});
  expect_refused(read("uchar", "-1"), {"a uchar"});
  expect_refused(read("char", "128"), {"a char"});
  expect_refused(read("ushort", "1e5"), {"a ushort"});
  expect_refused(read("int", "0.5"), {"an int"});
  expect_refused(read("uint", "4294967296"), {"a uint"});
  for (const auto& [type, value] : std::vector<std::pair<std::string, std::string>>{
           {"uchar", "255"}, {"char", "-128"}, {"uint", "4294967295"}, {"float", "256"}})
    EXPECT_TRUE(read(type, value)) << type;
}

TEST(Ply, OtherElementsArePassedOver) {
  const auto cloud = read_ply(
      "ply\nformat ascii 1.0\nelement camera 1\nproperty float fov\nproperty list int float m\n"
      "element nothing 4000000000\nelement vertex 2\n" +
      kPlaces + "element edge 1\nproperty int a\nend_header\n60 2 8 9\n0 0 0\n1 2 3\n5\n");
  expect_places(cloud, {0, 0, 0, 1, 2, 3});
}

// Nothing may be reserved for them: the test has no gigabytes.
TEST(Ply, PromisesBeyondTheFileAreRefused) {
  const std::string many = "1000000000";
  for (const char* format : {"ascii", "binary_little_endian"})
    expect_refused(read_ply(with_vertices(format, kPlaces, "0 0 0 1 1 1", many)),
                   {"1000000000 points", "at most"});
  expect_refused(read_ply(with_vertices("ascii", kPlaces, "0 0 0 1 1 1", "2000000")),
                 {"promises 2000000", "11 bytes"});
  const std::string faces = with_vertices(
      "binary_little_endian",
      kPlaces + "element face 999999999999\n" + "property list int int vertex_index\n",
      std::string(24, '\0'));
  expect_refused(read_ply(faces), {"promises 999999999999 of \"face\""});
}

TEST(Ply, HugeNegativeAndBrokenListsAreRefused) {
  const auto face = [](const std::string& types, const std::string& body) {
    return read_ply("ply\nformat binary_little_endian 1.0\nelement vertex 2\n" + kPlaces +
                    "element face 1\nproperty list " + types + " vertex_indices\nend_header\n" +
                    raw(0.f) + raw(0.f) + raw(0.f) + raw(1.f) + raw(1.f) + raw(1.f) + body);
  };
  expect_refused(face("uint int", raw(uint32_t(4'000'000'000)) + raw(int32_t(0))), {"cut short"});
  expect_refused(face("int int", raw(int32_t(-3)) + raw(int32_t(0))), {"negative"});
  expect_refused(face("double int", raw(1e300) + raw(int32_t(0))), {"vertex_indices"});
  expect_refused(face("uchar int", raw(uint8_t(1)) + raw(int32_t(-1))), {"negative"});
  expect_refused(face("uchar float", raw(uint8_t(1)) + raw(0.5f)), {"whole number"});
  expect_refused(face("uchar int", raw(uint8_t(1)) + raw(int32_t(2))), {"number 3", "2 points"});
  expect_refused(face("uchar uint", raw(uint8_t(1)) + raw(UINT32_MAX)), {"point 4294967295"});
}

TEST(Ply, TheLengthOfAListIsRefusedByItsPlace) {
  const auto faces = [](const std::string& format, const std::string& body) {
    return read_ply("ply\nformat " + format + " 1.0\nelement vertex 2\n" + kPlaces +
                    "element face 2\nproperty list uchar int vertex_indices\nend_header\n" + body);
  };
  expect_refused(faces("ascii", "0 0 0\n1 1 1\n1 0\nx 0 1\n"), {"line 13", "\"x\"", "a uchar"});
  std::string cut;
  for (float value : {0, 0, 0, 1, 1, 1}) cut += raw(value);
  cut += raw(uint8_t(1)) + raw(int32_t(0));
  expect_refused(faces("binary_little_endian", cut), {"\"face\" 2 of 2", "cut short"});
}

TEST(Ply, TextThatIsNoneIsRefused) {
  expect_refused(read_ply(with_vertices("ascii", kPlaces, std::string(24, '\1'))),
                 {"\\x01", "binary"});
  expect_refused(read_ply(with_vertices("ascii", kPlaces, "0 0 0\n1 1 nan")), {"nan", "point 2"});
  expect_refused(read_ply(with_vertices("ascii", kPlaces, "0 0 0\ninf 1 1")), {"inf", "point 2"});
  expect_refused(read_ply(with_vertices("ascii", kPlaces, "0 0 0 1 1")), {"promises 2"});
  expect_refused(read_ply(with_vertices("ascii", kPlaces, "0.0 0 0\n1 1 ")), {"in the middle"});
  expect_refused(read_ply(with_vertices(
                     "binary_big_endian", kPlaces,
                     raw(0.f) + raw(0.f) + raw(0.f) + raw(NAN, true) + raw(0.f) + raw(0.f))),
                 {"nan"});
}

TEST(Ply, HeadersAreChecked) {
  expect_refused(read_ply("plx\n"), {"PLY"});
  expect_refused(read_ply("ply\nformat ascii 1.0\nelement vertex 2\n"), {"end_header"});
  expect_refused(read_ply("ply\nelement vertex 0\nend_header\n"), {"format"});
  expect_refused(read_ply("ply\nformat utf8 1.0\n"), {"utf8", "binary_big_endian"});
  expect_refused(read_ply("ply\nformat ascii 1.0\nend_header\n"), {"no points"});
  expect_refused(read_ply("ply\nformat ascii 1.0\nproperty float x\n"), {"no element"});
  expect_refused(read_ply("ply\nformat ascii 1.0\nelement vertex -1\n"), {"\"-1\""});
  expect_refused(read_ply("ply\nformat ascii 1.0\nelement a 1\nelement a 1\n"), {"second time"});
  expect_refused(read_ply(with_vertices("ascii", "property float x\nproperty float x\n", "")),
                 {"line 5", "\"x\" a second time"});
  expect_refused(read_ply(with_vertices("ascii", "property half x\n", "")), {"half", "float"});
  expect_refused(
      read_ply(with_vertices("ascii", "property float x\nproperty float why\n", "1 1 1 1")),
      {"x, why"});
  expect_refused(read_ply(with_vertices("ascii", "property list uchar float x\n", "1 1 1 1")),
                 {"lists of x"});
  expect_refused(read_ply("ply\nformat ascii 1.0\nwhatever\n"), {"whatever"});
  expect_refused(read_ply("ply\nformat ascii 1.0\nformat ascii 1.0\n"), {"line 3", "second line"});
  expect_refused(read_ply("ply\nformat ascii 9.7\n"), {"line 2", "\"9.7\"", "version 1.0"});
  expect_refused(read_ply("ply\nformat ascii 1.0 or so\n"), {"line 2", "\"or\""});
  for (const char* line :
       {"format", "format ascii", "element", "element vertex", "property", "property float",
        "property list", "property list int", "property list int int"})
    expect_refused(read_ply(std::string("ply\n") +
                            (std::string(line).starts_with("property") ? "element a 1\n" : "") +
                            line + "\nend_header\n"),
                   {"ends where"});
  std::string elements = "ply\nformat ascii 1.0\n", properties = elements + "element vertex 1\n";
  for (int i = 0; i < 300; ++i) {
    elements += "element e" + std::to_string(i) + " 0\n";
    properties += "property float p" + std::to_string(i) + "\n";
  }
  expect_refused(read_ply(elements), {"64 elements"});
  expect_refused(read_ply(properties), {"256 properties"});
}

TEST(Ply, CutAnywhereItIsRefusedOrRead) {
  for (const std::string& file : {ascii_ply(test_mesh()), binary_ply(test_mesh(), false)})
    for (size_t length = 0; length < file.size(); ++length) {
      const auto cloud = read_ply(std::string_view(file).substr(0, length));
      // The last digit and line end of a text may be missing without harm.
      const bool whole = length + 2 >= file.size();
      EXPECT_TRUE(cloud ? whole : cloud.error().code() == ErrorCode::bad_input) << length;
    }
}

}  // namespace
}  // namespace tutti
