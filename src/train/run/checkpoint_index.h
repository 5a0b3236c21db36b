// The index of a checkpoint: which region of which tensor lies in which of its files, as JSON.
// No libtorch here, so that it is fuzzed and built in seconds.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "base/result.h"
#include "train/backend/region.h"

namespace tutti {

struct CheckpointIndex {
  struct Piece {
    int file = 0;        // pieces_N.safetensors
    std::string tensor;  // its name there
    Region region;       // of the whole
  };
  struct Tensor {
    std::array<int64_t, 2> shape;  // of the whole, FP32
    std::vector<Piece> pieces;
  };

  int step = 0;         // steps done
  int64_t updates = 0;  // of the optimizer: less, where steps were passed over
  int files = 0;
  std::map<std::string, Tensor> tensors;

  std::string json() const;
  // A stranger's index is refused, never misread: bad_input unless the regions of every tensor lie
  // in it, side by side, and leave nothing out.
  static Result<CheckpointIndex> parse(const std::string& text);
};

}  // namespace tutti
