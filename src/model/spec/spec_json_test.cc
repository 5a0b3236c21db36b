#include "model/spec/spec_json.h"

#include <gtest/gtest.h>

namespace tutti {
namespace {

void expect_refused(const std::string& json, const std::string& named) {
  const auto config = parse_model_spec(json);
  ASSERT_FALSE(config) << json;
  EXPECT_EQ(config.error().code(), ErrorCode::bad_input);
  EXPECT_NE(config.error().message().find(named), std::string::npos) << config.error().message();
}

TEST(ModelSpec, WhatIsWrittenIsRead) {
  ModelSpec config;
  config.logit_cap = 0.1f;  // no double is that float's text: it must come back all the same
  config.layers = 4;
  config.modality("paint").guidance = 3.3f;
  config.modality("paint").until = {1, 0.3f, 1, 1};
  const auto read = parse_model_spec(model_spec_json(config));
  ASSERT_TRUE(read) << read.error().message();
  EXPECT_EQ(read->logit_cap, 0.1f);
  EXPECT_EQ(read->groups, config.groups);
  EXPECT_EQ(read->modalities, config.modalities);
  EXPECT_EQ(read->heads, config.heads);
  EXPECT_EQ(model_spec_json(*read), model_spec_json(config));
}

// A number may be finite in the file and infinite, or nothing, as a float.
TEST(ModelSpec, NumbersHaveRangesAsFloats) {
  for (const char* cap : {"1e39", "1e-46", "-1", "10001", "1e999", "\"15\"", "null", "true"})
    expect_refused(std::string(R"({"logit_cap":)") + cap + "}",
                   std::string(cap) == "1e999" ? "JSON" : "logit_cap");
  for (const char* key : {"paint_guidance", "speak_guidance"})
    for (const char* value : {"-0.1", "100.5", "1e300", "[1]"})
      expect_refused(std::string("{\"") + key + "\":" + value + "}", key);
  EXPECT_TRUE(parse_model_spec(R"({"logit_cap":0.01,"paint_guidance":0})"));
  EXPECT_TRUE(parse_model_spec(R"({"logit_cap":10000,"speak_guidance":100})"));
}

TEST(ModelSpec, SizesAreNotCutToFit) {
  for (const char* width : {"4294967552", "18446744073709551615", "-256", "256.5", "1e300", "0"})
    expect_refused(std::string(R"({"width":)") + width + "}", "width");
  expect_refused(R"({"layers":4,"paint_until":[1,2,1,1]})", "paint_until");
  expect_refused(R"({"layers":3})", "layers");
  expect_refused(R"({"widht":64})", "widht");
  for (const char* text : {"", "[]", "null", "{", "{\"width\":}"}) expect_refused(text, "JSON");
}

// Nothing of it is kept, and writing the message takes no stack.
TEST(ModelSpec, SizeDepthAndNumberHaveLimits) {
  for (const char* key : {"width", "logit_cap", "paint_until"}) {
    const std::string start = "{\"" + std::string(key) + "\":";
    expect_refused(start + std::string(30, '[') + std::string(30, ']') + "}", key);
    expect_refused(start + std::string(200'000, '[') + std::string(200'000, ']') + "}",
                   "nested more than 32 deep");
  }
  std::string zeros = "0";
  for (int i = 0; i < 10'000; ++i) zeros += ",0";
  expect_refused("{\"paint_until\":[" + zeros + "]}", "more than 10000 values");
  expect_refused("{\"name\":\"" + std::string(1 << 20, 'x') + "\"}", "at most 1048576 are read");
  expect_refused(R"({"width":256,"width":512})", "gives \"width\" twice");
}

constexpr const char* kGroups = R"("groups":[{"name":"a","ffn":64},{"name":"b","ffn":64}])";
constexpr const char* kText = R"({"name":"text","group":"a","stem":"pieces"})";
constexpr const char* kHeads = R"("heads":[{"name":"pieces","kind":"pieces"}])";

std::string with_modalities(const std::string& modalities) {
  return std::string("{") + kGroups + ",\"modalities\":[" + modalities + "]," + kHeads + "}";
}

TEST(ModelSpec, AModalityOfNumbersIsAnEntry) {
  const auto spec = parse_model_spec(with_modalities(
      std::string(kText) +
      R"(,{"name":"points","group":"b","stem":"patches","values":96,"tokens":64})"));
  ASSERT_TRUE(spec) << spec.error().message();
  EXPECT_EQ(spec->find("points"), 1);
  EXPECT_EQ(spec->modality("points").values, 96);
  EXPECT_EQ(spec->first_noisy(), 2);
  EXPECT_FALSE(spec->has(HeadSpec::Kind::vocoder));
}

TEST(ModelSpec, VersionOneNamesItsPartsByFlatKeys) {
  const auto spec = parse_model_spec(
      R"({"ffn_text":96,"ffn_speak":80,"paint_steps":4,"speak_guidance":2,"groups":false})");
  ASSERT_TRUE(spec) << spec.error().message();
  EXPECT_EQ(spec->groups[0].ffn, 96);
  EXPECT_EQ(spec->groups[4].ffn, 80);
  EXPECT_EQ(spec->modality("paint").steps, 4);
  EXPECT_EQ(spec->modality("speak").guidance, 2);
  EXPECT_TRUE(spec->merged);
}

TEST(ModelSpec, ListsThatMakeNoModelAreRefused) {
  const std::string text = kText;
  const auto modality = [&](const std::string& fields) {
    return with_modalities(text + ",{" + fields + "}");
  };
  expect_refused(with_modalities(text), "no modality belongs to");
  expect_refused(modality(R"("name":"x","group":"c","stem":"patches","values":3)"),
                 "groups are a, b");
  expect_refused(modality(R"("name":"x","group":"b","stem":"radar")"), "stem");
  expect_refused(modality(R"("name":"x","group":"b","stem":"patches")"), "values");
  expect_refused(modality(R"("name":"text","group":"b","stem":"patches","values":3)"), "another");
  expect_refused(modality(R"("name":"X y","group":"b","stem":"patches","values":3)"), "letters");
  expect_refused(modality(R"("name":"x","group":"b","stem":"pieces")"), "stem");
  expect_refused(modality(R"("name":"x","group":"b","stem":"patches","values":99999999)"),
                 "values");
  expect_refused(modality(R"("name":"x","group":"b","stem":"picture","merge":3)"), "divisor of 64");
  expect_refused(modality(R"("name":"x","group":"b","stem":"noisy","values":192,"tokens":63)"),
                 "64");
  expect_refused(modality(R"("name":"x","group":"b","stem":"noisy","values":192,"tokens":64)"),
                 "lack one of kind");
  expect_refused(modality(R"("name":"x","group":"b","stem":"patches","values":3,"what":1)"),
                 "what");
  expect_refused(with_modalities(R"({"name":"x","group":"a","stem":"patches","values":3},)"
                                 R"({"name":"text","group":"b","stem":"pieces"})"),
                 "begin with text");
  expect_refused(with_modalities(R"({"name":"text","group":"b","stem":"pieces"},)"
                                 R"({"name":"x","group":"a","stem":"patches","values":3})"),
                 "order of the groups");
  expect_refused(R"({"groups":[],"modalities":[]})", "groups");
  expect_refused(R"({"groups":[{"name":"a"},{"name":"a"}]})", "another group");
  expect_refused(R"({"heads":[{"name":"pieces","kind":"pieces"},{"name":"y","kind":"smell"}]})",
                 "kind");
  expect_refused(R"({"heads":[{"name":"pieces","kind":"pieces"},{"name":"y","kind":"values",)"
                 R"("from":"clip"}]})",
                 "from which noise is removed");
  expect_refused(modality(R"("name":"x","group":"b","stem":"patches","values":3,"merge":2)"),
                 "merge");
  expect_refused(modality(R"("name":"x","group":"b","stem":"picture","tokens":64)"), "tokens");
  expect_refused(R"({"heads":[{"name":"words","kind":"pieces"}]})", "called");
  expect_refused(R"({"heads":[{"name":"pieces","kind":"pieces","from":"clip"}]})", "from");
  expect_refused(R"({"layers":4,"paint_until":[1,0.5,1,1],"block":{"routed":false}})", "until");
  expect_refused(R"({"vocabulary":1048576,"width":16384})", "2^31");
}

}  // namespace
}  // namespace tutti
