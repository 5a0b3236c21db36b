// Shards made in memory, for tests and fuzz targets: a tokenizer of single bytes and a few words,
// and blocks whose JSON and sheets may be whatever a stranger writes.
#pragma once

#include <cstring>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>
#include <vector>

#include "data/shard_set.h"
#include "format/picture_file.h"
#include "format/zlib_stream.h"

namespace tutti::fixture {

// One field of a protocol buffer message, length-delimited.
inline std::string proto_field(int number, const std::string& bytes) {
  std::string out(1, char(number << 3 | 2));
  for (size_t length = bytes.size();; length >>= 7) {
    out += char((length & 0x7f) | (length >= 0x80 ? 0x80 : 0));
    if (length < 0x80) return out + bytes;
  }
}

// One piece of a SentencePiece model. Types: 1 normal, 2 unknown, 3 control, 6 byte.
inline std::string proto_piece(const std::string& text, float score, int type) {
  std::string bits(4, '\0');
  std::memcpy(bits.data(), &score, 4);
  std::string piece = proto_field(1, text) + char(2 << 3 | 5) + bits;
  if (type != 1) piece += std::string({char(3 << 3), char(type)});
  return proto_field(1, piece);
}

inline std::string byte_and_word_pieces() {
  std::string pieces;
  const char* digits = "0123456789ABCDEF";
  for (int byte = 0; byte < 256; ++byte)
    pieces += proto_piece({'<', '0', 'x', digits[byte >> 4], digits[byte & 15], '>'}, 0, 6);
  float score = -1;
  const std::string space = "\xe2\x96\x81";
  for (const std::string& word : {space, space + "a", std::string("dog"), space + "star"})
    pieces += proto_piece(word, score--, 1);
  return pieces;
}

// A SentencePiece model: <unk>, <s>, </s>, a piece a byte and some words.
inline std::string tokenizer_model() {
  return proto_piece("<unk>", 0, 2) + proto_piece("<s>", 0, 3) + proto_piece("</s>", 0, 3) +
         byte_and_word_pieces();
}

inline std::string packed(const std::string& text) {
  std::string out(8, '\0');
  for (size_t i = 0; i < 8; ++i) out[i] = char(text.size() >> (8 * i));
  const auto stream = zlib_compress(std::as_bytes(std::span(text)));
  if (stream) out.append(reinterpret_cast<const char*>(stream->data()), stream->size());
  return out;
}

// Something to see in every channel.
inline std::string sheet(int width, int height, int channels) {
  Picture picture = make_picture(width, height, channels);
  for (size_t i = 0; i < picture.pixels.size(); ++i) picture.pixels[i] = uint8_t(i * 37 + 200);
  return encode_png(picture);
}

// A block that owns its members.
struct MadeBlock {
  std::string kind, source;
  std::vector<std::pair<std::string, std::string>> members;  // ".json.z" -> bytes

  std::pair<std::string, ShardBlock> view() const {
    ShardBlock block{"made " + source, source, {}};
    for (const auto& [suffix, bytes] : members)
      block.members.push_back({"000000" + suffix, std::as_bytes(std::span(bytes))});
    return {kind, std::move(block)};
  }
};

struct PictureShape {
  int width = 64, height = 64, channels = 3;
  bool mask = false, alpha = false;
};

inline MadeBlock picture_block(const std::string& source, const PictureShape& shape,
                               nlohmann::json entry = nlohmann::json::object()) {
  entry.update({{"key", "k"}, {"width", shape.width}, {"height", shape.height}});
  if (!entry.contains("label")) entry["label"] = "dog";
  if (!entry.contains("captions"))
    entry["captions"] = nlohmann::json::array({nlohmann::json::array({"en", "a dog"})});
  const nlohmann::json head = {{"tile_width", shape.width},
                               {"tile_height", shape.height},
                               {"columns", 1},
                               {"pictures", nlohmann::json::array({std::move(entry)})}};
  MadeBlock block{"pictures", source, {}};
  block.members = {{".picture.png", sheet(shape.width, shape.height, shape.channels)},
                   {".json.z", packed(head.dump())}};
  if (shape.mask) block.members.push_back({".mask.png", sheet(shape.width, shape.height, 1)});
  if (shape.alpha) block.members.push_back({".alpha.png", sheet(shape.width, shape.height, 1)});
  return block;
}

inline MadeBlock speech_block(const std::string& source, const nlohmann::json& entry, int frames) {
  const nlohmann::json head = {{"recordings", nlohmann::json::array({entry})}};
  return {"speech", source, {{".mel.png", sheet(frames, 80, 1)}, {".json.z", packed(head.dump())}}};
}

// Things of two points each, a step from the middle, all of one kind.
inline MadeBlock cloud_block(const std::string& source, int things, const std::string& label,
                             int points = 2) {
  nlohmann::json entries = nlohmann::json::array();
  for (int i = 0; i < things; ++i)
    entries.push_back({{"key", "k" + std::to_string(i)},
                       {"name", "big " + label},
                       {"label", label},
                       {"points", points}});
  // Of each axis 1 and -1 after it: codes 2 and 3.
  std::string low, high(size_t(things) * 6, '\0');
  for (int i = 0; i < 3 * things; ++i) low += std::string("\2\3");
  const nlohmann::json head = {{"things", std::move(entries)}};
  return {"clouds", source, {{".xyz.z", packed(low + high)}, {".json.z", packed(head.dump())}}};
}

inline Result<ShardSet> shards_of(const std::vector<MadeBlock>& blocks) {
  std::vector<std::pair<std::string, ShardBlock>> views;
  for (const MadeBlock& block : blocks) views.push_back(block.view());
  return decode_blocks(views, tokenizer_model());
}

}  // namespace tutti::fixture
