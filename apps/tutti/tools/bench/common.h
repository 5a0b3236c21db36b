// What the sub-commands of tutti bench share.
#pragma once

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "runtime/ceilings.h"

namespace tutti::bench {

using Json = nlohmann::ordered_json;

// --dtype, --threads and --json, the same for those that take random weights.
struct CommonOptions {
  std::string dtype = "int8";
  int threads = 0;
  bool json = false;

  void add_options(CLI::App& verb);
  Precision precision() const;
};

// Seconds, ascending.
struct Timing {
  std::vector<double> seconds;

  double median() const { return seconds[seconds.size() / 2]; }
  Json to_json() const;
};

double now();

// One run to warm up, then five.
template <class Run>
Timing time_runs(const Run& run) {
  run();
  std::vector<double> seconds;
  for (int i = 0; i < 5; ++i) {
    const double start = now();
    run();
    seconds.push_back(now() - start);
  }
  std::sort(seconds.begin(), seconds.end());
  return {seconds};
}

// "int8 on avx512vnni, 2 threads; ceilings: 920 GOP/s, 31.0 GB/s"
std::string describe(const CommonOptions& options, int threads, const Ceilings& ceilings);
Json to_json(const CommonOptions& options, int threads, const Ceilings& ceilings);

}  // namespace tutti::bench
