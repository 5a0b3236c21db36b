#include "serve/contract/fields.h"

#include <gtest/gtest.h>

namespace tutti {
namespace {

const Shape& shape() {
  static const ShapePtr inner =
      share({"", {field::object("b", share({"", {field::integer("c", 0, 9, 0, "")}}), "")}});
  static const Shape all{
      "",
      {field::number("x", 0, 2, 1, ""), field::integer("i", 0, 10, 1, ""),
       field::flag("y", true, ""), field::choice("word", {"a", "b"}, "a", ""),
       field::list("a", inner, ""), field::refused("never", "[0]", "leave it out")}};
  return all;
}

// The parameter that is blamed; "" for none, "-" for the body as a whole.
std::string blamed(const std::string& body) {
  Checker checker;
  checker.body(body, shape());
  if (!checker.problem()) return "";
  EXPECT_EQ(checker.problem()->status, 400);
  EXPECT_FALSE(checker.problem()->message.empty());
  return checker.problem()->param.empty() ? "-" : checker.problem()->param;
}

TEST(Fields, WhatIsNoObjectIsRefused) {
  for (const char* body : {"", "{", "[]", "7", "{\"x\":\"\xff\"}", "{\"x\":1}}"})
    EXPECT_EQ(blamed(body), "-") << body;
  std::string deep = "{\"x\":";
  for (int i = 0; i < 100000; ++i) deep += '[';
  EXPECT_EQ(blamed(deep), "-");
}

TEST(Fields, NumbersKeepTheirRange) {
  for (const char* body : {"{}", "{\"x\":null}", "{\"x\":0}", "{\"x\":2.0}"})
    EXPECT_EQ(blamed(body), "") << body;
  for (const char* body : {"{\"x\":-0.1}", "{\"x\":2.1}", "{\"x\":\"1\"}", "{\"x\":1e999}"})
    EXPECT_NE(blamed(body), "") << body;
  EXPECT_EQ(blamed("{\"i\":10}"), "");
  for (const char* body :
       {"{\"i\":11}", "{\"i\":1.5}", "{\"i\":-1}", "{\"i\":18446744073709551615}"})
    EXPECT_EQ(blamed(body), "i") << body;
}

TEST(Fields, TheFirstProblemIsKeptWithItsPath) {
  EXPECT_EQ(blamed(R"({"a":[{"b":{"c":1}},{"b":{"c":"no"}},{"b":7}]})"), "a[1].b.c");
}

TEST(Fields, WhatIsNotSaidIsAsTheTableHasIt) {
  Checker checker;
  const Fields fields = checker.body(R"({"i": 4, "y": null})", shape());
  EXPECT_EQ(fields.number("x"), 1);
  EXPECT_EQ(fields.number("x", 0.5), 0.5);
  EXPECT_EQ(fields.integer("i"), 4);
  EXPECT_EQ(fields.integer("i", 9), 4);
  EXPECT_TRUE(fields.flag("y"));
  EXPECT_EQ(fields.text("word"), "a");
  EXPECT_FALSE(fields.has("y"));
  EXPECT_TRUE(fields.objects("a").empty());
}

// A handler cannot read what the document does not have.
TEST(Fields, WhatTheTableDoesNotHaveIsNotThere) {
  Checker checker;
  const Json json = {{"secret", 1}};
  const Fields fields = checker.object(json, Shape(), "");
  EXPECT_TRUE(checker.problem());
  EXPECT_FALSE(fields.has("secret"));
}

TEST(Fields, HandlersRefuseWithThePath) {
  Checker checker;
  const Fields fields = checker.body(R"({"a":[{"b":{"c":1}}]})", shape());
  fields.objects("a")[0].object("b").refuse("c", "does not go with x");
  ASSERT_TRUE(checker.problem());
  EXPECT_EQ(checker.problem()->param, "a[0].b.c");
  EXPECT_EQ(checker.problem()->message, "a[0].b.c does not go with x");
}

TEST(Fields, RefusedOnesMayBeHarmless) {
  EXPECT_EQ(blamed("{\"never\":0}"), "");
  EXPECT_EQ(blamed("{\"never\":0.0}"), "");
  EXPECT_EQ(blamed("{\"never\":1}"), "never");
}

// Each of these is small and would take a worker seconds, the stack, or a hundred times its memory.
TEST(Fields, JsonThatCostsMoreThanItsBytesIsRefused) {
  std::string keys = "{", values = "{\"a\":[0";
  for (int i = 0; i < 300; ++i) keys += (i ? ",\"k" : "\"k") + std::to_string(i) + "\":1";
  for (int i = 0; i < 100'000; ++i) values += ",1";
  for (const std::string& body :
       {keys + "}", values + "]}", "{\"a\":" + std::string(40, '[') + std::string(40, ']') + "}",
        std::string(1'000'000, '[')}) {
    Checker checker;
    checker.body(body, shape());
    ASSERT_TRUE(checker.problem()) << body.substr(0, 20);
    EXPECT_EQ(checker.problem()->status, 400);
  }
}

TEST(Fields, BodiesThatAreNoObjectsSayWhatTheyAre) {
  for (const auto& [body, said] : {std::pair{"", "the body is empty; send one JSON object"},
                                   {" \n", "the body is empty; send one JSON object"},
                                   {"--x\r\n", "the body is a form; send one JSON object"},
                                   {"[]", "the body must be a JSON object, not an array"},
                                   {"7", "the body must be a JSON object, not a number"},
                                   {"null", "the body must be a JSON object, not null"}}) {
    Checker checker;
    const Shape any{.open = true};
    checker.body(body, any);
    ASSERT_TRUE(checker.problem()) << body;
    EXPECT_EQ(checker.problem()->message, said);
  }
}

}  // namespace
}  // namespace tutti
