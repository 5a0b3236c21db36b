// The deflate streams inside PNG and shards, through the stb headers.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "base/result.h"

namespace tutti {

// zlib streams (RFC 1950), at most 1 GiB of input. Decompression knows its size beforehand and
// fails on anything longer, shorter, or with a wrong checksum.
Result<std::vector<std::byte>> zlib_compress(std::span<const std::byte> bytes);
Result<std::vector<std::byte>> zlib_decompress(std::span<const std::byte> stream,
                                               size_t expected_bytes);

}  // namespace tutti
