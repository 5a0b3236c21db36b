#include "format/package/convert_model.h"

#include <gtest/gtest.h>

#include <cstring>

#include "format/package/safetensors_write.h"
#include "format/package/save_model.h"
#include "format/package/verify_package.h"
#include "tests/helpers/test_files.h"

namespace tutti {
namespace {

// A file as `tutti quantize` wrote it in version 1.
class ConvertModel : public testing::Test {
 protected:
  void SetUp() override {
    const std::vector<TensorView> tensors = {{"b", DType::bf16, {8, 16}, bytes_.data(), 256},
                                             {"f", DType::f32, {4, 4}, bytes_.data(), 64},
                                             {"i", DType::i8, {16, 16}, bytes_.data(), 256},
                                             {"i.scale", DType::f32, {16}, bytes_.data(), 64},
                                             {"tutti.tokenizer", DType::u8, {5}, bytes_.data(), 5}};
    ASSERT_TRUE(write_safetensors(old_,
                                  {{"tutti.version", "1"},
                                   {"tutti.config", R"({ "width": 4 })"},
                                   {"tutti.card", "# Card"},
                                   {"tutti.quantization", "{}"},
                                   {"somebody.else", "7"}},
                                  tensors));
  }
  void expect_same(const ModelPackage& one, const ModelPackage& other) const {
    ASSERT_EQ(one.file.tensors().size(), other.file.tensors().size());
    for (const TensorView& tensor : one.file.tensors()) {
      const TensorView* same = other.file.find(tensor.name);
      ASSERT_TRUE(same) << tensor.name;
      EXPECT_EQ(same->dtype, tensor.dtype);
      EXPECT_EQ(same->shape, tensor.shape);
      ASSERT_EQ(same->bytes, tensor.bytes);
      EXPECT_EQ(std::memcmp(same->data, tensor.data, tensor.bytes), 0) << tensor.name;
    }
    EXPECT_EQ(one.card, other.card);
  }

  const std::vector<std::byte> bytes_ = std::vector<std::byte>(256, std::byte(0x11));
  const TestFolder folder_;
  const std::string old_ = folder_.file("old"), new_ = folder_.file("new.safetensors");
};

TEST_F(ConvertModel, KeepsEveryByteOfTheWeights) {
  for (const uint64_t most_file_bytes : {0, 100}) {
    const Status converted = convert_model(old_, new_, most_file_bytes);
    ASSERT_TRUE(converted) << converted.error().message();
    const auto before = ModelPackage::open(old_), after = ModelPackage::open(new_);
    ASSERT_TRUE(before);
    ASSERT_TRUE(after) << after.error().message();
    expect_same(*before, *after);
    EXPECT_EQ(after->manifest.format, 2);
    EXPECT_EQ(after->config_json, R"({"width":4})");
    EXPECT_EQ(after->file.metadata().at("tutti.quantization"), "{}");
    EXPECT_EQ(after->file.metadata().at("somebody.else"), "7");
    EXPECT_FALSE(after->file.metadata().contains("tutti.config"));
    EXPECT_TRUE(verify_package(*after));
    EXPECT_EQ(after->manifest.shards.empty(), most_file_bytes == 0);
  }
}

TEST_F(ConvertModel, AConvertedFileStaysAsItIs) {
  ASSERT_TRUE(convert_model(old_, new_));
  {
    const auto package = ModelPackage::open(new_);
    ASSERT_TRUE(package);
    KeptParts kept = kept_parts(*package);
    kept.manifest.signature = {"ed25519", "k", "v"};
    kept.manifest.unknown_json = R"({"later":1})";
    kept.manifest.format = 3;  // that reader 2 can read
    ASSERT_TRUE(save_model(new_, package->config_json, package->card, package->tokenizer,
                           {*package->file.find("f")}, DType::f32, kept));
  }
  const std::string again = folder_.file("again.safetensors");
  ASSERT_TRUE(convert_model(new_, again));
  const auto one = ModelPackage::open(new_), other = ModelPackage::open(again);
  ASSERT_TRUE(one);
  ASSERT_TRUE(other);
  EXPECT_EQ(manifest_json(one->manifest), manifest_json(other->manifest));
  EXPECT_EQ(other->manifest.signature->value, "v");
  EXPECT_EQ(other->manifest.format, 3);
}

TEST_F(ConvertModel, WhatIsDamagedGetsNoNewHashes) {
  ASSERT_TRUE(convert_model(old_, new_));
  std::string bytes = read_text(new_);
  bytes[bytes.size() - 20] ^= 1;
  write_text(new_, bytes);
  const std::string again = folder_.file("again.safetensors");
  const Status converted = convert_model(new_, again);
  ASSERT_FALSE(converted);
  EXPECT_NE(converted.error().message().find("does not match its hash"), std::string::npos)
      << converted.error().message();
  EXPECT_FALSE(std::filesystem::exists(again));
}

TEST_F(ConvertModel, WhatIsNoModelIsRefused) {
  EXPECT_FALSE(convert_model(folder_.file("none"), new_));
  EXPECT_FALSE(std::filesystem::exists(new_));
}

}  // namespace
}  // namespace tutti
