#include "format/package/safetensors.h"

#include <gtest/gtest.h>

#include <bit>
#include <cstring>
#include <limits>

#include "format/package/safetensors_header.h"
#include "format/package/safetensors_write.h"
#include "format/package/tensor_view.h"
#include "tests/helpers/test_files.h"

namespace tutti {
namespace {

std::string with_header(const std::string& header, size_t data_bytes) {
  std::string file(8, '\0');
  for (int i = 0; i < 8; ++i) file[i] = char(uint64_t(header.size()) >> (8 * i));
  return file + header + std::string(data_bytes, '\1');
}

std::string entry(const std::string& dtype, const std::string& shape, const std::string& offsets) {
  return R"({"dtype":")" + dtype + R"(","shape":)" + shape + R"(,"data_offsets":)" + offsets + "}";
}

template <class T>
TensorView view(std::string name, DType dtype, std::vector<int64_t> shape,
                const std::vector<T>& values) {
  return {std::move(name), dtype, std::move(shape),
          reinterpret_cast<const std::byte*>(values.data()), values.size() * sizeof(T)};
}

// Expects a refusal as bad input whose message holds `part`.
void expect_refused(const std::string& file, const std::string& part) {
  auto content = parse_safetensors(bytes_of(file));
  ASSERT_FALSE(content) << "accepted; wanted a refusal about: " << part;
  EXPECT_EQ(content.error().code(), ErrorCode::bad_input);
  EXPECT_NE(content.error().message().find(part), std::string::npos) << content.error().message();
}

std::string small_file(const TestFolder& folder) {
  const std::vector<float> a = {1, 2, 3, 4, 5, 6};
  const std::vector<int8_t> b = {-1, 2, -3};
  const std::string path = folder.file("small.safetensors");
  EXPECT_TRUE(write_safetensors(path, {{"purpose", "test"}},
                                {view("b", DType::i8, {3}, b), view("a", DType::f32, {2, 3}, a)}));
  return path;
}

TEST(Safetensors, ReadsWhatItWrote) {
  TestFolder folder;
  auto opened = SafetensorsFile::open(small_file(folder));
  ASSERT_TRUE(opened) << opened.error().message();
  const SafetensorsFile file = *std::move(opened);  // tensors stay valid when the file is moved
  EXPECT_EQ(file.metadata().at("purpose"), "test");
  ASSERT_EQ(file.tensors().size(), 2u);
  const TensorView* a = file.find("a");
  ASSERT_TRUE(a);
  EXPECT_EQ(a->dtype, DType::f32);
  EXPECT_EQ(a->shape, (std::vector<int64_t>{2, 3}));
  EXPECT_EQ(reinterpret_cast<uintptr_t>(a->data) % 64, 0u);
  float last;
  std::memcpy(&last, a->data + 20, 4);
  EXPECT_EQ(last, 6);
  EXPECT_EQ(std::to_integer<int>(file.find("b")->data[2]), 253);
  EXPECT_EQ(file.find("c"), nullptr);
}

TEST(Safetensors, BytesDependOnContentAlone) {
  TestFolder folder;
  const std::vector<int64_t> x = {1, 2};
  const std::vector<uint8_t> y = {7};
  const auto tx = view("x", DType::i64, {2}, x);
  const auto ty = view("y", DType::u8, {}, y);
  ASSERT_TRUE(write_safetensors(folder.file("1"), {{"k", "v"}, {"a", "b"}}, {tx, ty}));
  ASSERT_TRUE(write_safetensors(folder.file("2"), {{"a", "b"}, {"k", "v"}}, {ty, tx}));
  EXPECT_EQ(read_text(folder.file("1")), read_text(folder.file("2")));
}

TEST(Safetensors, EveryTypeIsAlignedToItsElements) {
  TestFolder folder;
  const std::vector<uint8_t> bytes(64, 1);
  std::vector<TensorView> tensors;
  for (DType dtype : {DType::u8, DType::bf16, DType::i64, DType::f16, DType::i32, DType::i8}) {
    tensors.push_back({std::string(dtype_name(dtype)),
                       dtype,
                       {3},
                       reinterpret_cast<const std::byte*>(bytes.data()),
                       3 * dtype_bytes(dtype)});
  }
  ASSERT_TRUE(write_safetensors(folder.file("a"), {}, tensors));
  auto file = SafetensorsFile::open(folder.file("a"));
  ASSERT_TRUE(file) << file.error().message();
  ASSERT_EQ(file->tensors().size(), 6u);
  for (const TensorView& tensor : file->tensors()) {
    EXPECT_EQ(reinterpret_cast<uintptr_t>(tensor.data) % dtype_bytes(tensor.dtype), 0u);
  }
}

TEST(Safetensors, RefusesTruncationAtEveryByteAndTrailingBytes) {
  TestFolder folder;
  const std::string whole = read_text(small_file(folder));
  ASSERT_TRUE(parse_safetensors(bytes_of(whole)));
  for (size_t size = 0; size < whole.size(); ++size) {
    // Through the file too, so that the map of the short file is what gets read.
    const std::string path = folder.file("cut");
    write_text(path, whole.substr(0, size));
    EXPECT_FALSE(SafetensorsFile::open(path)) << "cut to " << size << " bytes";
  }
  expect_refused(whole + "x", "belong to no tensor");
}

TEST(Safetensors, SurvivesEveryBitFlip) {
  TestFolder folder;
  const std::string whole = read_text(small_file(folder));
  int accepted = 0;
  for (size_t bit = 0; bit < whole.size() * 8; ++bit) {
    std::string copy = whole;
    copy[bit / 8] = char(copy[bit / 8] ^ (1 << bit % 8));
    auto content = parse_safetensors(bytes_of(copy));
    if (!content) continue;
    ++accepted;
    for (const TensorView& tensor : content->tensors) {
      EXPECT_GE(tensor.data, bytes_of(copy).data());
      EXPECT_LE(tensor.data + tensor.bytes, bytes_of(copy).data() + copy.size());
    }
  }
  EXPECT_GT(accepted, 0);  // flips within the values
}

TEST(Safetensors, RefusesAbsurdHeaderSizes) {
  for (uint64_t size :
       {uint64_t(3), uint64_t(100'000'001), uint64_t(1) << 63, ~uint64_t(0), ~uint64_t(0) - 7}) {
    std::string file = with_header("{}", 0);
    std::memcpy(file.data(), &size, 8);
    expect_refused(file, "header claims");
  }
  expect_refused("", "too few");
}

TEST(Safetensors, RefusesHeadersThatAreNotTensorLists) {
  expect_refused(with_header("", 0), "JSON");
  expect_refused(with_header("{", 0), "JSON");
  expect_refused(with_header("{} {}", 0), "JSON");
  expect_refused(with_header("[]", 0), "a list");
  expect_refused(with_header("7", 0), "a number");
  expect_refused(with_header(R"({"a":null})", 0), "null");
  expect_refused(with_header(R"({"a":{"b":{}}})", 0), "an object");
  expect_refused(with_header(R"({"__metadata__":{"k":1}})", 0), "a number");
  expect_refused(with_header(R"({"__metadata__":{"k":"1","k":"2"}})", 0), "repeated");
  expect_refused(with_header(R"({"__metadata__":{},"__metadata__":{}})", 0), "repeated");
  expect_refused(with_header(R"({"a":{}})", 0), "lacks");
  expect_refused(with_header("{\"\":" + entry("U8", "[1]", "[0,1]") + "}", 1), "empty name");
  expect_refused(with_header("{\"\xff\":1}", 0), "JSON");
  expect_refused(with_header(std::string(1'000'000, '['), 0), "a list");
  std::string nested;
  for (int i = 0; i < 100'000; ++i) nested += R"({"a":)";
  expect_refused(with_header(nested, 0), "an object");
}

TEST(Safetensors, RefusesBadTensors) {
  const auto one = [](const std::string& dtype, const std::string& shape, const std::string& at) {
    return with_header("{\"w\":" + entry(dtype, shape, at) + "}", 16);
  };
  ASSERT_TRUE(parse_safetensors(bytes_of(one("F32", "[2,2]", "[0,16]"))));
  expect_refused(one("F64", "[2]", "[0,16]"), "type \"F64\"");
  expect_refused(one("F32", "[3]", "[0,16]"), "needs 12 bytes");
  expect_refused(one("F32", "[-4]", "[0,16]"), "negative");
  expect_refused(one("F32", "[4.0]", "[0,16]"), "fraction");
  expect_refused(one("F32", "[4]", "[0,17]"), "cut short");
  expect_refused(one("F32", "[4]", "[16,0]"), "cut short");
  expect_refused(one("F32", "[4]", "[0,16,0]"), "two data_offsets");
  expect_refused(one("F32", "[4]", "[18446744073709551600,18446744073709551615]"), "cut short");
  // 2^62 * 4 * 4 bytes is 0 modulo 2^64.
  expect_refused(one("F32", "[4611686018427387904,4]", "[0,0]"), "impossible");
  expect_refused(one("F32", "[18446744073709551615]", "[0,16]"), "impossible");
  expect_refused(one("F32", "[1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,4]", "[0,16]"), "more than 16");
}

TEST(Safetensors, RefusesOverlapsHolesAndDuplicates) {
  const auto two = [](const std::string& name, const std::string& first,
                      const std::string& second) {
    return with_header("{\"a\":" + entry("U8", "[4]", first) + ",\"" + name +
                           "\":" + entry("U8", "[4]", second) + "}",
                       8);
  };
  ASSERT_TRUE(parse_safetensors(bytes_of(two("b", "[4,8]", "[0,4]"))));
  expect_refused(two("b", "[0,4]", "[2,6]"), "overlaps");
  expect_refused(two("b", "[0,4]", "[0,4]"), "overlaps");
  expect_refused(two("b", "[1,5]", "[4,8]"), "hole");
  expect_refused(two("b", "[4,8]", "[4,8]"), "hole");
  expect_refused(two("a", "[0,4]", "[4,8]"), "twice");
}

TEST(Safetensors, FindsWhatIsNotFinite) {
  std::vector<float> values = {1, std::numeric_limits<float>::max(), -0.0f};
  EXPECT_TRUE(validate_finite(view("w", DType::f32, {3}, values)));
  values[2] = std::numeric_limits<float>::quiet_NaN();
  const auto status = validate_finite(view("w", DType::f32, {3}, values));
  ASSERT_FALSE(status);
  EXPECT_NE(status.error().message().find("\"w\""), std::string::npos);
  EXPECT_NE(status.error().message().find("element 2"), std::string::npos);
  EXPECT_FALSE(validate_finite(view("h", DType::f16, {1}, std::vector<uint16_t>{0xfc00})));
  EXPECT_TRUE(validate_finite(view("h", DType::f16, {1}, std::vector<uint16_t>{0x7bff})));
  EXPECT_FALSE(validate_finite(view("b", DType::bf16, {1}, std::vector<uint16_t>{0x7f81})));
  EXPECT_TRUE(validate_finite(view("i", DType::i32, {1}, std::vector<int32_t>{-1})));
}

TEST(Safetensors, WriterRefusesNonsense) {
  TestFolder folder;
  const std::vector<float> values = {1, 2};
  const auto tensor = view("w", DType::f32, {2}, values);
  const std::string path = folder.file("a");
  EXPECT_FALSE(write_safetensors(path, {}, {tensor, tensor}));
  EXPECT_FALSE(write_safetensors(path, {}, {view("w", DType::f32, {3}, values)}));
  EXPECT_FALSE(write_safetensors(path, {}, {view("w", DType::f32, {-2}, values)}));
  EXPECT_FALSE(write_safetensors(path, {}, {view("__metadata__", DType::f32, {2}, values)}));
  EXPECT_FALSE(write_safetensors(path, {{"k", "\xff"}}, {tensor}));
  EXPECT_FALSE(std::filesystem::exists(path));
}

TEST(Safetensors, RefusesWhatIsNotAFile) {
  TestFolder folder;
  EXPECT_FALSE(SafetensorsFile::open(folder.path()));
  EXPECT_FALSE(SafetensorsFile::open(folder.file("missing")));
}

}  // namespace
}  // namespace tutti
