#include "format/package/shard_files.h"

#include <gtest/gtest.h>

#include <filesystem>

#include "tests/helpers/test_files.h"

namespace tutti {
namespace {

const std::string kHash(64, 'a');

TEST(ShardFiles, PlainNamesLeadNowhere) {
  for (const std::string name : {"a", "m-1.safetensors", "...", "\xc3\xa9", " ", "-"})
    EXPECT_TRUE(is_plain_name(name)) << name;
  EXPECT_TRUE(is_plain_name(std::string(255, 'a')));
  for (const std::string& name :
       {std::string(), std::string("."), std::string(".."), std::string("a/b"), std::string("/a"),
        std::string("a\\b"), std::string("a\0b", 3), std::string("\xff"), std::string(256, 'a')})
    EXPECT_FALSE(is_plain_name(name)) << name;
}

TEST(ShardFiles, NamesFollowTheContent) {
  Manifest manifest;
  manifest.tensors = {{"v", kHash}, {"w", kHash}};
  const TensorView v{"v", DType::f32, {0}, nullptr, 0}, w{"w", DType::f32, {0}, nullptr, 0};
  const std::string one = *shard_name("/some/m.safetensors", 1, {v, w}, manifest);
  EXPECT_TRUE(one.starts_with("m-1-") && one.ends_with(".safetensors")) << one;
  EXPECT_EQ(one.size(), std::string("m-1-0123456789abcdef.safetensors").size());
  EXPECT_EQ(*shard_name("m.safetensors", 1, {v, w}, manifest), one);
  EXPECT_NE(*shard_name("m.safetensors", 1, {v}, manifest), one);
  manifest.tensors["w"][63] = 'b';
  EXPECT_NE(*shard_name("m.safetensors", 1, {v, w}, manifest), one);
  EXPECT_FALSE(shard_name("m\xff.safetensors", 1, {v}, manifest));
}

TEST(ShardFiles, OnlyWhatIsNotKeptIsRemoved) {
  const TestFolder folder;
  for (const char* name : {"a", "b", "c"}) write_text(folder.file(name), "x");
  remove_shards(folder.file("m"), {"a", "b", "none"}, {"b"});
  EXPECT_FALSE(std::filesystem::exists(folder.file("a")));
  EXPECT_TRUE(std::filesystem::exists(folder.file("b")));
  EXPECT_TRUE(std::filesystem::exists(folder.file("c")));
}

TEST(ShardFiles, WhatIsNoModelHasNone) {
  const TestFolder folder;
  write_text(folder.file("m"), "x");
  EXPECT_TRUE(shards_of(folder.file("m")).empty());
  EXPECT_TRUE(shards_of(folder.file("none")).empty());
  EXPECT_TRUE(shards_of(folder.path()).empty());
}

}  // namespace
}  // namespace tutti
