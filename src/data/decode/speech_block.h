// From the members of a block of speech, or of sounds without spectrograms, to records.
#pragma once

#include "data/decode_block.h"

namespace tutti::blocks {

Result<BlockRecords> speech_of(const ShardBlock& block, const PieceTable& pieces);
Result<BlockRecords> vocoder_of(const ShardBlock& block, const PieceTable& pieces);

}  // namespace tutti::blocks
