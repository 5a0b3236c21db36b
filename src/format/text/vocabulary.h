// What a kind of tokenizer has to offer; Tokenizer (tokenizer.h) does the rest, the same for all.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace tutti {

// The kinds of tokenizers, as the manifest of a model file names them.
inline constexpr std::string_view kSentencePiece = "sentencepiece";

// Immutable, so safe to use from many threads. Ids below special_token_count are those of
// special_tokens.h and have no text.
class Vocabulary {
 public:
  virtual ~Vocabulary() = default;

  // `utf8` is valid UTF-8.
  virtual Result<std::vector<int32_t>> encode(std::string_view utf8) const = 0;
  // Of ids that have text; bytes that form no character give U+FFFD.
  virtual std::string decode(std::span<const int32_t> ids) const = 0;

  virtual int size() const = 0;
  virtual bool is_byte(int32_t id) const = 0;     // a single byte, perhaps a part of a character
  virtual size_t bytes_of(int32_t id) const = 0;  // that it stands for at most
};

}  // namespace tutti
