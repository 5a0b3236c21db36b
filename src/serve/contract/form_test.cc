#include "serve/contract/form.h"

#include <gtest/gtest.h>

#include "serve/contract/fields.h"

namespace tutti {
namespace {

Shape hearing() {
  Field words = field::list("words", type::text, "");
  words.choices = {"a", "b"};
  return {"",
          {field::file("file", "").need(), field::number("heat", 0, 1, 0, ""),
           field::integer("count", 1, 9, 1, ""), field::flag("stream", false, ""), std::move(words),
           field::refused("include", "[[]]", "no")}};
}

std::string blamed_of(const std::vector<std::pair<std::string, std::string_view>>& texts) {
  Checker checker;
  const Shape shape = hearing();
  checker.texts(texts, shape);
  return checker.problem() ? checker.problem()->param : "";
}

TEST(Form, TextsBecomeWhatTheyStandFor) {
  const Shape shape = hearing();
  const Json json = *json_of_texts({{"file", "RIFF\xff"},
                                    {"heat", "0.5"},
                                    {"count", "3"},
                                    {"stream", "true"},
                                    {"words[]", "a"},
                                    {"words[]", "b"}},
                                   shape);
  EXPECT_EQ(json.dump(), R"({"file":"file","heat":0.5,"count":3,"stream":true,"words":["a","b"]})");
}

// How clients write a list: again and again, with brackets, with numbers, or as JSON.
TEST(Form, ListsHaveManyForms) {
  const Shape shape = hearing();
  for (const char* name : {"words", "words[]", "words[0]"})
    EXPECT_EQ((*json_of_texts({{name, "a"}}, shape))["words"], Json::parse(R"(["a"])")) << name;
  EXPECT_EQ((*json_of_texts({{"words", R"(["a","b"])"}}, shape))["words"].size(), 2u);
}

TEST(Form, NothingIsLeftOut) {
  const std::pair<std::string, std::string_view> file = {"file", "x"};
  EXPECT_EQ(blamed_of({file}), "");
  EXPECT_EQ(blamed_of({}), "file");
  EXPECT_EQ(blamed_of({{"file", ""}}), "file");
  EXPECT_EQ(blamed_of({file, {"heat", "abc"}}), "heat");
  EXPECT_EQ(blamed_of({file, {"heat", "nan"}}), "heat");
  EXPECT_EQ(blamed_of({file, {"heat", "inf"}}), "heat");
  EXPECT_EQ(blamed_of({file, {"count", "1.5"}}), "count");
  EXPECT_EQ(blamed_of({file, {"stream", "yes"}}), "stream");
  EXPECT_EQ(blamed_of({file, {"words[0]", "z"}}), "words");
  EXPECT_EQ(blamed_of({file, {"include[]", "logprobs"}}), "include");
  EXPECT_EQ(blamed_of({file, {"included", "x"}}), "included");
  EXPECT_EQ(blamed_of({file, {"heat[x]", "1"}}), "heat[x]");
}

TEST(Form, TwiceAndNoTextAreErrors) {
  const Shape shape = hearing();
  EXPECT_FALSE(json_of_texts({{"heat", "1"}, {"heat", "0"}}, shape));
  EXPECT_FALSE(json_of_texts({{"words", "\xff"}}, shape));
  EXPECT_FALSE(json_of_texts({{"include", "a"}, {"include[x]", "b"}}, shape));
}

// Neither a text above its field's limit, nor that of a name that is not known.
TEST(Form, WhatIsNotReadIsNotCopied) {
  const std::string vast(size_t(1) << 20, 'x');
  Shape shape = hearing();
  shape.fields.push_back(field::text("note", "").at_most_bytes(64));
  const auto account = std::make_shared<Account>("the test", size_t(4) << 10, ErrorCode::busy);
  for (const char* name : {"note", "note[]", "unknown", "heat[x]"}) {
    Checker checker(account);
    checker.texts({{"file", "x"}, {name, vast}}, shape);
    ASSERT_TRUE(checker.problem()) << name;
    EXPECT_EQ(checker.problem()->status, 400) << name << checker.problem()->message;
    EXPECT_EQ(checker.problem()->param.rfind(std::string(name).substr(0, 4), 0), 0u) << name;
  }
  const Json json = *json_of_texts({{"unknown", vast}}, shape);
  EXPECT_TRUE(json["unknown"].is_null());
}

TEST(Form, WhatIsCopiedIsChargedFirst) {
  const std::string vast(size_t(1) << 20, 'x');
  const auto account = std::make_shared<Account>("the test", size_t(64) << 10, ErrorCode::busy);
  for (const std::string& text : {vast, '[' + vast, '{' + vast})
    for (const char* name : {"heat", "words", "words[]", "include"}) {
      Checker checker(account);
      const Shape shape = hearing();
      checker.texts({{"file", vast}, {name, text}}, shape);
      ASSERT_TRUE(checker.problem()) << name;
      EXPECT_EQ(checker.problem()->status, 429) << name << ": " << checker.problem()->message;
    }
  EXPECT_EQ(account->held(), 0u);
}

// A text for which there is room, and whose values have none: it is not taken for a wrong one.
TEST(Form, ValuesThatFindNoRoomAreNoTexts) {
  std::string numbers = "1";
  for (int i = 0; i < 1000; ++i) numbers += ",1";
  Shape shape = hearing();
  shape.fields.push_back(field::object("bag", share({.open = true}), ""));
  const std::pair<std::string, std::string> said[] = {{"words", '[' + numbers + ']'},
                                                      {"bag", R"({"a":[)" + numbers + "]}"}};
  for (const auto& [name, text] : said) {
    const auto account =
        std::make_shared<Account>("the test", text.size() + (size_t(4) << 10), ErrorCode::busy);
    Checker checker(account);
    checker.texts({{"file", "x"}, {name, text}}, shape);
    ASSERT_TRUE(checker.problem()) << name;
    EXPECT_EQ(checker.problem()->status, 429) << name << ": " << checker.problem()->message;
  }
}

// Nor is a file that was sent by another name read as a text.
TEST(Form, ErrorsNameTheirField) {
  Shape shape = hearing();
  shape.fields.push_back(field::refused("audio", "[]", "send file"));
  const auto said = [&](const Texts& texts) {
    Checker checker;
    checker.texts(texts, shape);
    return checker.problem() ? checker.problem()->param + ": " + checker.problem()->message : "";
  };
  EXPECT_EQ(said({{"audio", "RIFF\xff"}}), "audio: audio is not supported: send file");
  EXPECT_EQ(said({{"sound", "RIFF\xff"}}).rfind("sound: sound is not a parameter", 0), 0u);
  EXPECT_EQ(said({{"words", "\xff"}}).rfind("words: words is not UTF-8; ", 0), 0u);
  EXPECT_EQ(said({{"heat", "1"}, {"heat", "0"}}), "heat: heat is given twice; send it once");
}

}  // namespace
}  // namespace tutti
