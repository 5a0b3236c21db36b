// Model files of version 2: written, read again, damaged.
#include "format/package/save_model.h"

#include <gtest/gtest.h>

#include <cmath>
#include <filesystem>
#include <fstream>
#include <limits>
#include <set>

#include "format/package/safetensors_write.h"
#include "format/package/verify_package.h"
#include "tests/helpers/test_files.h"

namespace tutti {
namespace {

TensorView floats(std::string name, std::vector<int64_t> shape, const std::vector<float>& values) {
  return {std::move(name), DType::f32, std::move(shape),
          reinterpret_cast<const std::byte*>(values.data()), values.size() * 4};
}

std::set<std::string> names_in(const TestFolder& folder) {
  std::set<std::string> names;
  for (const auto& entry : std::filesystem::directory_iterator(folder.path()))
    names.insert(entry.path().filename().string());
  return names;
}

class SavedModel : public testing::Test {
 protected:
  void save(const KeptParts& kept = {}, uint64_t most_file_bytes = 0) {
    const Status saved = save_model(
        path_, R"({"width":4})", "# Card", bytes_of("pieces"),
        {floats("w", {3, 4}, w_), floats("w.down", {2, 4}, down_), floats("w.up", {3, 2}, up_)},
        DType::f32, kept, most_file_bytes);
    ASSERT_TRUE(saved) << saved.error().message();
  }
  ModelPackage open() const {
    auto package = ModelPackage::open(path_);
    EXPECT_TRUE(package) << package.error().message();
    return *std::move(package);
  }
  // Opening fails, and the message has all of these.
  void expect_refused(std::initializer_list<std::string> parts) const {
    const auto package = ModelPackage::open(path_);
    ASSERT_FALSE(package);
    EXPECT_EQ(package.error().code(), ErrorCode::bad_input);
    for (const std::string& part : parts)
      EXPECT_NE(package.error().message().find(part), std::string::npos)
          << package.error().message();
  }
  // The same file with this manifest and these tensors.
  void rewrite(const Manifest& manifest, const std::vector<TensorView>& tensors) const {
    ASSERT_TRUE(write_safetensors(
        folder_.file("new"),
        {{"tutti.version", "2"}, {"tutti.manifest", manifest_json(manifest)}, {"tutti.card", ""}},
        tensors));
    std::filesystem::rename(folder_.file("new"), path_);
  }

  const TestFolder folder_;
  const std::string path_ = folder_.file("m.safetensors");
  const std::vector<float> w_ = {1, -2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12};
  const std::vector<float> down_ = {1, 2, 3, 4, 5, 6, 7, 8}, up_ = {1, 2, 3, 4, 5, 6};
};

TEST_F(SavedModel, HasAManifest) {
  save();
  const ModelPackage package = open();
  EXPECT_EQ(package.manifest.format, 2);
  EXPECT_EQ(package.manifest.tokenizer.kind, "sentencepiece");
  EXPECT_EQ(package.manifest.tensors.size(), 4u);
  EXPECT_EQ(package.config_json, R"({"width":4})");
  EXPECT_EQ(*package.read_f32("w", {3, 4}), w_);
  const Status verified = verify_package(package);
  EXPECT_TRUE(verified) << verified.error().message();
}

TEST_F(SavedModel, UnknownPartsAndAdaptersAreKept) {
  KeptParts kept;
  kept.manifest.unknown_json = R"({"later":{"a":[1]}})";
  kept.manifest.adapters = {{"small", "w", "w.down", "w.up", 0.5}};
  kept.manifest.signature = {"ed25519", "k", "v"};
  kept.metadata = {{"other.note", "kept"}};
  save(kept);
  const ModelPackage first = open();
  EXPECT_EQ(first.manifest.signature->value, "v");
  const KeptParts again = kept_parts(first);
  EXPECT_FALSE(again.manifest.signature);
  EXPECT_EQ(again.metadata, kept.metadata);
  save(again);
  const ModelPackage second = open();
  EXPECT_EQ(second.manifest.unknown_json, kept.manifest.unknown_json);
  EXPECT_EQ(second.manifest.adapters[0].scale, 0.5);
  EXPECT_EQ(second.file.metadata().at("other.note"), "kept");
}

TEST_F(SavedModel, AdaptersStayExact) {
  const std::vector<float> w(32 * 32, 0.1f), down(32 * 16, 0.3f), up(32 * 16, 0.7f);
  KeptParts kept;
  kept.manifest.adapters = {{"small", "w", "d", "u", 1}};
  ASSERT_TRUE(
      save_model(path_, "{}", "", {},
                 {floats("w", {32, 32}, w), floats("d", {16, 32}, down), floats("u", {32, 16}, up)},
                 DType::i8, kept));
  const ModelPackage package = open();
  EXPECT_EQ(package.file.find("w")->dtype, DType::i8);
  EXPECT_EQ(package.file.find("d")->dtype, DType::f32);
  EXPECT_EQ(*package.read_f32("u", {32, 16}), up);
}

TEST_F(SavedModel, KeptTensorsStayInTheirType) {
  const std::vector<float> matrix(32 * 32, 0.1f), scales(32, 0.3f);
  KeptParts kept;
  kept.tensors = {floats("kept", {32, 32}, matrix), floats("kept.scale", {32}, scales)};
  ASSERT_TRUE(save_model(path_, "{}", "", {}, {floats("w", {32, 32}, matrix)}, DType::i8, kept));
  const ModelPackage package = open();
  EXPECT_EQ(package.file.find("w")->dtype, DType::i8);
  EXPECT_EQ(*package.read_f32("kept", {32, 32}), matrix);
  EXPECT_EQ(*package.read_f32("kept.scale", {32}), scales);
  const Status verified = verify_package(package);
  EXPECT_TRUE(verified) << verified.error().message();
}

TEST_F(SavedModel, AdaptersFitTheirTargets) {
  for (const auto& adapter : {Manifest::Adapter{"a", "v", "w.down", "w.up", 1},
                              {"a", "w", "v", "w.up", 1},
                              {"a", "w", "tutti.tokenizer", "w.up", 1},
                              {"a", "w", "w.up", "w.down", 1},
                              {"a", "w.up", "w.down", "w.up", 1}}) {
    KeptParts kept;
    kept.manifest.adapters = {adapter};
    save(kept);
    expect_refused({"the adapter \"a\""});
  }
}

TEST_F(SavedModel, ShardsAreOneModel) {
  save({}, 40);  // bytes of tensors a file: w has 48
  const ModelPackage package = open();
  ASSERT_EQ(package.manifest.shards.size(), 3u);
  EXPECT_TRUE(package.manifest.shards[0].file.starts_with("m-1-"));
  EXPECT_EQ(package.file.tensors().size(), 4u);
  EXPECT_EQ(*package.read_f32("w", {3, 4}), w_);
  EXPECT_EQ(*package.read_f32("w.up", {3, 2}), up_);
  const Status verified = verify_package(package);
  EXPECT_TRUE(verified) << verified.error().message();
}

TEST_F(SavedModel, DamagedShardsAreNoticed) {
  save({}, 40);
  const std::string name = open().manifest.shards[1].file, shard = folder_.file(name);
  const auto size = std::filesystem::file_size(shard);
  const std::string whole = [&] {
    std::ifstream in(shard, std::ios::binary);
    return std::string(std::istreambuf_iterator<char>(in), {});
  }();
  for (size_t cut = 0; cut < size; cut += 7) {
    std::filesystem::resize_file(shard, cut);
    EXPECT_FALSE(ModelPackage::open(path_)) << cut;
    std::ofstream(shard, std::ios::binary) << whole;
  }
  {  // As long as it should be, but for a bit of the weights.
    std::string changed = whole;
    changed.back() = char(changed.back() ^ 1);
    std::ofstream(shard, std::ios::binary) << changed;
  }
  const Status verified = verify_package(open());
  ASSERT_FALSE(verified);
  EXPECT_NE(verified.error().message().find(name), std::string::npos);
  // Well formed, and longer.
  std::filesystem::copy_file(folder_.file(open().manifest.shards[0].file), shard,
                             std::filesystem::copy_options::overwrite_existing);
  expect_refused({name, "instead of " + std::to_string(size) + "; copy it again"});
  std::filesystem::remove(shard);
  expect_refused({name});
}

TEST_F(SavedModel, ASaveThatFailsLeavesTheOldModelWhole) {
  save({}, 40);
  const auto first = names_in(folder_);
  std::vector<float> other = w_;
  other[0] = 99;
  const std::vector<TensorView> tensors = {floats("w", {3, 4}, w_), floats("v", {3, 4}, other),
                                           floats("z", {3, 4}, other)};
  const auto replace = [&](const std::string& path) {
    return save_model(path, "{}", "", {}, tensors, DType::f32, {}, 40);
  };
  // The last shard's place is taken by a folder, so those before it are written and it is not.
  const TestFolder elsewhere;
  ASSERT_TRUE(replace(elsewhere.file("m.safetensors")));
  const auto there = ModelPackage::open(elsewhere.file("m.safetensors"));
  ASSERT_TRUE(there);
  ASSERT_EQ(there->manifest.shards.size(), 3u);
  const std::string taken = there->manifest.shards[2].file;
  std::filesystem::create_directories(folder_.file(taken + "/full"));
  ASSERT_FALSE(replace(path_));
  EXPECT_EQ(*open().read_f32("w", {3, 4}), w_);
  EXPECT_TRUE(verify_package(open()));
  std::filesystem::remove_all(folder_.file(taken));
  EXPECT_EQ(names_in(folder_), first);

  ASSERT_TRUE(replace(path_));
  EXPECT_EQ(*open().read_f32("v", {3, 4}), other);
  EXPECT_TRUE(verify_package(open()));
  EXPECT_EQ(names_in(folder_), names_in(elsewhere)) << "shards of the old model are left";
}

TEST_F(SavedModel, WhatIsNotOursIsNotRemoved) {
  save({}, 40);
  const ModelPackage package = open();
  Manifest manifest = package.manifest;
  const std::string other = folder_.file("precious-1-0123456789abcdef.safetensors");
  std::filesystem::copy_file(folder_.file(manifest.shards[0].file), other);
  manifest.shards[0].file = "precious-1-0123456789abcdef.safetensors";
  rewrite(manifest, {*package.file.find("tutti.tokenizer")});
  save();
  EXPECT_TRUE(std::filesystem::exists(other));
}

TEST_F(SavedModel, WhatCouldNotBeReadAgainIsNotWritten) {
  const auto refused = [&](const std::string& path, const std::string& tensor,
                           const KeptParts& kept, uint64_t most, const char* named) {
    const Status saved =
        save_model(path, "{}", "", {}, {floats("w", {3, 4}, w_), floats(tensor, {3, 4}, w_)},
                   DType::f32, kept, most);
    ASSERT_FALSE(saved) << named;
    EXPECT_EQ(saved.error().code(), ErrorCode::usage);
    EXPECT_NE(saved.error().message().find(named), std::string::npos) << saved.error().message();
    EXPECT_TRUE(names_in(folder_).empty());
  };
  KeptParts kept;
  refused(path_, "v\xff", kept, 0, "tensor \"v\\xff\"");
  refused(folder_.file("a\\b.safetensors"), "v", kept, 40, "shards would be named");
  refused(folder_.file(std::string(230, 'm')), "v", kept, 40, "shards would be named");
  kept.manifest.tokenizer.kind = "\xff";
  refused(path_, "v", kept, 0, "of the kind");
  kept.manifest.tokenizer = {"sentencepiece", "\xff"};
  refused(path_, "v", kept, 0, "tensor \"\\xff\"");
  kept.manifest.tokenizer.tensor = "w";
  refused(path_, "v", kept, 0, "two tensors named \"w\"");
  kept.manifest.tokenizer.tensor = "pieces";
  kept.manifest.adapters = {{"", "w", "v", "v", 1}};
  refused(path_, "v", kept, 0, "could not be read again");

  std::vector<TensorView> many;
  for (size_t i = 0; i < kMostShards + 2; ++i)
    many.push_back(floats("w" + std::to_string(i), {1}, w_));
  for (TensorView& tensor : many) tensor.bytes = 4;
  const Status saved = save_model(path_, "{}", "", {}, many, DType::f32, {}, 4);
  ASSERT_FALSE(saved);
  EXPECT_NE(saved.error().message().find("1001 shards"), std::string::npos)
      << saved.error().message();
  EXPECT_TRUE(names_in(folder_).empty());
}

TEST_F(SavedModel, ATensorInTwoFilesIsRefused) {
  save({}, 40);
  const ModelPackage package = open();
  std::vector<TensorView> tensors = {*package.file.find("tutti.tokenizer"),
                                     *package.file.find("w")};
  rewrite(package.manifest, tensors);
  expect_refused({"\"w\" is in two of its files"});
}

TEST_F(SavedModel, TensorsAreThoseOfTheManifest) {
  save();
  const ModelPackage package = open();
  std::vector<TensorView> tensors = package.file.tensors();
  Manifest manifest = package.manifest;
  manifest.tensors["v"] = std::string(64, '0');
  rewrite(manifest, tensors);
  expect_refused({"lacks the tensor \"v\""});
  manifest.tensors["z"] = manifest.tensors.extract("v").mapped();
  rewrite(manifest, tensors);
  expect_refused({"lacks the tensor \"z\""});
  manifest.tensors.erase("z");
  manifest.tensors.erase("w.up");
  rewrite(manifest, tensors);
  expect_refused({"does not list the tensor \"w.up\""});
}

TEST_F(SavedModel, AWrongHashIsFoundByVerifying) {
  save();
  const ModelPackage package = open();
  Manifest manifest = package.manifest;
  manifest.tensors["w"][0] = manifest.tensors["w"][0] == '0' ? '1' : '0';
  rewrite(manifest, package.file.tensors());
  const Status verified = verify_package(open());
  ASSERT_FALSE(verified);
  EXPECT_NE(verified.error().message().find("\"w\""), std::string::npos);
  // The same bytes as another shape are another tensor.
  std::vector<TensorView> tensors = package.file.tensors();
  for (TensorView& tensor : tensors)
    if (tensor.name == "w") tensor.shape = {4, 3};
  rewrite(package.manifest, tensors);
  EXPECT_FALSE(verify_package(open()));
}

TEST_F(SavedModel, OtherTokenizersAreNamed) {
  KeptParts kept;
  kept.manifest.tokenizer = {"byte_bpe", "my.pieces"};
  save(kept);
  EXPECT_EQ(open().manifest.tokenizer.kind, "byte_bpe");
  EXPECT_EQ(open().tokenizer.size(), 6u);
  EXPECT_FALSE(open().file.find("tutti.tokenizer"));
  save(kept_parts(open()));
  EXPECT_EQ(open().manifest.tokenizer.tensor, "my.pieces");
}

TEST_F(SavedModel, EqualModelsAreEqualFiles) {
  const auto bytes = [&] {
    std::ifstream in(path_, std::ios::binary);
    return std::string(std::istreambuf_iterator<char>(in), {});
  };
  save();
  const std::string first = bytes();
  save(kept_parts(open()));
  EXPECT_EQ(bytes(), first);
}

TEST_F(SavedModel, VersionOneHasNoHashes) {
  ASSERT_TRUE(write_safetensors(
      path_, {{"tutti.version", "1"}, {"tutti.config", "{\"width\": 4}"}, {"tutti.card", "c"}},
      {floats("w", {3, 4}, w_), {"tutti.tokenizer", DType::u8, {0}, nullptr, 0}}));
  const ModelPackage package = open();
  EXPECT_EQ(package.manifest.format, 1);
  EXPECT_EQ(package.config_json, "{\"width\": 4}");  // as it stands there
  const Status verified = verify_package(package);
  ASSERT_FALSE(verified);
  EXPECT_NE(verified.error().message().find("tutti convert"), std::string::npos);
  EXPECT_EQ(kept_parts(package).metadata.size(), 0u);
}

TEST_F(SavedModel, ALaterVersionSaysWhichReaderItNeeds) {
  const TensorView tokenizer{"tutti.tokenizer", DType::u8, {0}, nullptr, 0};
  ASSERT_TRUE(write_safetensors(path_,
                                {{"tutti.version", "3"},
                                 {"tutti.manifest", R"({"format":3,"min_reader":3,"spec":7})"},
                                 {"tutti.card", ""}},
                                {tokenizer}));
  expect_refused({"written for reader 3; this is reader 2; update tutti"});
  ASSERT_TRUE(write_safetensors(path_, {{"tutti.version", "9"}, {"tutti.card", ""}}, {tokenizer}));
  expect_refused({"format version \"9\"", "update tutti"});
}

TEST_F(SavedModel, WhatIsNotFiniteIsNotSaved) {
  // The largest float is finite and rounds to infinity in bf16.
  const std::vector<float> w = {std::numeric_limits<float>::max()};
  EXPECT_FALSE(save_model(path_, "{}", "", {}, {floats("w", {1}, w)}, DType::bf16));
  EXPECT_FALSE(std::filesystem::exists(path_));
  EXPECT_TRUE(save_model(path_, "{}", "", {}, {floats("w", {1}, w)}, DType::f32));
  EXPECT_FALSE(save_model(path_, "{", "", {}, {floats("w", {1}, w)}, DType::f32));
  EXPECT_FALSE(save_model(path_, "[]", "", {}, {floats("w", {1}, w)}, DType::f32));
  EXPECT_FALSE(
      save_model(path_, "{}", "", {}, {floats("w", {1}, w), floats("w", {1}, w)}, DType::f32));
}

}  // namespace
}  // namespace tutti
