// Pictures as the model takes them, in training and in serving.
#pragma once

#include "base/media_types.h"

namespace tutti {

// Fits a picture of any size and channel count to side x side RGB, over white where transparent.
// One that is not square is squashed, each axis by itself.
Picture fit_picture(const PictureView& picture, int side);

}  // namespace tutti
