#include "format/text/sentencepiece.h"

#include <sentencepiece_processor.h>

#include <cmath>
#include <string_view>

#include "base/quote.h"
#include "base/utf8.h"
#include "format/text/special_tokens.h"
#include "format/text/tokenizer_settings.h"

namespace tutti {
namespace {

constexpr size_t largest_model = size_t(64) << 20;
constexpr int byte_tokens = 256;

Status check_vocabulary(const sentencepiece::SentencePieceProcessor& processor) {
  if (processor.GetPieceSize() < special_token_count + byte_tokens || processor.unk_id() != 0) {
    return bad_input("the tokenizer has " + std::to_string(processor.GetPieceSize()) +
                     " tokens, too few to be one of Tutti's");
  }
  int bytes = 0;
  for (int id = 0; id < processor.GetPieceSize(); ++id) {
    const std::string& piece = processor.IdToPiece(id);
    const bool special = processor.IsControl(id) || processor.IsUnknown(id);
    if (special != (id < special_token_count) || (special && piece != special_token_names[id])) {
      return bad_input("token " + std::to_string(id) + " of the tokenizer is " + quote(piece) +
                       "; it was not trained by Tutti, or by another version");
    }
    if (invalid_utf8_at(piece)) return bad_input("a token of the tokenizer is not UTF-8");
    if (!std::isfinite(processor.GetScore(id)))
      return bad_input("the score of token " + std::to_string(id) + " is not a number");
    bytes += processor.IsByte(id);
  }
  if (bytes == byte_tokens) return {};
  return bad_input("the tokenizer lacks byte tokens; train it with byte fallback");
}

class SentencePiece final : public Vocabulary {
 public:
  explicit SentencePiece(std::unique_ptr<sentencepiece::SentencePieceProcessor> processor)
      : processor_(std::move(processor)) {}

  Result<std::vector<int32_t>> encode(std::string_view utf8) const override {
    std::vector<int> ids;
    if (const auto status = processor_->Encode(utf8, &ids); !status.ok())
      return failed(std::string("cannot split the text into tokens: ") + status.error_message());
    return ids;
  }
  std::string decode(std::span<const int32_t> ids) const override {
    std::string text;
    const std::vector<int> copy(ids.begin(), ids.end());
    return processor_->Decode(copy, &text).ok() ? text : std::string();
  }
  int size() const override { return processor_->GetPieceSize(); }
  bool is_byte(int32_t id) const override { return processor_->IsByte(id); }
  size_t bytes_of(int32_t id) const override {
    return is_byte(id) ? 1 : processor_->IdToPiece(id).size();
  }

 private:
  const std::unique_ptr<sentencepiece::SentencePieceProcessor> processor_;
};

}  // namespace

Result<std::unique_ptr<const Vocabulary>> open_sentencepiece(std::span<const std::byte> model) {
  if (model.size() > largest_model) return bad_input("the tokenizer has over 64 MiB");
  const std::string_view text(reinterpret_cast<const char*>(model.data()), model.size());
  TUTTI_CHECK(check_tokenizer_settings(text));
  auto processor = std::make_unique<sentencepiece::SentencePieceProcessor>();
  if (const auto status = processor->LoadFromSerializedProto(text); !status.ok()) {
    return bad_input(std::string("the tokenizer cannot be read: ") + status.error_message());
  }
  TUTTI_CHECK(check_vocabulary(*processor));
  return std::unique_ptr<const Vocabulary>(std::make_unique<SentencePiece>(std::move(processor)));
}

}  // namespace tutti
