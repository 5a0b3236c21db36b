// Clouds of points into a block.
#pragma once

#include <span>

#include "data/build/shard_writer.h"
#include "data/records.h"

namespace tutti {

// JSON: things [{key, name, label, points}]. Coordinates from -1 to 1, in steps of kCloudSteps.
Block cloud_block(std::span<const CloudRecord* const> things);

}  // namespace tutti
