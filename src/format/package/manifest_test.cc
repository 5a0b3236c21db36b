#include "format/package/manifest.h"

#include <gtest/gtest.h>

#include <ctime>

namespace tutti {
namespace {

const std::string kHash(64, 'a');

// A manifest with `more` after its last key.
std::string text(const std::string& more = "", const std::string& reader = "2",
                 const std::string& format = "2") {
  return R"({"format":)" + format + R"(,"min_reader":)" + reader +
         R"(,"spec":{"width":4},"tokenizer":{"kind":"sentencepiece","tensor":"t"},"tensors":{"t":")" +
         kHash + R"("})" + more + "}";
}

void expect_refused(const std::string& json, const std::string& part) {
  const auto manifest = parse_manifest(json);
  ASSERT_FALSE(manifest) << json.substr(0, 200);
  EXPECT_EQ(manifest.error().code(), ErrorCode::bad_input);
  EXPECT_NE(manifest.error().message().find(part), std::string::npos) << manifest.error().message();
}

std::string shards(const std::string& file, const std::string& bytes = "5") {
  return R"(,"shards":[{"file":")" + file + R"(","bytes":)" + bytes + R"(,"sha256":")" + kHash +
         "\"}]";
}

TEST(Manifest, KeepsEverything) {
  Manifest manifest;
  manifest.required = {"shards"};
  manifest.spec_json = R"({"deep":{"a":null,"b":[1,2.5]},"width":4})";
  manifest.tokenizer = {"sentencepiece", "tutti.tokenizer"};
  manifest.tensors = {{"a\"b", kHash}, {"tutti.tokenizer", std::string(64, '0')}};
  manifest.shards = {{"m-1.safetensors", uint64_t(1) << 60, kHash}};
  manifest.adapters = {{"pirate", "w", "w.down", "w.up", -0.25}};
  manifest.signature = {"ed25519", "key 1", "c2ln"};
  manifest.unknown_json = R"({"later":[{"x":1}],"note":"kept"})";
  const std::string json = manifest_json(manifest);
  const auto read = parse_manifest(json);
  ASSERT_TRUE(read) << read.error().message();
  EXPECT_EQ(manifest_json(*read), json);
  EXPECT_EQ(read->spec_json, manifest.spec_json);
  EXPECT_EQ(read->tensors, manifest.tensors);
  EXPECT_EQ(read->shards[0].bytes, uint64_t(1) << 60);
  EXPECT_EQ(read->adapters[0].up, "w.up");
  EXPECT_EQ(read->adapters[0].scale, -0.25);
  EXPECT_EQ(read->signature->key_id, "key 1");
  EXPECT_EQ(read->unknown_json, manifest.unknown_json);
}

TEST(Manifest, ANewerFileSaysWhatItNeeds) {
  expect_refused(text("", "3"), "written for reader 3; this is reader 2; update tutti");
  expect_refused(R"({"format":3,"min_reader":3})", "reader 3");  // the rest may be anything
  expect_refused(text(R"(,"requires":["shards","ropes"])"), "requires \"ropes\"");
  EXPECT_TRUE(parse_manifest(text(R"(,"requires":["shards"])")));
  // A later format that older readers can use.
  const auto later = parse_manifest(text(R"(,"ropes":[1])", "2", "3"));
  ASSERT_TRUE(later) << later.error().message();
  EXPECT_EQ(later->unknown_json, R"({"ropes":[1]})");
}

TEST(Manifest, WhatIsMissingOrOfAnotherTypeIsNamed) {
  expect_refused("", "the manifest is not valid JSON at byte 1");
  expect_refused("[]", "the manifest is not a JSON object");
  expect_refused(text().substr(0, 100), "the manifest is not valid JSON at byte 101");
  expect_refused(text(",\"x\":tru"), "the manifest is not valid JSON at byte ");
  expect_refused("{}", "format");
  expect_refused(text("", "-1"), "min_reader");
  expect_refused(text("", "\"2\""), "min_reader");
  expect_refused(text("", "2", "1"), "format 1");
  for (const std::string key : {"spec", "tokenizer", "tensors"}) {
    std::string json = text();
    json.replace(json.find('"' + key + '"') + 1, 2, "xx");
    expect_refused(json, key);
  }
  expect_refused(text(R"(,"signature":{"algorithm":"x"})"), "signature lacks the text key_id");
  expect_refused(text(R"(,"adapters":{})"), "adapters");
  expect_refused(text(R"(,"adapters":[{"name":"a","target":"t","down":"d","up":"u"}])"), "scale");
  for (const std::string scale : {"1e308", "-1e39", "1.1e6"})
    expect_refused(text(R"(,"adapters":[{"name":"a","target":"t","down":"d","up":"u","scale":)" +
                        scale + "}]"),
                   "at most 1e+06 makes sense");
  expect_refused(
      text(R"(,"adapters":[{"name":"a","target":"t","down":"d","up":"u","scale":1e999}])"),
      "not valid JSON at byte ");
}

TEST(Manifest, HashesAre64Digits) {
  for (const std::string bad : {"", "abc", "G"}) {
    std::string json = text();
    json.replace(json.find(kHash), bad == "G" ? 1 : 64, bad);
    expect_refused(json, "SHA-256");
  }
  expect_refused(R"({"format":2,"min_reader":2,"spec":{},"tokenizer":{"kind":"k","tensor":"t"},)"
                 R"("tensors":1000000000})",
                 "tensors");
}

TEST(Manifest, ShardsLieBesideTheFile) {
  EXPECT_TRUE(parse_manifest(text(shards("model-1.safetensors"))));
  const std::vector<std::string> elsewhere = {
      "../x", "/etc/passwd", "a/b", "..", ".", "a\\\\b", "a\\u0000b", std::string(256, 'a')};
  for (const std::string& file : elsewhere) expect_refused(text(shards(file)), "plain name");
  expect_refused(text(shards("")), "file");
  const std::string one = shards("a"), entry = one.substr(11, one.size() - 12);
  expect_refused(text(",\"shards\":[" + entry + "," + entry + "]"), "listed twice");
}

TEST(Manifest, SizesThatOverflowAreRefused) {
  for (const std::string bytes : {"18446744073709551616", "1e30", "-5", "5.5", "null"})
    expect_refused(text(shards("a", bytes)), "bytes");
  std::string many = ",\"shards\":[0";
  for (int i = 0; i < 10'000; ++i) many += ",0";
  expect_refused(text(many + "]"), "at most 1000 entries");
}

TEST(Manifest, KeysThatStandTwiceAreRefused) {
  expect_refused(text(R"(,"spec":{})"), "gives \"spec\" twice");
  expect_refused(text(R"(,"x":{"y":1,"y":2})"), "gives \"y\" twice");
  std::string json = text();
  json.replace(json.find("{\"t\":"), 1, "{\"t\":\"" + kHash + "\",");
  expect_refused(json, "gives \"t\" twice");
}

TEST(Manifest, NestingHasALimit) {
  const std::string deep(100'000, '[');
  expect_refused(text(",\"x\":" + deep), "nested");
  expect_refused(text(",\"x\":" + std::string(80, '[') + std::string(80, ']')), "nested");
}

std::string repeated(const std::string& piece, int count) {
  std::string all;
  for (int i = 0; i < count; ++i) all += (i ? "," : "") + piece;
  return all;
}

TEST(Manifest, ManyTensorsAreRead) {
  std::string json =
      R"({"format":2,"min_reader":2,"spec":{},"tokenizer":{"kind":"k","tensor":"t"},"tensors":{)";
  for (int i = 0; i < 200'000; ++i)
    json += (i ? ",\"" : "\"") + std::to_string(i) + "\":\"" + kHash + '"';
  const auto manifest = parse_manifest(json + "}}");
  ASSERT_TRUE(manifest) << manifest.error().message();
  EXPECT_EQ(manifest->tensors.size(), 200'000u);
}

TEST(Manifest, MuchIsRefusedByItsNumberAndBytes) {
  expect_refused(text(",\"x\":[" + repeated("{}", 500'000) + "]"), "more than 500000 values");
  expect_refused(text(",\"x\":\"" + std::string(33 << 20, 'x') + "\""),
                 "at most 33554432 are read");
}

// Of this thread, so that it says the same on a busy machine.
double processor_seconds() {
  timespec now = {};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return double(now.tv_sec) + 1e-9 * double(now.tv_nsec);
}

// The time of eight times as many objects, against theirs eight times. Reading them took the square
// of their number: minutes, and eight times as long as allowed here at least.
TEST(Manifest, TimeIsInProportionToTheText) {
  for (const std::string piece : {"{}", "[]"}) {
    const auto seconds = [&](int count) {
      const std::string json = text(",\"x\":[" + repeated(piece, count) + "]");
      double best = 1e9;
      for (int i = 0; i < 2; ++i) {
        const double start = processor_seconds();
        EXPECT_TRUE(parse_manifest(json));
        best = std::min(best, processor_seconds() - start);
      }
      return best;
    };
    const double few = seconds(25'000);
    EXPECT_LT(seconds(200'000), 8 * 4 * few) << piece;
  }
}

TEST(Manifest, AnyCutIsRefused) {
  const std::string json = text(shards("a"));
  for (size_t size = 0; size < json.size(); ++size)
    EXPECT_FALSE(parse_manifest(json.substr(0, size)));
}

}  // namespace
}  // namespace tutti
