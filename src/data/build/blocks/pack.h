// Turns blocks of records into the bytes of shard members, as small as plain zlib and baseline JPEG
// allow: deflate at its highest level, because stb's own compressor has fixed codes only.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "base/media_types.h"

namespace tutti {

// 8 bytes of length, then a zlib stream; unpack() of shard_format.h undoes it.
std::string pack(std::string_view bytes);

// Without loss, rows unfiltered: best for drawings of few colours, which ours are.
std::string encode_flat_png(const Picture& picture);

// The smaller of a flat PNG and a JPEG; `suffix` tells which (".png", ".jpg").
std::string encode_smaller(const Picture& picture, int quality, std::string& suffix);

}  // namespace tutti
