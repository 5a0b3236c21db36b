// From the members of a block to records. Shards may come from a stranger: every number is checked
// against what is there before it is used, and every record against what its set promises
// (record_checks.h).
#include "data/decode_block.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "data/decode/cloud_block.h"
#include "data/decode/picture_block.h"
#include "data/decode/series_block.h"
#include "data/decode/speech_block.h"
#include "data/decode/text_block.h"
#include "data/decode/voxel_block.h"

namespace tutti {

using nlohmann::json;

namespace {

// The JSON library throws where a field is missing or has another type. Blocks are decoded on
// threads of their own, which an exception may not leave.
template <class Decode>
Result<BlockRecords> guarded(const ShardBlock& block, const PieceTable& pieces, Decode decode) {
  try {
    Result<BlockRecords> records = decode(block, pieces);
    if (!records) return records.error().with_context(block.where);
    return records;
  } catch (const json::exception& problem) {
    return bad_input(block.where + ": its JSON is not as expected: " + problem.what());
  } catch (const std::bad_alloc&) {
    return failed(block.where + ": memory ran out while it was decoded");
  }
}

}  // namespace

const TarEntry* ShardBlock::find(std::string_view suffix) const {
  for (const TarEntry& member : members) {
    const std::string_view name = member.name;
    if (name.substr(std::min(name.find('.'), name.size())) == suffix) return &member;
  }
  return nullptr;
}

Result<BlockRecords> decode_picture_block(const ShardBlock& block, const PieceTable& pieces) {
  return guarded(block, pieces, blocks::pictures_of);
}
Result<BlockRecords> decode_speech_block(const ShardBlock& block, const PieceTable& pieces) {
  return guarded(block, pieces, blocks::speech_of);
}
Result<BlockRecords> decode_vocoder_block(const ShardBlock& block, const PieceTable& pieces) {
  return guarded(block, pieces, blocks::vocoder_of);
}
Result<BlockRecords> decode_text_block(const ShardBlock& block, const PieceTable& pieces) {
  return guarded(block, pieces, blocks::texts_of);
}
Result<BlockRecords> decode_series_block(const ShardBlock& block, const PieceTable& pieces) {
  return guarded(block, pieces, blocks::series_of);
}
Result<BlockRecords> decode_voxel_block(const ShardBlock& block, const PieceTable& pieces) {
  return guarded(block, pieces, blocks::voxels_of);
}
Result<BlockRecords> decode_cloud_block(const ShardBlock& block, const PieceTable& pieces) {
  return guarded(block, pieces, blocks::clouds_of);
}

BlockDecoder block_decoder(const std::string& kind) {
  if (kind == "pictures") return decode_picture_block;
  if (kind == "speech") return decode_speech_block;
  if (kind == "vocoder") return decode_vocoder_block;
  if (kind == "text") return decode_text_block;
  if (kind == "series") return decode_series_block;
  if (kind == "voxels") return decode_voxel_block;
  if (kind == "clouds") return decode_cloud_block;
  return nullptr;
}

}  // namespace tutti
