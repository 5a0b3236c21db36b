// From the members of a block of clouds of points to records.
#pragma once

#include "data/decode_block.h"

namespace tutti::blocks {

Result<BlockRecords> clouds_of(const ShardBlock& block, const PieceTable& pieces);

}  // namespace tutti::blocks
