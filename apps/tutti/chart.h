// Draws who attends to whom as a picture: one panel for each modality that asks, one stacked bar a
// layer, one colour for each modality that is looked at.
#pragma once

#include <string>

#include "base/media_types.h"
#include "engine/engine.h"

namespace tutti {

Picture attention_chart(const AttentionShare& share, const std::string& title);

}  // namespace tutti
