// Names of the shards of a model (manifest.h) and what becomes of them when it is saved anew.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "format/package/manifest.h"
#include "format/package/tensor_view.h"

namespace tutti {

// Whether it names a file in the folder of the manifest's, and nothing else: neither way up nor
// down, at most 255 bytes of UTF-8.
bool is_plain_name(std::string_view file);

// Of the model file `path`, counted from 1: "model-1-0123456789abcdef.safetensors", by the hashes
// that the manifest has of its tensors, so that other content has another name. usage_error where
// it is no plain name.
Result<std::string> shard_name(const std::string& path, size_t number,
                               const std::vector<TensorView>& tensors, const Manifest& manifest);

// The shards of the model that is at `path` now, of those with names as above: a stranger's
// manifest may name any file, and must not have it removed.
std::vector<std::string> shards_of(const std::string& path);

// Those that are not of `kept`, from the folder of `path`.
void remove_shards(const std::string& path, const std::vector<std::string>& shards,
                   const std::vector<std::string>& kept);

}  // namespace tutti
