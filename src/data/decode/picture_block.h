// From the members of a block of pictures to records.
#pragma once

#include "data/decode_block.h"

namespace tutti::blocks {

Result<BlockRecords> pictures_of(const ShardBlock& block, const PieceTable& pieces);

}  // namespace tutti::blocks
