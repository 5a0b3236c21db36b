#include "format/package/shard_files.h"

#include <algorithm>
#include <filesystem>
#include <system_error>

#include "base/hex.h"
#include "base/quote.h"
#include "base/utf8.h"
#include "format/package/safetensors.h"
#include "format/package/sha256.h"

namespace tutti {
namespace {

namespace fs = std::filesystem;

constexpr size_t kNameDigits = 16;  // of a SHA-256
constexpr std::string_view kEnding = ".safetensors";

// Whether shard_name() may have made it for `path`.
bool is_shard_name(const std::string& path, std::string_view file) {
  const std::string start = fs::path(path).stem().string() + '-';
  if (!is_plain_name(file) || !file.starts_with(start) || !file.ends_with(kEnding)) return false;
  file.remove_prefix(start.size());
  file.remove_suffix(kEnding.size());
  const size_t dash = file.find('-');
  return dash != file.npos && dash > 0 && file.size() - dash - 1 == kNameDigits &&
         file.substr(0, dash).find_first_not_of("0123456789") == file.npos &&
         file.substr(dash + 1).find_first_not_of(kHexDigits) == file.npos;
}

}  // namespace

bool is_plain_name(std::string_view file) {
  return !file.empty() && file != "." && file != ".." && file.size() <= 255 &&
         file.find_first_of(std::string_view("/\\\0", 3)) == file.npos && !invalid_utf8_at(file);
}

Result<std::string> shard_name(const std::string& path, size_t number,
                               const std::vector<TensorView>& tensors, const Manifest& manifest) {
  Sha256 hash;
  for (const TensorView& tensor : tensors)
    hash.add(tensor.name + '\n' + manifest.tensors.find(tensor.name)->second + '\n');
  TUTTI_ASSIGN(const std::string digits, hash.finish());
  std::string name = fs::path(path).stem().string() + '-' + std::to_string(number) + '-' +
                     digits.substr(0, kNameDigits) + std::string(kEnding);
  if (is_plain_name(name)) return name;
  return usage_error("shards would be named as " + quote(name) +
                     "; choose a shorter name for the model, in UTF-8 and without a backslash");
}

std::vector<std::string> shards_of(const std::string& path) {
  std::vector<std::string> names;
  std::error_code problem;
  if (!fs::is_regular_file(path, problem)) return names;
  const auto file = SafetensorsFile::open(path);
  if (!file || !file->metadata().contains("tutti.manifest")) return names;
  const auto manifest = parse_manifest(file->metadata().at("tutti.manifest"));
  if (!manifest) return names;
  for (const Manifest::Shard& shard : manifest->shards)
    if (is_shard_name(path, shard.file)) names.push_back(shard.file);
  return names;
}

void remove_shards(const std::string& path, const std::vector<std::string>& shards,
                   const std::vector<std::string>& kept) {
  for (const std::string& shard : shards) {
    std::error_code problem;  // what cannot be removed is in nobody's way
    if (std::find(kept.begin(), kept.end(), shard) == kept.end())
      fs::remove(fs::path(path).parent_path() / shard, problem);
  }
}

}  // namespace tutti
