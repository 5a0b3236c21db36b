// A picture from a file or an upload, through FFmpeg.
//
//   Result<Picture> photo = load_picture("cat.jpg");
//
// What is not there, not a picture, damaged, truncated or beyond the limits is
// ErrorCode::bad_input. May be called from any thread.
#pragma once

#include "base/media_types.h"
#include "base/result.h"
#include "media/input.h"

namespace tutti {

enum class Transparency { over_white, keep };

// JPEG, PNG, WebP, BMP, or the first frame of a GIF or an animated WebP, turned upright where EXIF
// says how. RGB, with transparent pixels laid over white; or RGBA always, with Transparency::keep.
Result<Picture> load_picture(const MediaInput& input, const MediaLimits& limits = {},
                             Transparency transparency = Transparency::over_white);

// The bits of fit_picture(load_picture(input, limits), side), from the decoder's own frame: where
// that is RGB, upright and opaque, nothing of the picture's size is written but the frame.
Result<Picture> load_fitted_picture(const MediaInput& input, int side,
                                    const MediaLimits& limits = {});

}  // namespace tutti
