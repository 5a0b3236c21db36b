// Draws what INT8 costs: one bar for each of the layers with the largest errors.
#pragma once

#include "base/media_types.h"
#include "quantize/quantize.h"

namespace tutti {

Picture quantize_chart(const QuantizeReport& report);

}  // namespace tutti
