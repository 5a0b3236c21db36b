#include "format/text/tokenizer.h"

#include <sentencepiece_processor.h>

#include <algorithm>
#include <cmath>
#include <optional>

#include "base/byte_place.h"
#include "base/quote.h"
#include "base/utf8.h"
#include "format/text/special_tokens.h"

namespace tutti {
namespace {

constexpr size_t largest_model = size_t(64) << 20;
constexpr int byte_tokens = 256;

struct Field {
  int number = 0;
  uint64_t value = 0;      // of varints only
  std::string_view bytes;  // of length-delimited fields only
};

std::optional<uint64_t> take_varint(std::string_view& in) {
  uint64_t value = 0;
  for (int shift = 0; shift < 64 && !in.empty(); shift += 7) {
    const auto byte = uint8_t(in.front());
    in.remove_prefix(1);
    value |= uint64_t(byte & 127) << shift;
    if (byte < 128) return value;
  }
  return std::nullopt;
}

std::optional<Field> take_field(std::string_view& in) {
  const auto key = take_varint(in);
  if (!key || *key >> 3 > 0x1fffffff) return std::nullopt;
  Field field{int(*key >> 3), 0, {}};
  size_t length = 0;
  switch (*key & 7) {
    case 0: {
      const auto value = take_varint(in);
      if (!value) return std::nullopt;
      field.value = *value;
      return field;
    }
    case 1:
      length = 8;
      break;
    case 5:
      length = 4;
      break;
    case 2:
      if (const auto size = take_varint(in); size && *size <= in.size()) {
        length = size_t(*size);
        break;
      }
      return std::nullopt;
    default:
      return std::nullopt;
  }
  if (length > in.size()) return std::nullopt;
  if ((*key & 7) == 2) field.bytes = in.substr(0, length);
  in.remove_prefix(length);
  return field;
}

// SentencePiece 0.1.97 reads a normaliser's compiled table without checking its offsets. We use
// identity normalisation, which has none, so a model with a table is refused unread. So is every
// type but unigram: others merge pieces by rules that nobody checked against a stranger's. Fields,
// from sentencepiece_model.proto: ModelProto.trainer_spec 2, in it TrainerSpec.model_type 3, 1 for
// unigram; normalizer_spec 3 and denormalizer_spec 5, in them
// NormalizerSpec.precompiled_charsmap 2.
Status check_settings(std::string_view model) {
  while (!model.empty()) {
    auto field = take_field(model);
    if (!field) return bad_input("the tokenizer is not a SentencePiece model, or is damaged");
    const bool trainer = field->number == 2;
    if (!trainer && field->number != 3 && field->number != 5) continue;
    for (std::string_view spec = field->bytes; !spec.empty();) {
      const auto inner = take_field(spec);
      if (!inner) return bad_input("the tokenizer is damaged in its settings");
      if (trainer && inner->number == 3 && inner->value != 1)
        return bad_input("the tokenizer is of type " + std::to_string(inner->value) +
                         "; only unigram (1) is supported");
      if (!trainer && inner->number == 2 && !inner->bytes.empty())
        return bad_input("the tokenizer changes its text; train it with identity normalisation");
    }
  }
  return {};
}

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

}  // namespace

Tokenizer::Tokenizer(std::unique_ptr<sentencepiece::SentencePieceProcessor> processor)
    : processor_(std::move(processor)) {
  for (int32_t id = special_token_count; id < vocabulary_size(); ++id) {
    if (is_byte(id)) continue;
    longest_piece_ = std::max(longest_piece_, processor_->IdToPiece(id).size());
    if (anchor_ == 0 && !decode({&id, 1}).empty()) anchor_ = id;
  }
}
Tokenizer::Tokenizer(Tokenizer&&) noexcept = default;
Tokenizer& Tokenizer::operator=(Tokenizer&&) noexcept = default;
Tokenizer::~Tokenizer() = default;

Result<Tokenizer> Tokenizer::from_bytes(std::span<const std::byte> model) {
  if (model.size() > largest_model) return bad_input("the tokenizer has over 64 MiB");
  const std::string_view text(reinterpret_cast<const char*>(model.data()), model.size());
  TUTTI_CHECK(check_settings(text));
  auto processor = std::make_unique<sentencepiece::SentencePieceProcessor>();
  if (const auto status = processor->LoadFromSerializedProto(text); !status.ok()) {
    return bad_input(std::string("the tokenizer cannot be read: ") + status.error_message());
  }
  TUTTI_CHECK(check_vocabulary(*processor));
  return Tokenizer(std::move(processor));
}

Result<std::vector<int32_t>> Tokenizer::encode(std::string_view utf8) const {
  if (const auto offset = invalid_utf8_at(utf8)) {
    return bad_input("the text is not UTF-8 at " + byte_place(*offset) + " (" +
                     quote(utf8.substr(*offset, 4)) + "); convert it to UTF-8");
  }
  std::vector<int> ids;
  if (const auto status = processor_->Encode(utf8, &ids); !status.ok()) {
    return failed(std::string("cannot split the text into tokens: ") + status.error_message());
  }
  return ids;
}

std::string Tokenizer::decode(std::span<const int32_t> ids) const {
  std::vector<int> textual;
  for (int32_t id : ids) {
    if (is_text(id)) textual.push_back(id);
  }
  std::string text;
  if (!processor_->Decode(textual, &text).ok()) return {};
  return text;
}

std::string Tokenizer::decode_further(std::span<const int32_t> ids) const {
  std::vector<int32_t> anchored = {anchor_};
  anchored.insert(anchored.end(), ids.begin(), ids.end());
  return decode(anchored).substr(decode({&anchor_, 1}).size());
}

bool Tokenizer::is_text(int32_t id) const {
  return id >= special_token_count && id < vocabulary_size();
}

bool Tokenizer::is_byte(int32_t id) const {
  return processor_->IsByte(id);
}

int Tokenizer::vocabulary_size() const {
  return processor_->GetPieceSize();
}

const std::string& TokenDecoder::push(int32_t id) {
  if (!tokenizer_->is_text(id)) return text_;
  run_.push_back(id);
  text_.resize(certain_);
  text_ += certain_ == 0 ? tokenizer_->decode(run_) : tokenizer_->decode_further(run_);
  // Bytes may go on with a character that they have begun; until then it is U+FFFD.
  const bool open = tokenizer_->is_byte(id) && text_.ends_with("\xef\xbf\xbd");
  if (text_.empty() || open) return text_;
  certain_ = text_.size();
  run_.clear();
  return text_;
}

}  // namespace tutti
