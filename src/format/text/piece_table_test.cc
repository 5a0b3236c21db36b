// The table must agree with SentencePiece to the last id, on any text a user or a set may bring.
#include "format/text/piece_table.h"

#include <gtest/gtest.h>

#include "base/rng.h"
#include "format/text/tokenizer.h"
#include "format/text/tokenizer_trainer.h"

namespace tutti {
namespace {

std::vector<std::string> sentences() {
  const std::vector<std::string> words = {
      "red", "apple",  "house", "walking", "the",    "a",     "of",  "grün",    "Straße", "pomme",
      "été", "собака", "дом",   "猫",      "犬が",   "मछली",  "قطة", "บ้าน",     "사과",   "πουλί",
      "12",  "2026",   "don't", "e-mail",  "(what)", "x+y=3", "…",   "“quote”", "😀",      "run!"};
  Rng rng(7);
  std::vector<std::string> out;
  for (int i = 0; i < 4000; ++i) {
    std::string line;
    for (int n = 1 + rng.below(9); n > 0; --n) {
      line += (line.empty() ? "" : " ") + words[size_t(rng.below(int(words.size())))];
    }
    out.push_back(line);
  }
  return out;
}

const std::string& model() {
  static const std::string bytes = *train_tokenizer(sentences(), 375);
  return bytes;
}

Tokenizer reference() {
  return *Tokenizer::open(kSentencePiece, std::as_bytes(std::span(model())));
}

TEST(PieceTable, AgreesWithSentencePieceOnTrainingText) {
  const PieceTable table = *PieceTable::parse(model());
  const Tokenizer tokenizer = reference();
  ASSERT_EQ(table.size(), tokenizer.vocabulary_size());
  for (const std::string& text : sentences()) {
    const std::vector<int32_t> ids = table.encode(text);
    ASSERT_EQ(ids, *tokenizer.encode(text)) << text;
    ASSERT_EQ(table.decode(ids), text);
  }
}

TEST(PieceTable, AgreesWithSentencePieceOnOddText) {
  const PieceTable table = *PieceTable::parse(model());
  const Tokenizer tokenizer = reference();
  for (const std::string text :
       {"", " ", "  ", " a  b ", "\n\t", "<text>", "<s>red</s>", "<0x41>", "\xe2\x96\x81",
        "zzzzqqq", "ﬁ ½ Å Å", "\xf0\x9f\x91\xa9\xe2\x80\x8d\xf0\x9f\x9a\x80", "漢字仮名",
        "a\xc2\xa0z"}) {
    const std::vector<int32_t> ids = table.encode(text);
    EXPECT_EQ(ids, *tokenizer.encode(text)) << text;
    EXPECT_EQ(table.decode(ids), tokenizer.decode(ids)) << text;
  }
}

TEST(PieceTable, AgreesWithSentencePieceOnRandomCharacters) {
  const PieceTable table = *PieceTable::parse(model());
  const Tokenizer tokenizer = reference();
  Rng rng(11);
  for (int i = 0; i < 3000; ++i) {
    std::string text;
    for (int n = rng.below(24); n > 0; --n) {
      const int code = rng.below(4) ? 32 + rng.below(96) : 0xa0 + rng.below(0x700);
      if (code < 0x80) {
        text += char(code);
      } else {
        text += {char(0xc0 | code >> 6), char(0x80 | (code & 0x3f))};
      }
    }
    ASSERT_EQ(table.encode(text), *tokenizer.encode(text)) << text;
  }
}

// Two orders of the same pieces have sums that differ in the last bit only.
TEST(PieceTable, AgreesWithSentencePieceOnTies) {
  std::vector<std::string> lines;
  Rng rng(19);
  for (int i = 0; i < 3000; ++i) {
    std::string line;
    for (int n = 1 + rng.below(6); n > 0; --n) {
      line +=
          (line.empty() ? "" : " ") + std::string(size_t(1 + rng.below(9)), "mo.h"[rng.below(4)]);
    }
    lines.push_back(line);
  }
  const std::string bytes = *train_tokenizer(lines, 290);
  const PieceTable table = *PieceTable::parse(bytes);
  const Tokenizer tokenizer = *Tokenizer::open(kSentencePiece, std::as_bytes(std::span(bytes)));
  for (const std::string& line : lines) {
    ASSERT_EQ(table.encode(line + "mmm oooo"), *tokenizer.encode(line + "mmm oooo")) << line;
  }
}

TEST(PieceTable, ReplacesMalformedBytes) {
  const PieceTable table = *PieceTable::parse(model());
  EXPECT_EQ(table.decode(table.encode("a\xff z")), "a\xef\xbf\xbd z");
}

// Messages that are appended, which protobuf merges into the model: trainer_spec 2 with the type 3,
// normalizer_spec 3 with its table 2 and add_dummy_prefix 3.
TEST(PieceTable, RefusesWhatItWouldReadInAnotherWay) {
  const std::pair<std::string, const char*> kCases[] = {
      {std::string("\x12\x02\x18\x02", 4), "unigram"},
      {std::string("\x1a\x06\x12\x04wxyz", 8), "changes its text"},
      {std::string("\x1a\x02\x18\x00", 4), "spaces"},
      // Only the last of two counted once.
      {std::string("\x1a\x02\x18\x00\x1a\x02\x18\x01", 8), "spaces"}};
  for (const auto& [more, named] : kCases) {
    const auto table = PieceTable::parse(model() + more);
    ASSERT_FALSE(table) << named;
    EXPECT_NE(table.error().message().find(named), std::string::npos) << table.error().message();
  }
  EXPECT_TRUE(PieceTable::parse(model() + std::string("\x1a\x02\x18\x01", 4)));
}

TEST(PieceTable, RefusesDamagedModels) {
  EXPECT_FALSE(PieceTable::parse(""));
  EXPECT_FALSE(PieceTable::parse("not a model"));
  for (size_t cut = 0; cut < model().size(); cut += 37) {
    // A cut at a field's end loses pieces (then bytes are missing) or the settings at the end;
    // whatever is accepted must still encode.
    const auto table = PieceTable::parse(std::string_view(model()).substr(0, cut));
    if (table) table->encode("a red apple");
  }
  Rng rng(3);
  for (int i = 0; i < 300; ++i) {
    std::string damaged = model();
    for (int n = 0; n < 8; ++n) damaged[size_t(rng.below(int(damaged.size())))] = char(rng.next());
    const auto table = PieceTable::parse(damaged);
    if (table) table->decode(table->encode("a red apple \xf0\x9f\x98\x80"));
  }
}

}  // namespace
}  // namespace tutti
