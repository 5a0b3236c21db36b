#include "format/text/tokenizer.h"

#include <gtest/gtest.h>

#include <random>

#include "base/utf8.h"
#include "format/text/special_tokens.h"
#include "format/text/tokenizer_trainer.h"
#include "tests/helpers/test_files.h"

namespace tutti {
namespace {

constexpr int vocabulary = 345;  // 271 fixed tokens and the characters of the words below

std::vector<std::string> sentences() {
  const std::vector<std::string> words = {"red",    "green",  "apple", "дом",   "кошка",  "σπίτι",
                                          "りんご", "房子",   "سماء",  "घर",    "maison", "Straße",
                                          "sings",  "flying", "the",   "under", "1987",   "42"};
  std::mt19937 random(1);
  std::vector<std::string> out;
  for (int i = 0; i < 400; ++i) {
    std::string line;
    for (int k = 0; k < 8; ++k) line += (k ? " " : "") + words[random() % words.size()];
    out.push_back(line);
  }
  return out;
}

const std::string& model() {
  static const std::string bytes = [] {
    auto trained = train_tokenizer(sentences(), vocabulary);
    EXPECT_TRUE(trained) << trained.error().message();
    return trained ? *trained : std::string();
  }();
  return bytes;
}

Tokenizer tokenizer() {
  return *Tokenizer::open(kSentencePiece, bytes_of(model()));
}

TEST(Tokenizer, TrainingIsDeterministic) {
  auto again = train_tokenizer(sentences(), vocabulary);
  ASSERT_TRUE(again);
  EXPECT_EQ(*again, model());
  ASSERT_TRUE(Tokenizer::open(kSentencePiece, bytes_of(model())));
  EXPECT_EQ(tokenizer().vocabulary_size(), vocabulary);
}

TEST(Tokenizer, GivesBackEveryText) {
  const Tokenizer t = tokenizer();
  for (const std::string& text :
       {std::string(""), std::string("the red apple"), std::string("  two  spaces "),
        std::string("line\nline\ttab\r\n"), std::string("кошка りんご 🦊 ﷽ é e\u0301"),
        std::string("nul\0inside", 10), std::string("1987-42"), std::string(" "),
        std::string("<s></s><unk><0x41>")}) {
    auto ids = t.encode(text);
    ASSERT_TRUE(ids) << ids.error().message();
    EXPECT_EQ(t.decode(*ids), text);
    for (int32_t id : *ids) EXPECT_GE(id, special_token_count);
  }
}

// Random ids, many of them bytes: whole characters, halves of them, nonsense.
TEST(Tokenizer, IdsOneByOneGiveTheSameTextAsAllAtOnce) {
  const Tokenizer t = tokenizer();
  std::mt19937 random(5);
  const auto snow = *t.encode(" \u2603\U0001f98a x");
  for (int round = 0; round < 100; ++round) {
    std::vector<int32_t> ids;
    while (ids.size() < 40) {
      if (random() % 5 == 0)
        ids.insert(ids.end(), snow.begin(), snow.begin() + ptrdiff_t(random() % snow.size()));
      else if (random() % 2)
        ids.push_back(int32_t(random() % vocabulary));
      else
        ids.push_back(t.encode(" ")->front());
    }
    TokenDecoder decoder(t);
    for (size_t i = 0; i < ids.size(); ++i)
      ASSERT_EQ(decoder.push(ids[i]), t.decode(std::span(ids).first(i + 1))) << round << ' ' << i;
  }
}

TEST(Tokenizer, NoTextHasFewerTokensThanItsBytesAllow) {
  const Tokenizer t = tokenizer();
  EXPECT_EQ(t.fewest_tokens(0), 0u);
  for (const std::string& line : sentences())
    EXPECT_GE(t.encode(line)->size(), t.fewest_tokens(line.size()));
  EXPECT_GT(t.fewest_tokens(size_t(32) << 20), size_t(1) << 18);
}

TEST(Tokenizer, TextCannotForgeSpecialTokens) {
  const Tokenizer t = tokenizer();
  for (std::string_view name : special_token_names) {
    auto ids = t.encode(name);
    ASSERT_TRUE(ids);
    for (int32_t id : *ids) EXPECT_GE(id, special_token_count) << name;
    EXPECT_EQ(t.decode(*ids), name);
  }
}

TEST(Tokenizer, DigitsStandAlone) {
  const Tokenizer t = tokenizer();
  EXPECT_GE(t.encode("1987")->size(), 4u);
  EXPECT_LE(t.encode("apple")->size(), 3u);
}

TEST(Tokenizer, RefusesInvalidUtf8WithItsPlace) {
  const Tokenizer t = tokenizer();
  auto ids = t.encode("abc\xff");
  ASSERT_FALSE(ids);
  EXPECT_EQ(ids.error().code(), ErrorCode::bad_input);
  EXPECT_NE(ids.error().message().find("byte 4"), std::string::npos) << ids.error().message();
}

TEST(Tokenizer, DecodesAnyIds) {
  const Tokenizer t = tokenizer();
  std::vector<int32_t> ids = *t.encode("red");
  ids.insert(ids.begin(), {token_begin, token_answer, -1, 1 << 30});
  ids.push_back(token_end);
  EXPECT_EQ(t.decode(ids), "red");
  EXPECT_EQ(t.decode({}), "");
  // Half a character: its byte token alone.
  std::vector<int32_t> fox = *t.encode("🦊");
  fox.pop_back();
  EXPECT_FALSE(invalid_utf8_at(t.decode(fox)));
}

TEST(Tokenizer, RefusesDamagedModels) {
  EXPECT_FALSE(Tokenizer::open(kSentencePiece, {}));
  EXPECT_FALSE(Tokenizer::open(kSentencePiece, bytes_of("not a model")));
  const std::string& whole = model();
  for (size_t size = 0; size < whole.size(); size += 7) {
    auto cut = Tokenizer::open(kSentencePiece, bytes_of(whole.substr(0, size)));
    if (cut) {
      EXPECT_TRUE(cut->encode("the red apple 🦊"));
    }
  }
  std::mt19937 random(2);
  for (int i = 0; i < 3000; ++i) {
    std::string copy = whole;
    copy[random() % copy.size()] = char(random());
    auto changed = Tokenizer::open(kSentencePiece, bytes_of(copy));
    if (!changed) continue;
    auto ids = changed->encode("the red apple 🦊");
    if (ids) {
      EXPECT_FALSE(invalid_utf8_at(changed->decode(*ids)));
    }
  }
  // A normalizer table: field 3 { field 2 "abcd" } appended, which protobuf merges into the model.
  EXPECT_FALSE(Tokenizer::open(kSentencePiece, bytes_of(whole + "\x1a\x06\x12\x04"
                                                                "abcd")));
  // Another type of model: field 2 { field 3: 2, byte pairs }, merged likewise.
  const auto pairs = Tokenizer::open(kSentencePiece, bytes_of(whole + "\x12\x02\x18\x02"));
  ASSERT_FALSE(pairs);
  EXPECT_NE(pairs.error().message().find("unigram"), std::string::npos);
}

TEST(TokenizerTrainer, ErrorsSayWhatIsWrong) {
  EXPECT_FALSE(train_tokenizer(std::vector<std::string>{}, vocabulary));
  EXPECT_FALSE(train_tokenizer(sentences(), 1'000'000));
  EXPECT_FALSE(train_tokenizer(sentences(), 10));
  EXPECT_FALSE(train_tokenizer({"good", "bad \xc0"}, vocabulary));
  TestFolder folder;
  EXPECT_FALSE(train_tokenizer({folder.file("missing.txt")}, vocabulary, folder.file("out")));
}

TEST(TokenizerTrainer, ReadsFiles) {
  TestFolder folder;
  std::string text;
  for (const std::string& line : sentences()) text += line + "\n";
  write_text(folder.file("a.txt"), text);
  ASSERT_TRUE(train_tokenizer({folder.file("a.txt")}, vocabulary, folder.file("out.model")));
  EXPECT_EQ(read_text(folder.file("out.model")), model());
}

TEST(Utf8, FindsWhatIsMalformed) {
  for (const char* good : {"", "a", "é", "€", "🦊", "\xed\x9f\xbf", "\xf4\x8f\xbf\xbf"}) {
    EXPECT_FALSE(invalid_utf8_at(good)) << good;
  }
  for (const char* bad :
       {"\x80", "\xc0\x80", "\xc3", "\xe0\x80\x80", "\xed\xa0\x80", "\xf0\x80\x80\x80",
        "\xf4\x90\x80\x80", "\xf5\x80\x80\x80", "\xe2\x82", "\xe2\x28\xa1"}) {
    EXPECT_EQ(invalid_utf8_at(std::string("ok") + bad), 2u);
  }
}

TEST(Tokenizer, UnknownKindsAreNamedWithThoseThatAreKnown) {
  const auto other = Tokenizer::open("byte_bpe", bytes_of(model()));
  ASSERT_FALSE(other);
  EXPECT_EQ(other.error().code(), ErrorCode::bad_input);
  EXPECT_NE(other.error().message().find("\"byte_bpe\""), std::string::npos);
  EXPECT_NE(other.error().message().find("known: sentencepiece"), std::string::npos);
}

}  // namespace
}  // namespace tutti
