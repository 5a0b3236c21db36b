#include "runtime/ctc_text.h"

#include <gtest/gtest.h>

#include "base/utf8.h"
#include "model/config.h"
#include "runtime/text_stream.h"

namespace tutti {
namespace {

constexpr const char* kUnknown = "\xef\xbf\xbd";

std::string read(const std::vector<int>& symbols) {
  std::vector<float> logits(symbols.size() * kCtcSymbols);
  for (size_t i = 0; i < symbols.size(); ++i) logits[i * kCtcSymbols + symbols[i]] = 1;
  return ctc_text({logits.data(), int(symbols.size()), kCtcSymbols, kCtcSymbols});
}

TEST(CtcText, CollapsesRepeatsAndBlanks) {
  EXPECT_EQ(read({256, 'h', 'h', 256, 'i', 256, 'i', 'i'}), "hii");
  EXPECT_EQ(read({}), "");
  EXPECT_EQ(read({256, 256}), "");
}

TEST(CtcText, BrokenBytesAreReplaced) {
  EXPECT_EQ(read({0xc3, 0xa9}), "\u00e9");
  EXPECT_EQ(read({'a', 0xc3, 'b'}), std::string("a") + kUnknown + "b");
  EXPECT_EQ(read({0xff, 256, 0xff}), std::string(kUnknown) + kUnknown);
}

TEST(TextStream, HoldsBackUnfinishedCharacters) {
  TextStream stream;
  EXPECT_EQ(stream.advance("a"), "a");
  EXPECT_EQ(stream.advance(std::string("a") + kUnknown), "");
  EXPECT_EQ(stream.advance(std::string("a") + kUnknown + kUnknown), "");
  EXPECT_EQ(stream.advance("a\u20ac"), "\u20ac");
  EXPECT_EQ(stream.advance(std::string("a\u20ac") + kUnknown), "");
  EXPECT_EQ(stream.finish(std::string("a\u20ac") + kUnknown), kUnknown);
}

}  // namespace
}  // namespace tutti
