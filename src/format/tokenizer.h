// Text to token ids and back, with SentencePiece.
//
//   TUTTI_ASSIGN(Tokenizer tokenizer, Tokenizer::from_bytes(model.tokenizer));
//   TUTTI_ASSIGN(std::vector<int32_t> ids, tokenizer.encode("a red apple"));
//   tokenizer.decode(ids);   // "a red apple"
//
// Text never becomes a special token: the user's "<assistant>" is ten letters, so nobody can forge
// a turn. Callers put special tokens (special_tokens.h) between encoded texts themselves.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace sentencepiece {
class SentencePieceProcessor;
}

namespace tutti {

// Immutable, so safe to use from many threads.
class Tokenizer {
 public:
  // bad_input when the bytes are not a SentencePiece model with our special tokens, byte fallback
  // and identity normalisation (see tokenizer_trainer.h).
  static Result<Tokenizer> from_bytes(std::span<const std::byte> model);
  Tokenizer(Tokenizer&&) noexcept;
  Tokenizer& operator=(Tokenizer&&) noexcept;
  ~Tokenizer();

  // bad_input with the byte offset when the text is not UTF-8. No <s> or </s> is added.
  Result<std::vector<int32_t>> encode(std::string_view utf8) const;

  // Special tokens and ids outside the vocabulary give no text; bytes that form no character give
  // U+FFFD. decode(encode(x)) == x, except that U+2581, the mark for spaces, comes back as a space.
  std::string decode(std::span<const int32_t> ids) const;

  int vocabulary_size() const;

 private:
  explicit Tokenizer(std::unique_ptr<sentencepiece::SentencePieceProcessor> processor);

  std::unique_ptr<sentencepiece::SentencePieceProcessor> processor_;
};

}  // namespace tutti
