#include "format/text/piece_table.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "base/utf8.h"
#include "format/text/proto_reader.h"
#include "format/text/tokenizer_settings.h"

namespace tutti {
namespace {

constexpr float kUnknownPenalty = 10.0f;  // unigram_model.cc: kUnkPenalty
constexpr std::string_view kSpace = "\xe2\x96\x81";

// "<0x1F>" -> 0x1f; -1 for anything else.
int byte_of_piece(std::string_view piece) {
  if (piece.size() != 6 || !piece.starts_with("<0x") || piece[5] != '>') return -1;
  int value = 0;
  for (char c : piece.substr(3, 2)) {
    const int digit = c >= '0' && c <= '9' ? c - '0' : c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
    if (digit < 0) return -1;
    value = value * 16 + digit;
  }
  return value;
}

// visible_spaces() does what these settings say.
Status check_spaces(std::string_view normalizer) {
  bool plain = true;
  ProtoReader rules(normalizer);
  for (ProtoField field; rules.next(field);) {
    if (field.number == 3) plain = plain && field.value == 1;  // add_dummy_prefix
    if (field.number == 4) plain = plain && field.value == 0;  // remove_extra_whitespaces
    if (field.number == 5) plain = plain && field.value == 1;  // escape_whitespaces
  }
  if (rules.ok() && plain) return {};
  return bad_input("the tokenizer treats spaces in another way; train it with train_tokenizer");
}

// What SentencePiece segments: a space in front, every space visible, malformed bytes as U+FFFD.
std::string visible_spaces(std::string_view text) {
  if (text.empty()) return {};
  std::string out(kSpace);
  while (true) {
    const size_t valid = invalid_utf8_at(text).value_or(text.size());
    for (char c : text.substr(0, valid)) {
      if (c == ' ') {
        out += kSpace;
      } else {
        out += c;
      }
    }
    if (valid == text.size()) return out;
    out += "\xef\xbf\xbd";
    text.remove_prefix(valid + 1);
  }
}

// Of a well-formed character, from its first byte.
size_t character_length(char first) {
  const auto lead = uint8_t(first);
  return lead < 0x80 ? 1 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
}

}  // namespace

Result<PieceTable> PieceTable::parse(std::string_view model) {
  TUTTI_CHECK(check_tokenizer_settings(model));
  PieceTable table;
  ProtoReader reader(model);
  for (ProtoField field; reader.next(field);) {
    if (field.number == 1) TUTTI_CHECK(table.add_piece(field.bytes));
    if (field.number == 3) TUTTI_CHECK(check_spaces(field.bytes));
  }
  if (!reader.ok() || table.pieces_.empty()) {
    return bad_input("the tokenizer is not a SentencePiece model or is cut short");
  }
  TUTTI_CHECK(table.finish());
  return table;
}

Status PieceTable::add_piece(std::string_view message) {
  Piece piece;
  ProtoReader reader(message);
  for (ProtoField field; reader.next(field);) {
    if (field.number == 1) piece.text = field.bytes;
    if (field.number == 2) piece.score = field.as_float();
    if (field.number == 3) piece.type = int(field.value);
  }
  if (!reader.ok() || piece.text.empty() || !std::isfinite(piece.score)) {
    return bad_input("piece " + std::to_string(pieces_.size()) + " of the tokenizer is malformed");
  }
  if (!ids_.emplace(piece.text, int(pieces_.size())).second) {
    return bad_input("the tokenizer has the piece '" + piece.text + "' twice");
  }
  pieces_.push_back(std::move(piece));
  return {};
}

Status PieceTable::finish() {
  std::vector<int> byte_ids(256, -1);
  min_score_ = std::numeric_limits<float>::max();
  id_at_node_.assign(1, -1);
  for (int i = 0; i < size(); ++i) {
    const Piece& piece = pieces_[size_t(i)];
    if (piece.type == user_defined) return bad_input("the tokenizer has user-defined pieces");
    if (piece.type == unknown) unknown_id_ = i;
    if (piece.type == normal) {
      min_score_ = std::min(min_score_, piece.score);
      add_to_trie(i);
    }
    if (piece.type != byte) continue;
    const int value = byte_of_piece(piece.text);
    if (value < 0) return bad_input("the tokenizer's byte piece '" + piece.text + "' is misspelt");
    byte_ids[size_t(value)] = i;
  }
  if (std::count(byte_ids.begin(), byte_ids.end(), -1) != 0) {
    return bad_input("the tokenizer lacks byte pieces; train it with byte fallback");
  }
  byte_ids_ = std::move(byte_ids);
  return {};
}

void PieceTable::add_to_trie(int id) {
  int node = 0;
  for (unsigned char c : pieces_[size_t(id)].text) {
    const auto [edge, added] = edges_.try_emplace(uint64_t(node) << 8 | c, int(id_at_node_.size()));
    if (added) id_at_node_.push_back(-1);
    node = edge->second;
  }
  id_at_node_[size_t(node)] = id;
}

int PieceTable::child(int node, unsigned char c) const {
  const auto edge = edges_.find(uint64_t(node) << 8 | c);
  return edge == edges_.end() ? -1 : edge->second;
}

// Viterbi over byte positions, as Model::EncodeOptimized of unigram_model.cc does it, including
// what decides ties ("mm" + "m" or "m" + "mm"): sums of pieces in double, of unknowns in float,
// both kept as float, and a strict comparison.
std::vector<int32_t> PieceTable::encode(std::string_view text) const {
  const std::string normalized = visible_spaces(text);
  struct Best {
    int id = -1;
    float score = 0;
    int from = -1;
  };
  std::vector<Best> best(normalized.size() + 1);
  const float unknown_score = min_score_ - kUnknownPenalty;
  const auto offer = [&](size_t from, size_t to, int id, double total) {
    if (best[to].from < 0 || total > best[to].score) best[to] = {id, float(total), int(from)};
  };
  for (size_t begin = 0; begin < normalized.size();) {
    const std::string_view rest = std::string_view(normalized).substr(begin);
    const size_t character = character_length(rest[0]);
    bool has_single = false;
    for (size_t length = 0, node = 0; length < rest.size();) {
      const int next = child(int(node), static_cast<unsigned char>(rest[length++]));
      if (next < 0) break;
      node = size_t(next);
      const int id = id_at_node_[node];
      if (id < 0) continue;
      offer(begin, begin + length, id, double(pieces_[size_t(id)].score) + best[begin].score);
      has_single = has_single || length == character;
    }
    if (!has_single)
      offer(begin, begin + character, unknown_id_, unknown_score + best[begin].score);
    begin += character;
  }

  std::vector<int32_t> reversed;
  for (int end = int(normalized.size()); end > 0; end = best[size_t(end)].from) {
    const Best& last = best[size_t(end)];
    if (last.id != unknown_id_) {
      reversed.push_back(last.id);
      continue;
    }
    for (int i = end - 1; i >= last.from; --i) {
      reversed.push_back(byte_ids_[uint8_t(normalized[size_t(i)])]);
    }
  }
  std::reverse(reversed.begin(), reversed.end());
  return reversed;
}

std::string PieceTable::decode(const std::vector<int32_t>& ids) const {
  std::string text;
  for (int32_t id : ids) {
    if (id < 0 || id >= size()) continue;
    const Piece& piece = pieces_[size_t(id)];
    if (piece.type == control || piece.type == unknown) continue;
    if (piece.type == byte) {
      text += char(byte_of_piece(piece.text));
      continue;
    }
    for (size_t i = 0; i < piece.text.size();) {
      if (piece.text.compare(i, kSpace.size(), kSpace) == 0) {
        text += ' ';
        i += kSpace.size();
      } else {
        text += piece.text[i++];
      }
    }
  }
  if (text.starts_with(' ')) text.erase(0, 1);
  return text;
}

int PieceTable::id(std::string_view piece) const {
  const auto found = ids_.find(std::string(piece));
  return found == ids_.end() ? -1 : found->second;
}

}  // namespace tutti
