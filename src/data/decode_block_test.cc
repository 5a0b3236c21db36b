// Texts of shards of both versions; other kinds are in build/build_shards_test.cc and fuzz/.
#include "data/decode_block.h"

#include <gtest/gtest.h>

#include "tests/helpers/shard_fixture.h"

namespace tutti {
namespace {

const std::string kHead =
    R"({"language":["en","de"],"kind":["plain","pair"],"prompt":[0,1],"text":[2,1],"rejected":[0,0]})";

// A block of two texts whose ids are in `member`, the first bytes of all before the next ones.
Result<ShardSet> texts(const std::string& member, const std::string& bytes) {
  return fixture::shards_of(
      {{"text",
        "tatoeba",
        {{member, fixture::packed(bytes)}, {".json.z", fixture::packed(kHead)}}}});
}

TEST(DecodeBlock, BothVersionsOfTextsAreRead) {
  const std::string ids = "\x10\x11\x12\x13";
  const auto narrow = texts(".tokens.z", ids + std::string(4, '\0'));
  const auto wide = texts(".ids.z", ids + std::string(12, '\0'));
  ASSERT_TRUE(narrow) << narrow.error().message();
  ASSERT_TRUE(wide) << wide.error().message();
  for (const ShardSet* set : {&*narrow, &*wide}) {
    const auto& records = set->texts("tatoeba");
    ASSERT_EQ(records.size(), 2u);
    EXPECT_EQ(records[0].text, (std::vector<int32_t>{0x10, 0x11}));
    EXPECT_EQ(records[1].prompt, (std::vector<int32_t>{0x12}));
    EXPECT_EQ(records[1].text, (std::vector<int32_t>{0x13}));
  }
}

TEST(DecodeBlock, NoByteOfAnIdIsLost) {
  // 5 + 65536, 5 + 2^24, and a negative number: read as 16 bits, all would be 5.
  for (const auto& [plane, value] : {std::pair{2, 1}, {3, 1}, {3, 0x80}}) {
    std::string bytes(16, '\0');
    for (size_t i = 0; i < 4; ++i) bytes[i] = 5;
    bytes[4 * size_t(plane)] = char(value);
    const auto set = texts(".ids.z", bytes);
    ASSERT_FALSE(set);
    const uint32_t id = 5u + (uint32_t(value) << (8 * plane));
    EXPECT_NE(set.error().message().find("token " + std::to_string(id) + " does not exist"),
              std::string::npos)
        << set.error().message();
  }
  EXPECT_FALSE(texts(".ids.z", std::string(15, '\0')));
  EXPECT_FALSE(texts(".other.z", std::string(16, '\0')));
}

}  // namespace
}  // namespace tutti
