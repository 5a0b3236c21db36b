// Texts into a block, as token ids.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "base/result.h"
#include "data/build/read/raw_records.h"
#include "data/build/shard_writer.h"
#include "format/text/tokenizer.h"

namespace tutti {

struct TextIds {
  const RawText* record = nullptr;
  std::vector<int32_t> prompt, text, rejected;
};
Result<TextIds> tokenise(const Tokenizer& tokenizer, const RawText& record);

// JSON, one entry a record in each list: language, kind; token counts prompt, text, rejected.
Block text_block(std::span<const TextIds> texts);

}  // namespace tutti
