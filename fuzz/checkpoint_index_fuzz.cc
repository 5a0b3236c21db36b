// The index of a checkpoint: it is refused, or its pieces cover every tensor exactly and it is
// written and read back the same.
#include <cstdlib>

#include "fuzz_target.h"
#include "train/run/checkpoint_index.h"

using namespace tutti;

std::vector<std::string> fuzz_seeds() {
  CheckpointIndex index;
  index.step = 12;
  index.updates = 11;
  index.files = 2;
  index.tensors["weight.a"] = {{4, 6}, {{0, "weight.a", {{0, 0}, {4, 6}}}}};
  index.tensors["weight.b"] = {
      {4, 6}, {{0, "weight.b", {{0, 0}, {2, 6}}}, {1, "weight.b", {{2, 0}, {2, 6}}}}};
  return {index.json(), "{}", R"({"format":"tutti-checkpoint","version":1})"};
}

int fuzz_mutations() {
  return 20000;
}

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const auto index = CheckpointIndex::parse(std::string(reinterpret_cast<const char*>(data), size));
  if (!index) {
    if (index.error().message().empty()) std::abort();
    return 0;
  }
  for (const auto& [name, tensor] : index->tensors) {
    if (tensor.shape[0] * tensor.shape[1] > 1 << 20) continue;
    std::vector<int> held(size_t(tensor.shape[0] * tensor.shape[1]));
    for (const auto& piece : tensor.pieces) {
      if (piece.file < 0 || piece.file >= index->files) std::abort();
      for (int64_t r = 0; r < piece.region.size[0]; ++r)
        for (int64_t c = 0; c < piece.region.size[1]; ++c)
          ++held.at(
              size_t((piece.region.first[0] + r) * tensor.shape[1] + piece.region.first[1] + c));
    }
    for (int times : held)
      if (times != 1) std::abort();
  }
  const std::string written = index->json();
  const auto again = CheckpointIndex::parse(written);
  if (!again || again->json() != written) std::abort();
  return 0;
}
