#include "serve/http/parse/read_json.h"

#include <gtest/gtest.h>

#include <ctime>

#include "base/byte_place.h"
#include "base/rng.h"
#include "serve/http/limits/ledger.h"
#include "serve/http/parse/long_strings.h"

namespace tutti {
namespace {

using Json = nlohmann::ordered_json;

std::string message_of(std::string_view text) {
  const auto json = read_json(text);
  return json ? "" : json.error().message();
}

std::string repeated(const std::string& piece, int count) {
  std::string text;
  for (int i = 0; i < count; ++i) text += (i ? "," : "") + piece;
  return text;
}

TEST(ReadJson, ReadsWhatTheLibraryReads) {
  for (const char* text :
       {"null", "true", "-12", "18446744073709551615", "1.5e3", R"("\u00e9\n")", "[]", "{}", "\"\"",
        R"({"a":[1,{"b":[[],{}]},"c"],"d":{"a":null},"e":""})",
        R"([[1,2],[3,[4]],{"x":{"y":[0]}}])", " [1 , 2 ] \n", "\xef\xbb\xbf{\"bom\":1}"}) {
    const auto json = read_json(text);
    ASSERT_TRUE(json) << text << ": " << json.error().message();
    EXPECT_EQ(json->dump(), Json::parse(text).dump()) << text;
  }
}

TEST(ReadJson, WhatIsNoJsonIsRefused) {
  for (const char* text : {"", "{", "[1,]", "{\"a\"}", "{1:2}", "[1 2]", "nul", "1 2", "\"\x01\"",
                           "[1]]", "\"\\ud800\"", "{\"a\":1,}", "'a'", "NaN"})
    EXPECT_NE(message_of(text).find("not valid JSON at byte "), std::string::npos) << text;
}

// A list or an object of a few pieces, most of them valid, with strings at and around the length
// from which they go round the lexer (long_strings.h).
std::string text_of_pieces(Rng& rng) {
  const auto quoted = [](const std::string& content) { return '"' + content + '"'; };
  const auto long_text = [](char c) { return std::string(LongStrings::kLeast, c); };
  const std::string pieces[] = {
      R"("\"")", R"("\\")", "1", "[]", "{}", quoted(""), quoted("a"), quoted(long_text('x')),
      quoted(long_text('y').substr(1)), quoted(long_text('z') + R"(\")"),
      quoted(long_text('u') + "\xc3\xa9"), quoted("data:image/png;base64," + long_text('A')),
      // Not valid, the last one in its middle:
      "\"", "[", "}", ":", ",", quoted(long_text('c') + '\x01')};
  const auto piece = [&] { return pieces[rng.below(rng.below(4) ? 12 : 18)]; };
  const bool list = rng.below(2);
  std::string text = list ? "[" : "{";
  for (int left = rng.below(5); left >= 0; --left)
    text += (list ? "" : piece() + ":") + piece() + (left ? "," : "");
  return text + (list ? "]" : "}");
}

TEST(ReadJson, LongStringsAreReadLikeOthers) {
  Rng rng(7);
  int valid = 0;
  for (int round = 0; round < 5'000; ++round) {
    const std::string text = text_of_pieces(rng);
    std::string want;
    try {
      want = Json::parse(text).dump();
    } catch (const Json::parse_error& error) {
      want = byte_place(error.byte - 1);  // in what is said of it
    }
    const auto got = read_json(text);
    valid += bool(got);
    const std::string said = got ? got->dump() : got.error().message();
    EXPECT_TRUE(said.find(want) != said.npos || said.find(" twice") != said.npos)
        << said.substr(0, 200) << " instead of " << want.substr(0, 200);
  }
  EXPECT_GT(valid, 1000);
  EXPECT_LT(valid, 4000);
}

TEST(ReadJson, WhatIsNotUtf8SaysWhere) {
  EXPECT_NE(message_of("{\"name\":\"Ren\xe9\"}").find("not UTF-8 at byte 13 (0xe9)"),
            std::string::npos)
      << message_of("{\"name\":\"Ren\xe9\"}");
  EXPECT_NE(message_of("\"\xed\xa0\x80\"").find("not UTF-8 at byte 2"), std::string::npos);
}

TEST(ReadJson, LimitsAreNamed) {
  EXPECT_EQ(message_of(std::string(32, '[') + std::string(32, ']')), "");
  EXPECT_NE(message_of(std::string(33, '[') + std::string(33, ']')).find("32 deep"),
            std::string::npos);
  EXPECT_NE(message_of("[" + repeated("{}", 100'001) + "]").find("100000 values"),
            std::string::npos);
  std::string keys;
  for (int i = 0; i < 257; ++i) keys += (i ? ",\"" : "\"") + std::to_string(i) + "\":0";
  EXPECT_NE(message_of("{" + keys + "}").find("256 keys"), std::string::npos);
}

// Of this thread, so that it says the same on a busy machine.
double processor_seconds() {
  timespec now = {};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return double(now.tv_sec) + 1e-9 * double(now.tv_nsec);
}

// The time of eight times as many objects, against theirs eight times. Reading them took the square
// of their number, which makes it eight times as long as allowed here at least.
TEST(ReadJson, TimeIsInProportionToTheText) {
  const auto seconds = [](int objects) {
    const std::string text = "{\"m\":[" + repeated("{}", objects) + "]}";
    double best = 1e9;
    for (int i = 0; i < 3; ++i) {
      const double start = processor_seconds();
      EXPECT_TRUE(read_json(text));
      best = std::min(best, processor_seconds() - start);
    }
    return best;
  };
  const double few = seconds(12'000);
  EXPECT_LT(seconds(96'000), 8 * 4 * few);
}

TEST(ReadJson, AKeyThatIsGivenTwiceIsRefusedByName) {
  for (const char* text : {R"({"a":1,"b":2,"a":3})", R"({"a":null,"a":1})",
                           R"({"a":{},"\u0061":{}})", R"([{"x":{"a":[],"a":[]}}])"}) {
    const auto json = read_json(text);
    ASSERT_FALSE(json) << text;
    EXPECT_EQ(json.error().message(), "the JSON gives \"a\" twice; give it once");
  }
  EXPECT_TRUE(read_json(R"([{"a":1},{"a":2,"b":{"a":3}}])"));
}

TEST(ReadJson, WhatTheValuesTakeIsCharged) {
  Ledger ledger({.server = 10 << 20, .key = 10 << 20, .connection = 1 << 20});
  const Account::Ptr account = ledger.connection();
  {
    Charge charge(account);
    ASSERT_TRUE(read_json("[" + repeated("1", 10'000) + "]", &charge));
    EXPECT_GE(charge.bytes(), 10'000 * sizeof(Json));
    EXPECT_EQ(account->held(), charge.bytes());
  }
  EXPECT_EQ(account->held(), 0u);
  for (const std::string& text :
       {"[" + repeated("{}", 90'000) + "]", "\"" + std::string(2 << 20, 'x') + "\"",
        "[" + repeated("{\"a key\":1}", 20'000) + "]"}) {
    Charge charge(account);
    const auto json = read_json(text, &charge);
    ASSERT_FALSE(json);
    EXPECT_EQ(json.error().code(), ErrorCode::too_large);
  }
}

// The last sixteenth of the server's memory is for requests of up to 16 KiB.
TEST(ReadJson, ASmallRequestFindsTheRoomThatIsKeptForIt) {
  constexpr size_t unit = size_t(1) << 20;
  Ledger ledger({.server = 16 * unit, .key = 16 * unit, .connection = 16 * unit});
  Charge large(ledger.connection());
  ASSERT_TRUE(large.grow(14 * unit));
  std::vector<Charge> others;
  do others.emplace_back(ledger.connection());
  while (others.back().grow(64 << 10));
  Charge small(ledger.connection());
  ASSERT_TRUE(small.grow(2 << 10)) << "the request's head and body";
  EXPECT_TRUE(read_json(R"({"model":"nano","messages":[{"role":"user","content":"hello"}],
                            "max_tokens":8,"temperature":0,"stream":true,"user":"ann"})",
                        &small));
  EXPECT_LE(small.bytes(), size_t(8) << 10);
  const Status status = small.grow(8 << 10);
  EXPECT_TRUE(status) << "for its prompt and its answer";
}

}  // namespace
}  // namespace tutti
