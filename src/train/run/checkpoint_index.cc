#include "train/run/checkpoint_index.h"

#include <limits>
#include <nlohmann/json.hpp>

#include "base/quote.h"

namespace tutti {
namespace {

using Json = nlohmann::ordered_json;

constexpr const char* kFormat = "tutti-checkpoint";
constexpr int kVersion = 2;  // 1: checkpoint.safetensors
constexpr int64_t kMostInt = std::numeric_limits<int>::max();
constexpr size_t kMostPieces = 4096;  // of a tensor

std::string text_of(const std::array<int64_t, 2>& pair) {
  return "[" + std::to_string(pair[0]) + ", " + std::to_string(pair[1]) + "]";
}

Result<int64_t> whole_number(const Json& object, const char* key, int64_t low) {
  const auto at = object.is_object() ? object.find(key) : object.end();
  if (!object.is_object() || at == object.end() || !at->is_number_integer() || *at < low ||
      *at > kMostInt)
    return bad_input(std::string("\"") + key + "\" is missing or no whole number from " +
                     std::to_string(low) + " to " + std::to_string(kMostInt));
  return at->get<int64_t>();
}

Result<std::array<int64_t, 2>> pair_of(const Json& object, const char* key, int64_t low) {
  const auto at = object.is_object() ? object.find(key) : object.end();
  const auto good = [&](const Json& value) {
    return value.is_number_integer() && value >= low && value <= kMostInt;
  };
  if (!object.is_object() || at == object.end() || !at->is_array() || at->size() != 2 ||
      !good((*at)[0]) || !good((*at)[1]))
    return bad_input(std::string("\"") + key + "\" is missing or no [rows, columns]");
  return std::array<int64_t, 2>{(*at)[0].get<int64_t>(), (*at)[1].get<int64_t>()};
}

Result<CheckpointIndex::Piece> piece_of(const Json& json, int files) {
  CheckpointIndex::Piece piece;
  TUTTI_ASSIGN(const int64_t file, whole_number(json, "file", 0));
  if (file >= files)
    return bad_input("a piece lies in file " + std::to_string(file) + " of " +
                     std::to_string(files));
  piece.file = int(file);
  const auto name = json.find("tensor");
  if (name == json.end() || !name->is_string()) return bad_input("a piece has no \"tensor\"");
  piece.tensor = name->get<std::string>();
  TUTTI_ASSIGN(piece.region.first, pair_of(json, "offset", 0));
  TUTTI_ASSIGN(piece.region.size, pair_of(json, "shape", 1));
  return piece;
}

bool overlap(const Region& a, const Region& b) {
  for (size_t axis = 0; axis < 2; ++axis)
    if (a.first[axis] + a.size[axis] <= b.first[axis] ||
        b.first[axis] + b.size[axis] <= a.first[axis])
      return false;
  return true;
}

// Sizes are below 2^31, so that sums and products of two fit.
Status check_cover(const CheckpointIndex::Tensor& tensor) {
  int64_t covered = 0;
  for (size_t i = 0; i < tensor.pieces.size(); ++i) {
    const Region& region = tensor.pieces[i].region;
    for (size_t axis = 0; axis < 2; ++axis)
      if (region.first[axis] + region.size[axis] > tensor.shape[axis])
        return bad_input("a piece of shape " + text_of(region.size) + " at " +
                         text_of(region.first) + " lies outside of " + text_of(tensor.shape));
    for (size_t k = 0; k < i; ++k)
      if (overlap(region, tensor.pieces[k].region))
        return bad_input("two pieces hold the values at " + text_of(region.first));
    covered += region.size[0] * region.size[1];
  }
  if (covered == tensor.shape[0] * tensor.shape[1]) return {};
  return bad_input("its pieces hold " + std::to_string(covered) + " values of " +
                   text_of(tensor.shape));
}

Result<CheckpointIndex::Tensor> tensor_of(const Json& json, int files) {
  CheckpointIndex::Tensor tensor;
  TUTTI_ASSIGN(tensor.shape, pair_of(json, "shape", 1));
  if (json.value("dtype", Json()) != "F32") return bad_input("its \"dtype\" is not \"F32\"");
  const auto pieces = json.find("pieces");
  if (pieces == json.end() || !pieces->is_array() || pieces->size() > kMostPieces)
    return bad_input("\"pieces\" is missing or no list of at most " + std::to_string(kMostPieces));
  for (const Json& one : *pieces) {
    TUTTI_ASSIGN(CheckpointIndex::Piece piece, piece_of(one, files));
    tensor.pieces.push_back(std::move(piece));
  }
  TUTTI_CHECK(check_cover(tensor));
  return tensor;
}

}  // namespace

std::string CheckpointIndex::json() const {
  Json all = {{"format", kFormat},  {"version", kVersion}, {"step", step},
              {"updates", updates}, {"files", files},      {"tensors", Json::object()}};
  for (const auto& [name, tensor] : tensors) {
    Json pieces = Json::array();
    for (const Piece& piece : tensor.pieces)
      pieces.push_back({{"file", piece.file},
                        {"tensor", piece.tensor},
                        {"offset", piece.region.first},
                        {"shape", piece.region.size}});
    all["tensors"][name] = {{"dtype", "F32"}, {"shape", tensor.shape}, {"pieces", pieces}};
  }
  return all.dump(1) + "\n";
}

Result<CheckpointIndex> CheckpointIndex::parse(const std::string& text) {
  const Json json = Json::parse(text, nullptr, /*allow_exceptions=*/false);
  if (!json.is_object() || json.value("format", Json()) != kFormat)
    return bad_input("it is no index of a checkpoint");
  TUTTI_ASSIGN(const int64_t version, whole_number(json, "version", 1));
  if (version != kVersion)
    return bad_input("it is of version " + std::to_string(version) + "; this program reads " +
                     std::to_string(kVersion) + ": resume with the one that wrote it");
  CheckpointIndex index;
  TUTTI_ASSIGN(const int64_t step, whole_number(json, "step", 0));
  TUTTI_ASSIGN(index.updates, whole_number(json, "updates", 0));
  TUTTI_ASSIGN(const int64_t files, whole_number(json, "files", 1));
  index.step = int(step);
  index.files = int(files);
  const auto tensors = json.find("tensors");
  if (tensors == json.end() || !tensors->is_object()) return bad_input("it has no \"tensors\"");
  for (const auto& [name, one] : tensors->items()) {
    auto tensor = tensor_of(one, index.files);
    if (!tensor) return tensor.error().with_context("tensor " + quote(name));
    index.tensors[name] = *std::move(tensor);
  }
  return index;
}

}  // namespace tutti
