#include "eval/eval_data.h"

#include <filesystem>

#include "data/build/sets.h"
#include "eval/read_own_folder.h"
#include "eval/read_raw_sets.h"
#include "eval/read_shards.h"

namespace tutti {

namespace fs = std::filesystem;

namespace {

// How many of our own raw sets a folder has.
int known_sets(const fs::path& folder) {
  int count = 0;
  std::error_code problem;
  const auto has = [&](const std::string& name) {
    return fs::is_directory(folder / name, problem) ||
           fs::exists(folder / (name + ".tar.zst"), problem);
  };
  for (const PictureSet& set : picture_sets()) count += has(set.name);
  for (const SpeechSet& set : speech_sets()) count += has(set.name);
  return count;
}

}  // namespace

Result<EvalData> open_eval_data(const std::string& folder, const EvalDataOptions& options) {
  constexpr int kEnoughToBeOurs = 10;
  std::error_code problem;
  if (!fs::is_directory(folder, problem))
    return bad_input("'" + folder +
                     "' is not a folder; name shards or a folder of data sets with --data");
  if (fs::exists(fs::path(folder) / "index.json", problem)) return read_shards(folder, options);
  if (known_sets(folder) >= kEnoughToBeOurs) return read_raw_sets(folder, options);
  return read_own_folder(folder, options);
}

}  // namespace tutti
