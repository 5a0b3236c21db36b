#include "format/text/tokenizer.h"

#include <algorithm>

#include "base/byte_place.h"
#include "base/joined.h"
#include "base/quote.h"
#include "base/utf8.h"
#include "format/text/sentencepiece.h"
#include "format/text/special_tokens.h"

namespace tutti {
namespace {

struct Kind {
  std::string name;
  Result<std::unique_ptr<const Vocabulary>> (*open)(std::span<const std::byte>);
};

const std::vector<Kind>& kinds() {
  static const std::vector<Kind> all = {{std::string(kSentencePiece), open_sentencepiece}};
  return all;
}

}  // namespace

Tokenizer::Tokenizer(std::unique_ptr<const Vocabulary> vocabulary)
    : vocabulary_(std::move(vocabulary)) {
  for (int32_t id = special_token_count; id < vocabulary_size(); ++id) {
    if (vocabulary_->is_byte(id)) continue;
    longest_piece_ = std::max(longest_piece_, vocabulary_->bytes_of(id));
    if (anchor_ == 0 && !decode({&id, 1}).empty()) anchor_ = id;
  }
}

Result<Tokenizer> Tokenizer::open(std::string_view kind, std::span<const std::byte> bytes) {
  for (const Kind& known : kinds()) {
    if (known.name != kind) continue;
    TUTTI_ASSIGN(std::unique_ptr<const Vocabulary> vocabulary, known.open(bytes));
    return Tokenizer(std::move(vocabulary));
  }
  return bad_input(
      "the tokenizer is of the kind " + quote(std::string(kind)) +
      ", which this version of tutti does not know; known: " + joined(kinds(), &Kind::name));
}

Result<std::vector<int32_t>> Tokenizer::encode(std::string_view utf8) const {
  if (const auto offset = invalid_utf8_at(utf8)) {
    return bad_input("the text is not UTF-8 at " + byte_place(*offset) + " (" +
                     quote(utf8.substr(*offset, 4)) + "); convert it to UTF-8");
  }
  return vocabulary_->encode(utf8);
}

std::string Tokenizer::decode(std::span<const int32_t> ids) const {
  std::vector<int32_t> textual;
  for (int32_t id : ids) {
    if (is_text(id)) textual.push_back(id);
  }
  return vocabulary_->decode(textual);
}

std::string Tokenizer::decode_further(std::span<const int32_t> ids) const {
  std::vector<int32_t> anchored = {anchor_};
  anchored.insert(anchored.end(), ids.begin(), ids.end());
  return decode(anchored).substr(decode({&anchor_, 1}).size());
}

bool Tokenizer::is_text(int32_t id) const {
  return id >= special_token_count && id < vocabulary_size();
}

const std::string& TokenDecoder::push(int32_t id) {
  if (!tokenizer_->is_text(id)) return text_;
  run_.push_back(id);
  text_.resize(certain_);
  text_ += certain_ == 0 ? tokenizer_->decode(run_) : tokenizer_->decode_further(run_);
  // Bytes may go on with a character that they have begun; until then it is U+FFFD.
  const bool open = tokenizer_->vocabulary_->is_byte(id) && text_.ends_with("\xef\xbf\xbd");
  if (text_.empty() || open) return text_;
  certain_ = text_.size();
  run_.clear();
  return text_;
}

}  // namespace tutti
