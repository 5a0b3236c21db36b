#include "serve/contract/check.h"

#include <gtest/gtest.h>

#include "serve/contract/fields.h"

namespace tutti {
namespace {

ShapePtr part() {
  Shape part{"Part", {}};
  part.tag = "type";
  part.variants = {
      {{"text", "input_text"}, share({"TextPart", {field::text("text", "").need()}}), ""},
      {{"file"}, nullptr, "send its bytes"}};
  return share(std::move(part));
}

Shape request() {
  Field content = field::text("content", "").or_list(type::object, 3, 1).need();
  content.shape = part();
  return {"",
          {content, field::integer("size", 128, 128, {}, ""), field::number("heat", 0, 2, 0, ""),
           field::choice("format", {"png", "webp"}, "png", ""),
           field::number_choice("rate", {16000, 24000}, 24000, ""),
           field::text("name", "").at_most_bytes(8),
           field::refused("tools", R"([[], "none"])", "there are none; leave it out"),
           field::ignored("user", "")}};
}

std::string said(const std::string& json) {
  const auto problem = check(request(), Json::parse(json), "");
  if (!problem) return "";
  EXPECT_EQ(problem->status, 400);
  EXPECT_FALSE(problem->code.empty()) << problem->message;
  EXPECT_EQ(problem->message.rfind(problem->param, 0), 0u) << problem->message;
  return problem->message;
}

std::string with(const std::string& more) {
  return said(R"({"content": "x", )" + more + "}");
}

TEST(Check, WhatIsWellIsAccepted) {
  EXPECT_EQ(said(R"({"content": "x"})"), "");
  EXPECT_EQ(said(R"({"content": [{"type": "text", "text": "x"}]})"), "");
  EXPECT_EQ(with(R"("tools": [])"), "");
  EXPECT_EQ(with(R"("tools": "none")"), "");
  EXPECT_EQ(with(R"("user": {"any": 1})"), "");
  EXPECT_EQ(with(R"("heat": null, "tools": null)"), "");
}

TEST(Check, OfNumbersThatAreListedThoseBetweenAreNone) {
  for (const char* rate : {"16000", "24000", "24000.0", "null"})
    EXPECT_EQ(with(R"("rate": )" + std::string(rate)), "");
  for (const char* rate : {"20000", "0", "16000.5", "48000"})
    EXPECT_EQ(with(R"("rate": )" + std::string(rate)),
              "rate must be 16000 or 24000, not " + std::string(rate));
}

TEST(Check, EachWrongThingIsNamed) {
  EXPECT_EQ(said("{}"), "content is needed");
  EXPECT_EQ(said(R"({"content": " "})"), "content must not be empty");
  EXPECT_EQ(said(R"({"content": 5})"), "content must be a string or an array of parts, not 5");
  EXPECT_EQ(said(R"({"content": []})"), "content is empty");
  EXPECT_EQ(said(R"({"content": [1]})"), "content[0] must be a part, not 1");
  EXPECT_EQ(said(R"({"content": [{}]})"),
            "content[0].type is needed; it can be text or input_text");
  EXPECT_EQ(said(R"({"content": [{"type": "text"}]})"), "content[0].text is needed");
  EXPECT_EQ(said(R"({"content": [{"type": "file"}]})"),
            "content[0].type is \"file\": send its bytes");
  EXPECT_EQ(said(R"({"content": [{"type": "fil"}]})"),
            "content[0].type is \"fil\"; it can be text or input_text");
  EXPECT_EQ(with(R"("size": 64)"), "size must be 128, not 64");
  EXPECT_EQ(with(R"("heat": 3)"), "heat must be a number from 0 to 2, not 3");
  EXPECT_EQ(with(R"("heat": "1")"), "heat must be a number from 0 to 2, not \"1\"");
  EXPECT_EQ(with(R"("format": "gif")"), "format is \"gif\"; it can be png or webp");
  EXPECT_EQ(with(R"("tools": [1])"), "tools is not supported: there are none; leave it out");
}

// JavaScript and Python write whole numbers as 10.0 and 1e20, too.
TEST(Check, IntegersAreWholeNumbers) {
  const Shape shape{"",
                    {field::integer("tokens", 1, field::kLargest, 64, ""),
                     field::integer("seed", -field::kUnbounded, field::kUnbounded, 0, ""),
                     field::integer("n", 1, 4, 1, "")}};
  const auto said = [&](const char* json) {
    const auto problem = check(shape, Json::parse(json), "");
    return problem ? problem->message + " (" + problem->code + ")" : "";
  };
  for (const char* well : {R"({"tokens": 10.0})", R"({"tokens": 99999999999999999999})",
                           R"({"seed": -9223372036854775808})", R"({"n": 2.0})"})
    EXPECT_EQ(said(well), "") << well;
  EXPECT_EQ(said(R"({"seed": 18446744073709551615})"),
            "seed must be an integer of 64 bits, not 18446744073709551615 (integer_out_of_range)");
  EXPECT_EQ(said(R"({"seed": 1.5})"), "seed must be an integer, not 1.5 (invalid_type)");
  EXPECT_EQ(said(R"({"n": 1.5})"), "n must be an integer from 1 to 4, not 1.5 (invalid_type)");
  EXPECT_EQ(said(R"({"n": 5.0})"),
            "n must be an integer from 1 to 4, not 5.0 (integer_out_of_range)");
  Checker checker;
  const Json json = Json::parse(R"({"tokens": 99999999999999999999, "seed": 9007199254740993,
                                    "n": 2.0})");
  const Fields fields = checker.object(json, shape, "");
  EXPECT_EQ(fields.integer("tokens"), INT64_MAX);
  EXPECT_EQ(fields.integer("seed"), 9007199254740993);
  EXPECT_EQ(fields.integer("n"), 2);
}

TEST(Check, ChoicesBesideNumbersNameBoth) {
  Field most = field::integer("most", 1, field::kLargest, {}, "");
  most.types |= type::text;
  most.choices = {"inf"};
  const auto problem = check({"", {most}}, {{"most", "abc"}}, "");
  ASSERT_TRUE(problem);
  EXPECT_EQ(problem->message, "most is \"abc\"; it can be inf or an integer of at least 1");
}

// A limit is named as a limit.
TEST(Check, LimitsAreNamedAsLimits) {
  EXPECT_EQ(said(R"({"content": [1, 2, 3, 4]})"), "content holds 4 values; the limit is 3");
  EXPECT_EQ(with(R"("name": "123456789")"), "name is longer than 8 bytes, its limit; it has 9");
}

TEST(Check, UnknownNamesAreRefusedWithWhatWasMeant) {
  EXPECT_EQ(with(R"("formt": "png")"),
            "formt is not a parameter that is known here; did you mean format?");
  EXPECT_EQ(said(R"({"contents": "x"})"),
            "contents is not a parameter that is known here; did you mean content?");
  EXPECT_EQ(said(R"({"content": [{"type": "text", "text": "x", "txt": 1}]})"),
            "content[0].txt is not a parameter that is known here; did you mean text?");
}

// What a client sent comes back short, and cannot break a terminal or a log.
TEST(Check, WordsOfTheClientAreQuotedAndCut) {
  for (const std::string& name : {std::string("\x1b[2J"), std::string("caf\xc3\xa9"),
                                  std::string(1 << 20, 'x'), std::string()}) {
    const Json json = {{"content", "x"}, {name, 1}, {"format", name}};
    const auto problem = check(request(), json, "");
    ASSERT_TRUE(problem);
    EXPECT_LT(problem->message.size(), 200u);
    EXPECT_LT(problem->param.size(), 60u);
    for (const char c : problem->message) EXPECT_TRUE(c >= 0x20 && c < 0x7f) << problem->message;
  }
}

// As OpenAI has it: 16 texts of 512 characters, with names of 64.
TEST(Check, TextsOfTheClientsOwnAreLimited) {
  const Shape own{.open = true, .own = Shape::Own{}};
  const Shape shape{"", {field::object("metadata", share(own), "")}};
  const auto blamed = [&](const Json& metadata) {
    const auto problem = check(shape, {{"metadata", metadata}}, "");
    return problem ? problem->param + " " + problem->code : "";
  };
  Json many = Json::object();
  std::string accents;
  for (int i = 0; i < 16; ++i) many["k" + std::to_string(i)] = "x";
  for (int i = 0; i < 512; ++i) accents += "\u00e9";
  many["k0"] = accents;
  EXPECT_EQ(blamed(many), "");
  EXPECT_EQ(blamed({{std::string(64, 'n'), ""}}), "");
  EXPECT_EQ(blamed({{"a", accents + "x"}}), "metadata.a string_above_max_length");
  EXPECT_EQ(blamed({{std::string(65, 'n'), ""}}), "metadata string_above_max_length");
  EXPECT_EQ(blamed({{"a", 7}}), "metadata.a invalid_type");
  EXPECT_EQ(blamed({{"a", Json::object()}}), "metadata.a invalid_type");
  many["one more"] = "x";
  EXPECT_EQ(blamed(many), "metadata object_above_max_properties");
}

}  // namespace
}  // namespace tutti
