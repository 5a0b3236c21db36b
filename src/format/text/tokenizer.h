// Text to token ids and back, whatever the kind of tokenizer (vocabulary.h).
//
//   TUTTI_ASSIGN(Tokenizer tokenizer, Tokenizer::open("sentencepiece", model.tokenizer));
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
#include "format/text/vocabulary.h"

namespace tutti {

// Immutable, so safe to use from many threads.
class Tokenizer {
 public:
  // `kind` as the manifest of a model names it. bad_input when it is not known, or when the bytes
  // are none of that kind.
  static Result<Tokenizer> open(std::string_view kind, std::span<const std::byte> bytes);

  // bad_input with the byte offset when the text is not UTF-8. No <s> or </s> is added. Takes time
  // and memory with every byte: what comes from strangers is measured with fewest_tokens() first.
  Result<std::vector<int32_t>> encode(std::string_view utf8) const;

  // So many tokens at least has a text of that many bytes: none is longer than the longest piece.
  size_t fewest_tokens(size_t bytes) const { return bytes / longest_piece_; }

  // Special tokens and ids outside the vocabulary give no text; bytes that form no character give
  // U+FFFD. decode(encode(x)) == x, except that U+2581, the mark for spaces, comes back as a space.
  std::string decode(std::span<const int32_t> ids) const;

  int vocabulary_size() const { return vocabulary_->size(); }

 private:
  friend class TokenDecoder;
  explicit Tokenizer(std::unique_ptr<const Vocabulary> vocabulary);

  bool is_text(int32_t id) const;
  // As decode(), of ids that follow others: a space in front of them stays.
  std::string decode_further(std::span<const int32_t> ids) const;

  std::unique_ptr<const Vocabulary> vocabulary_;
  size_t longest_piece_ = 1;  // bytes
  int32_t anchor_ = 0;        // some piece that is not empty where a text begins with it
};

// Ids that come one by one, as text: always what Tokenizer::decode() gives of all of them, but what
// is certain is not decoded again. The tokenizer must outlive it.
class TokenDecoder {
 public:
  explicit TokenDecoder(const Tokenizer& tokenizer) : tokenizer_(&tokenizer) {}

  // The text of all ids so far.
  const std::string& push(int32_t id);
  const std::string& text() const { return text_; }

 private:
  const Tokenizer* tokenizer_;
  std::string text_;
  size_t certain_ = 0;        // bytes of it that no further id changes
  std::vector<int32_t> run_;  // the ids behind those bytes
};

}  // namespace tutti
