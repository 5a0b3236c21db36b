#include "data/build/blocks/text_block.h"

#include <array>
#include <nlohmann/json.hpp>

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
  // Deflate models each byte of them better alone: the high ones are few and repeat.
  std::array<std::string, 4> planes;
  for (const TextIds& ids : texts) {
    language.push_back(ids.record->language);
    kind.push_back(ids.record->kind);
    prompt.push_back(ids.prompt.size());
    text.push_back(ids.text.size());
    rejected.push_back(ids.rejected.size());
    for (const auto* part : {&ids.prompt, &ids.text, &ids.rejected}) {
      for (int32_t id : *part)
        for (size_t i = 0; i < planes.size(); ++i) planes[i] += char(id >> (8 * i));
    }
  }
  const json head = {{"language", std::move(language)},
                     {"kind", std::move(kind)},
                     {"prompt", std::move(prompt)},
                     {"text", std::move(text)},
                     {"rejected", std::move(rejected)}};
  return {{".ids.z", pack(planes[0] + planes[1] + planes[2] + planes[3])},
          {".json.z", pack(head.dump())}};
}

}  // namespace tutti
