#include "data/build/blocks/voxel_block.h"

#include <nlohmann/json.hpp>

#include "data/build/blocks/pack.h"

namespace tutti {

Block voxel_block(std::span<const RawVoxels* const> things) {
  std::string cells;
  nlohmann::json entries = nlohmann::json::array();
  for (const RawVoxels* thing : things) {
    cells += thing->cells;
    entries.push_back({{"key", thing->key}, {"label", thing->label}});
  }
  const nlohmann::json head = {{"things", std::move(entries)}};
  return {{".cells.z", pack(cells)}, {".json.z", pack(head.dump())}};
}

}  // namespace tutti
