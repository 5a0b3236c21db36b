// The tensors of a model, of one safetensors file or of several as if they were one.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "format/package/safetensors.h"

namespace tutti {

// Immutable once its files are added and filled, so safe to read from many threads. Tensors live as
// long as this.
class PackageTensors {
 public:
  explicit PackageTensors(SafetensorsFile main);

  // bad_input names a tensor that is in both.
  Status add(SafetensorsFile shard);

  // Of copies, what is behind their headers.
  Status fill();

  // Of the first file; what shards say is nobody's.
  const std::map<std::string, std::string>& metadata() const { return files_.front().metadata(); }
  const std::vector<TensorView>& tensors() const { return tensors_; }  // by name
  const TensorView* find(std::string_view name) const;                 // nullptr: there is none
  const std::vector<SafetensorsFile>& files() const { return files_; }

 private:
  std::vector<SafetensorsFile> files_;
  std::vector<TensorView> tensors_;
};

}  // namespace tutti
