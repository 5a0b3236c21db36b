// A SentencePiece unigram model without the SentencePiece library: the same Viterbi segmentation
// and byte fallback from the same tokenizer.model. The trainer tokenises generated captions with it
// where the library is not at hand. Only what format/text/tokenizer_trainer.h makes is supported:
// identity normalisation, a dummy prefix, extra spaces kept, no user-defined pieces.
//
//   TUTTI_ASSIGN(PieceTable pieces, PieceTable::parse(model_bytes));
//   std::vector<int32_t> ids = pieces.encode("a red apple");
//
// Source: Kudo 2018, "Subword Regularization"; sentencepiece_model.proto of release 0.1.97.
// Thread-safety: immutable once parsed.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/result.h"

namespace tutti {

class PieceTable {
 public:
  PieceTable() = default;

  // `model` is the file SentencePiece writes (a protocol buffer). Fails on other kinds of models
  // and on anything malformed.
  static Result<PieceTable> parse(std::string_view model);

  // The ids SentencePieceProcessor::Encode gives, without begin and end marks.
  std::vector<int32_t> encode(std::string_view text) const;
  // Ids out of range and control pieces are left out.
  std::string decode(const std::vector<int32_t>& ids) const;

  int size() const { return int(pieces_.size()); }
  const std::string& piece(int id) const { return pieces_[size_t(id)].text; }
  // The id of a piece by its exact text (also control pieces), or -1.
  int id(std::string_view piece) const;

 private:
  enum Type { normal = 1, unknown = 2, control = 3, user_defined = 4, byte = 6 };
  struct Piece {
    std::string text;
    float score = 0;
    int type = normal;
  };

  Status add_piece(std::string_view message);
  Status finish();
  void add_to_trie(int id);
  int child(int node, unsigned char c) const;

  std::vector<Piece> pieces_;
  std::unordered_map<std::string, int> ids_;
  std::unordered_map<uint64_t, int> edges_;  // (node << 8 | byte) -> node
  std::vector<int> id_at_node_;              // -1 where no piece ends
  std::vector<int> byte_ids_;                // 256, or empty without byte fallback
  float min_score_ = 0;
  int unknown_id_ = 0;
};

}  // namespace tutti
