#include "base/read_object.h"

#include <gtest/gtest.h>

namespace tutti {
namespace {

constexpr JsonLimits kLimits = {.deepest = 3, .most_keys = 3, .most_values = 8};

std::string message_of(std::string_view text) {
  const auto object = read_object(text, "the text", 60, kLimits);
  return object ? "" : object.error().message();
}

TEST(ReadObject, ReadsWhatTheLibraryReads) {
  for (const char* text :
       {"{}", R"({"a":[1,{"b":-2.5}],"c":"\u00e9","d":null})", R"({"":{"":""}})"}) {
    const auto object = read_object(text, "the text", 60, kLimits);
    ASSERT_TRUE(object) << object.error().message();
    EXPECT_EQ(*object, nlohmann::json::parse(text));
  }
}

TEST(ReadObject, EachLimitIsNamed) {
  EXPECT_EQ(message_of(R"({"a":[[1]]})"), "");
  EXPECT_EQ(message_of(R"({"a":[[[]]]})"), "the text is nested more than 3 deep");
  EXPECT_EQ(message_of(R"({"a":1,"b":1,"c":1})"), "");
  EXPECT_EQ(message_of(R"({"a":1,"b":1,"c":1,"d":1})"),
            "the text has an object of more than 3 keys");
  EXPECT_EQ(message_of(R"({"a":[1,2,3,4,5,6]})"), "");
  EXPECT_EQ(message_of(R"({"a":[1,2,3,4,5,6,7]})"), "the text holds more than 8 values");
  EXPECT_EQ(message_of("{\"a\":\"" + std::string(52, 'x') + "\"}"), "");
  EXPECT_EQ(message_of("{\"a\":\"" + std::string(53, 'x') + "\"}"),
            "the text has 61 bytes; at most 60 are read");
}

TEST(ReadObject, WhatIsWrongIsSaid) {
  EXPECT_EQ(message_of("[]"), "the text is not a JSON object");
  EXPECT_EQ(message_of(""), "the text is not valid JSON at byte 1");
  EXPECT_EQ(message_of(R"({"a":1)"), "the text is not valid JSON at byte 7");
  EXPECT_EQ(message_of(R"({"a":tru})"), "the text is not valid JSON at byte 9");
  EXPECT_EQ(message_of(R"({"a":{"b":1,"b":2}})"), "the text gives \"b\" twice");
}

}  // namespace
}  // namespace tutti
