#include "model/config.h"

#include <gtest/gtest.h>

namespace tutti {
namespace {

void expect_refused(const std::string& json, const std::string& named) {
  const auto config = parse_model_config(json);
  ASSERT_FALSE(config) << json;
  EXPECT_EQ(config.error().code(), ErrorCode::bad_input);
  EXPECT_NE(config.error().message().find(named), std::string::npos) << config.error().message();
}

TEST(ModelConfig, WhatIsWrittenIsRead) {
  ModelConfig config;
  config.logit_cap = 0.1f;  // no double is that float's text: it must come back all the same
  config.paint_guidance = 3.3f;
  config.layers = 4;
  config.paint_until = {1, 0.3f, 1, 1};
  const auto read = parse_model_config(model_config_json(config));
  ASSERT_TRUE(read) << read.error().message();
  EXPECT_EQ(read->logit_cap, 0.1f);
  EXPECT_EQ(read->paint_guidance, 3.3f);
  EXPECT_EQ(read->paint_until, config.paint_until);
  EXPECT_EQ(model_config_json(*read), model_config_json(config));
}

// A number may be finite in the file and infinite, or nothing, as a float.
TEST(ModelConfig, NumbersHaveRangesAsFloats) {
  for (const char* cap : {"1e39", "1e-46", "0", "-1", "10001", "1e999", "\"15\"", "null", "true"})
    expect_refused(std::string(R"({"logit_cap":)") + cap + "}",
                   std::string(cap) == "1e999" ? "JSON" : "logit_cap");
  for (const char* key : {"paint_guidance", "speak_guidance"})
    for (const char* value : {"-0.1", "100.5", "1e300", "[1]"})
      expect_refused(std::string("{\"") + key + "\":" + value + "}", key);
  EXPECT_TRUE(parse_model_config(R"({"logit_cap":0.01,"paint_guidance":0})"));
  EXPECT_TRUE(parse_model_config(R"({"logit_cap":10000,"speak_guidance":100})"));
}

TEST(ModelConfig, SizesAreNotCutToFit) {
  for (const char* width : {"4294967552", "18446744073709551615", "-256", "256.5", "1e300", "0"})
    expect_refused(std::string(R"({"width":)") + width + "}", "width");
  expect_refused(R"({"layers":4,"paint_until":[1,2,1,1]})", "paint_until");
  expect_refused(R"({"layers":3})", "layers");
  expect_refused(R"({"widht":64})", "widht");
  // Writing the message must not take the stack of what it complains about.
  const int deep = 200'000;
  for (const char* key : {"width", "logit_cap", "paint_until"})
    expect_refused(
        "{\"" + std::string(key) + "\":" + std::string(deep, '[') + std::string(deep, ']') + "}",
        key);
  for (const char* text : {"", "[]", "null", "{", "{\"width\":}"}) expect_refused(text, "JSON");
}

}  // namespace
}  // namespace tutti
