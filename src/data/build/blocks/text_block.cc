#include <nlohmann/json.hpp>

#include "data/build/blocks.h"
#include "data/build/blocks/pack.h"

namespace tutti {

using nlohmann::json;

Result<TextIds> tokenise(const Tokenizer& tokenizer, const RawText& record) {
  TextIds ids;
  ids.record = &record;
  TUTTI_ASSIGN(ids.prompt, tokenizer.encode(record.prompt));
  TUTTI_ASSIGN(ids.text, tokenizer.encode(record.text));
  TUTTI_ASSIGN(ids.rejected, tokenizer.encode(record.rejected));
  return ids;
}

Block text_block(std::span<const TextIds> texts) {
  json language = json::array(), kind = json::array(), prompt = json::array(), text = json::array(),
       rejected = json::array();
  // Deflate models each half better alone: the high bytes are few and repeat.
  std::string low, high;
  for (const TextIds& ids : texts) {
    language.push_back(ids.record->language);
    kind.push_back(ids.record->kind);
    prompt.push_back(ids.prompt.size());
    text.push_back(ids.text.size());
    rejected.push_back(ids.rejected.size());
    for (const auto* part : {&ids.prompt, &ids.text, &ids.rejected}) {
      for (int32_t id : *part) {
        low += char(id & 0xff);
        high += char(id >> 8);
      }
    }
  }
  const json head = {{"language", std::move(language)},
                     {"kind", std::move(kind)},
                     {"prompt", std::move(prompt)},
                     {"text", std::move(text)},
                     {"rejected", std::move(rejected)}};
  return {{".tokens.z", pack(low + high)}, {".json.z", pack(head.dump())}};
}

}  // namespace tutti
