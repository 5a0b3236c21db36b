#include "data/build/data_root.h"

#include "data/build/process.h"

namespace tutti {

namespace fs = std::filesystem;

Result<DataRoot> DataRoot::open(const std::string& root, const std::string& cache) {
  std::error_code problem;
  if (!fs::is_directory(root, problem)) {
    return bad_input("'" + root +
                     "' is not a folder of data sets; name it with --data or "
                     "TUTTI_DATA, or make it with scripts/fetch_data.sh");
  }
  DataRoot result;
  result.root_ = root;
  result.cache_ = cache.empty() ? fs::path(root) / ".unpacked" : fs::path(cache);
  return result;
}

bool DataRoot::has(const std::string& set) const {
  std::error_code problem;
  return fs::is_directory(root_ / set, problem) ||
         fs::is_regular_file(root_ / (set + ".tar.zst"), problem);
}

Result<fs::path> DataRoot::folder(const std::string& set) const {
  std::error_code problem;
  if (fs::is_directory(root_ / set, problem)) return root_ / set;
  const fs::path archive = root_ / (set + ".tar.zst");
  if (!fs::is_regular_file(archive, problem)) {
    return bad_input("the data root " + root_.string() + " has neither " + set + "/ nor " + set +
                     ".tar.zst");
  }
  // SOURCE.txt is in every set; unpacking goes elsewhere first, so a killed run leaves no half set.
  const fs::path ready = cache_ / set;
  if (fs::is_directory(ready, problem)) return ready;
  const fs::path half = cache_ / (set + ".partial");
  fs::remove_all(half, problem);
  fs::create_directories(half, problem);
  if (problem) return failed("cannot make " + half.string() + ": " + problem.message());
  auto unpacked = run_program({"tar", "--zstd", "-xf", archive.string(), "-C", half.string()});
  if (!unpacked) return unpacked.error().with_context("unpacking " + archive.string());
  const fs::path inside = fs::is_directory(half / set, problem) ? half / set : half;
  fs::rename(inside, ready, problem);
  if (problem) return failed("cannot move " + inside.string() + ": " + problem.message());
  fs::remove_all(half, problem);
  return ready;
}

}  // namespace tutti
