// Everything that a resumed run needs, as a directory:
//
//   checkpoint/step_280/index.json             which piece of which tensor lies in which file
//   checkpoint/step_280/pieces_0.safetensors   those of the first store, and so on
//
// Pieces are named by tensor, offset and shape, so that a run may go on in another number of stores
// than it was saved from. A checkpoint is complete or not there: it is written beside its final
// name, synced and renamed. Version 1 was one file, checkpoint.safetensors, which is still read.
#pragma once

#include <map>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/result.h"
#include "format/package/safetensors.h"
#include "train/backend/parameter_store.h"

namespace tutti {

// Writes FOLDER/checkpoint/step_N of the pieces of all stores, which hold one model, then removes
// what it supersedes.
Status save_checkpoint(const std::string& folder, int step,
                       std::span<const ParameterStore* const> stores);

class Checkpoint {
 public:
  // The latest complete one in FOLDER; nullopt: there is none. bad_input says where one makes no
  // sense: cut short, or with an index that says other things than its files.
  static Result<std::optional<Checkpoint>> open(const std::string& folder);

  int step() const { return step_; }

  // Fills the store's pieces. A checkpoint of another model is an error that names the first tensor
  // that differs; nothing is changed then.
  Status load(ParameterStore& store) const;

 private:
  struct Piece {
    Region region;
    const float* values;
  };
  struct Tensor {
    std::array<int64_t, 2> shape;
    std::vector<Piece> pieces;
  };

  explicit Checkpoint(std::string path) : path_(std::move(path)) {}
  static Result<Checkpoint> open_file(const std::string& path);
  static Result<Checkpoint> open_directory(const std::string& path);
  Status check(const std::string& name, const Parameter& parameter) const;
  void fill(const std::string& name, const Parameter& parameter, const torch::Tensor& piece) const;

  std::string path_;
  int step_ = 0;
  int64_t updates_ = 0;
  std::vector<SafetensorsFile> files_;
  std::map<std::string, Tensor> tensors_;
};

}  // namespace tutti
