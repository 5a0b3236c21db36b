#include "data/build/blocks/cloud_block.h"

#include <cmath>
#include <nlohmann/json.hpp>

#include "data/build/blocks/pack.h"
#include "data/shard_format.h"

namespace tutti {

Block cloud_block(std::span<const CloudRecord* const> things) {
  std::string low, high;  // bytes: deflate models each better alone
  nlohmann::json entries = nlohmann::json::array();
  for (const CloudRecord* thing : things) {
    for (size_t axis = 0; axis < 3; ++axis) {
      int before = 0;
      for (size_t i = axis; i < thing->xyz.size(); i += 3) {
        const int steps = int(std::lround(thing->xyz[i] * kCloudSteps));
        const uint16_t code = zigzag(int16_t(uint16_t(steps) - uint16_t(before)));
        low += char(code);
        high += char(code >> 8);
        before = steps;
      }
    }
    entries.push_back({{"key", thing->key},
                       {"name", thing->name},
                       {"label", thing->label},
                       {"points", thing->xyz.size() / 3}});
  }
  const nlohmann::json head = {{"things", std::move(entries)}};
  return {{".xyz.z", pack(low + high)}, {".json.z", pack(head.dump())}};
}

}  // namespace tutti
