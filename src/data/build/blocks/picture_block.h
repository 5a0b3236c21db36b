// Pictures of a set into a block: decoded, shrunk, laid out on a sheet, encoded.
#pragma once

#include <span>

#include "base/result.h"
#include "data/build/read/raw_records.h"
#include "data/build/sets.h"
#include "data/build/shard_writer.h"

namespace tutti {

// How many pictures of a set share a sheet of at most 1024 x 1024 (512 x 512 for tiles up to 64).
int pictures_per_block(const PictureSet& set);

// JSON: tile_width, tile_height, columns, pictures [{key, width, height, label, captions
// [[language, text]], questions [[question, answer]]}].
Result<Block> picture_block(const PictureSet& set, std::span<const RawPicture* const> pictures);

}  // namespace tutti
