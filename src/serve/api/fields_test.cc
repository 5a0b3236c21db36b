#include "serve/api/fields.h"

#include <gtest/gtest.h>

namespace tutti {
namespace {

// The parameter that is blamed; "" for none, "-" for the body as a whole.
std::string blamed(const std::string& body, void (*read)(Fields&)) {
  Checker checker;
  Fields fields = checker.object(body);
  read(fields);
  if (!checker.problem()) return "";
  EXPECT_EQ(checker.problem()->status, 400);
  EXPECT_FALSE(checker.problem()->message.empty());
  return checker.problem()->param.empty() ? "-" : checker.problem()->param;
}

void read_number(Fields& fields) {
  fields.number("x", 1, 0, 2);
}
void read_integer(Fields& fields) {
  fields.integer("x", 1, 0, 10);
}

TEST(Fields, WhatIsNoObjectIsRefused) {
  for (const char* body : {"", "{", "[]", "7", "{\"x\":\"\xff\"}", "{\"x\":1}}"})
    EXPECT_EQ(blamed(body, read_number), "-") << body;
  std::string deep = "{\"x\":";
  for (int i = 0; i < 100000; ++i) deep += '[';
  EXPECT_EQ(blamed(deep, [](Fields& fields) { fields.flag("y"); }), "-");
}

TEST(Fields, NumbersKeepTheirRange) {
  for (const char* body : {"{}", "{\"x\":null}", "{\"x\":0}", "{\"x\":2.0}"})
    EXPECT_EQ(blamed(body, read_number), "") << body;
  for (const char* body : {"{\"x\":-0.1}", "{\"x\":2.1}", "{\"x\":\"1\"}", "{\"x\":1e999}"})
    EXPECT_NE(blamed(body, read_number), "") << body;
  EXPECT_EQ(blamed("{\"x\":10}", read_integer), "");
  for (const char* body :
       {"{\"x\":11}", "{\"x\":1.5}", "{\"x\":-1}", "{\"x\":18446744073709551615}"})
    EXPECT_EQ(blamed(body, read_integer), "x") << body;
}

TEST(Fields, TheFirstProblemIsKeptWithItsPath) {
  EXPECT_EQ(blamed(R"({"a":[{"b":{"c":1}},{"b":{"c":"no"}},{"b":7}],"x":"no"})",
                   [](Fields& fields) {
                     for (Fields& one : fields.objects("a")) one.object("b").integer("c", 0, 0, 9);
                     fields.number("x", 0, 0, 1);
                   }),
            "a[1].b.c");
}

TEST(Fields, UnsupportedOnesMayBeHarmless) {
  const auto read = [](Fields& fields) { fields.unsupported("x", 0, "leave it out"); };
  EXPECT_EQ(blamed("{\"x\":0}", read), "");
  EXPECT_EQ(blamed("{\"x\":0.0}", read), "");
  EXPECT_EQ(blamed("{\"x\":1}", read), "x");
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
    checker.object(body);
    ASSERT_TRUE(checker.problem()) << body.substr(0, 20);
    EXPECT_EQ(checker.problem()->status, 400);
  }
}

}  // namespace
}  // namespace tutti
