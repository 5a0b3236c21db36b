// Decodes the blocks of one split into a ShardSet; the inside of ShardSet::open.
#pragma once

#include <span>
#include <string>
#include <utility>
#include <vector>

#include "base/result.h"
#include "data/records.h"
#include "format/tar.h"
#include "format/text/piece_table.h"

namespace tutti {

// The members of a block by suffix (".json.z"), pointing into an open tar.
struct ShardBlock {
  std::string where;   // for messages: "train-flickr8k-0000.tar 000003"
  std::string source;  // the set: "flickr8k"; what its records promise hangs on it
  std::vector<TarEntry> members;

  const TarEntry* find(std::string_view suffix) const;
};

struct BlockRecords {
  std::vector<PictureRecord> pictures;
  std::vector<SpeechRecord> speech;
  std::vector<TextRecord> texts;
  std::vector<SeriesRecord> series;
  std::vector<VoxelRecord> voxels;
  std::vector<CloudRecord> clouds;
  std::vector<QuestionRecord> questions;  // QuestionRecord::picture counts within the block
};

using BlockDecoder = Result<BlockRecords> (*)(const ShardBlock&, const PieceTable&);

// Of "pictures", "speech", "vocoder", "text", "series", "voxels" or "clouds"; else nullptr.
BlockDecoder block_decoder(const std::string& kind);

Result<BlockRecords> decode_picture_block(const ShardBlock& block, const PieceTable& pieces);
Result<BlockRecords> decode_speech_block(const ShardBlock& block, const PieceTable& pieces);
Result<BlockRecords> decode_vocoder_block(const ShardBlock& block, const PieceTable& pieces);
Result<BlockRecords> decode_text_block(const ShardBlock& block, const PieceTable& pieces);
Result<BlockRecords> decode_series_block(const ShardBlock& block, const PieceTable& pieces);
Result<BlockRecords> decode_voxel_block(const ShardBlock& block, const PieceTable& pieces);
Result<BlockRecords> decode_cloud_block(const ShardBlock& block, const PieceTable& pieces);

}  // namespace tutti
