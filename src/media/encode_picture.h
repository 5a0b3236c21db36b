// Pictures into files and downloads, through FFmpeg.
//
//   TUTTI_CHECK(save_picture("grid.png", grid));
//
// ErrorCode::usage: an unknown extension; ErrorCode::failed: the file cannot be
// written. A file appears under its name only when it is complete. May be called from any thread.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/media_types.h"
#include "base/result.h"

namespace tutti {

// By extension: png (exact), jpg, jpeg, bmp, webp. Formats without transparency get a white ground.
// quality is for JPEG and WebP: 1 to 100.
Status save_picture(const std::string& path, const Picture& picture, int quality = 92);
Result<std::vector<uint8_t>> encode_picture(const Picture& picture, const std::string& extension,
                                            int quality = 92);

}  // namespace tutti
