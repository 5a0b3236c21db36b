// The manifest of a model file, version 2: what the file holds, as JSON in its metadata.
//
//   {"format": 2, "min_reader": 2, "requires": [],
//    "spec": {...},                                      the model's configuration; model/ knows it
//    "tokenizer": {"kind": "sentencepiece", "tensor": "tutti.tokenizer"},
//    "tensors": {"trunk.0.query": "<SHA-256>", ...},     every tensor of every file (tensor_hash)
//    "shards": [{"file": "model-1-HASH.safetensors", "bytes": 123, "sha256": "..."}, ...],
//    "adapters": [{"name": "pirate", "target": "trunk.layer_0.query", "down": TENSOR,
//                  "up": TENSOR, "scale": 0.5}, ...],
//    "prior": {"weight": 0.5, "bonus": 0.5, "ngrams": [{"name": "en", "tensor": TENSOR}, ...]},
//    "signature": {"algorithm": "ed25519", "key_id": "...", "value": "..."}}
//
// spec, tokenizer and tensors have to be there. Keys that we do not know are kept and written
// again, unless "requires" names them: then this reader says that it is too old. So does a
// min_reader above ours: writers raise it where an older reader would misread the file.
//
// Everything here comes from strangers: hashes are 64 hexadecimal digits, shards are names of files
// in the same folder, no key stands twice in an object. At most 32 MiB are read, 500,000 values and
// 64 levels, and nothing beyond is kept: reading takes time in proportion to the text.
#pragma once

#include <cstdint>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace tutti {

inline constexpr int kReader = 2;  // what this program is, for "min_reader"

inline constexpr size_t kMostShards = 1'000;
inline constexpr size_t kMostPriorTables = 4;

struct Manifest {
  struct Tokenizer {
    std::string kind;    // as format/text/tokenizer.h knows them
    std::string tensor;  // U8, its bytes
  };
  struct Shard {  // a safetensors file with more tensors
    std::string file;
    uint64_t bytes = 0;
    std::string sha256;
  };
  struct Adapter {  // target + scale * up x down
    std::string name, target, down, up;
    double scale = 1;
  };
  // What speech is likely to say: tables of n-grams (format/text/ngram.h), and how much they count
  // (engine/speech/prefix_beam.h).
  struct Prior {
    struct Table {
      std::string name, tensor;
    };
    double weight = 0, bonus = 0;
    std::vector<Table> tables;
  };
  struct Signature {  // reserved: carried, not verified; dropped by any tool that changes a tensor
    std::string algorithm, key_id, value;
  };

  int format = 2;
  int min_reader = 2;
  std::vector<std::string> required;  // "requires"
  std::string spec_json;              // an object
  Tokenizer tokenizer;
  std::map<std::string, std::string, std::less<>> tensors;  // name -> SHA-256
  std::vector<Shard> shards;
  std::vector<Adapter> adapters;
  Prior prior;  // without tables: there is none
  std::optional<Signature> signature;
  std::string unknown_json = "{}";  // keys that we do not know, as an object
};

// bad_input says what is wrong, and of a file that is newer than this program what it asks for.
Result<Manifest> parse_manifest(std::string_view json);

// An object within the limits of a manifest; `name` is what messages call it.
Result<nlohmann::json> read_manifest_json(std::string_view text, const std::string& name);

// What parse_manifest() reads back as the same.
std::string manifest_json(const Manifest& manifest);

}  // namespace tutti
