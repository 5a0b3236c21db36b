// From the members of a block of a series of pictures to its record.
#pragma once

#include "data/decode_block.h"

namespace tutti::blocks {

Result<BlockRecords> series_of(const ShardBlock& block, const PieceTable& pieces);

}  // namespace tutti::blocks
