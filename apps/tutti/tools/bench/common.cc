#include "common.h"

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <map>

#include "../../command/values.h"
#include "runtime/kernels/isa.h"

namespace tutti::bench {
namespace {

const std::map<std::string, Precision> kPrecisions = {
    {"f32", Precision::f32}, {"bf16", Precision::bf16}, {"int8", Precision::int8}};

}  // namespace

void CommonOptions::add_options(CLI::App& verb) {
  add_dtype_name(verb, dtype, false, "precision of matrix products (default int8)");
  verb.add_option("--threads", threads, "0, the default: one per core")->check(whole(0, 1024));
  verb.add_flag("--json", json, "one JSON object");
}

Precision CommonOptions::precision() const {
  return kPrecisions.at(dtype);
}

double now() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

Json Timing::to_json() const {
  return {{"seconds", median()}, {"runs", seconds}};
}

std::string describe(const CommonOptions& options, int threads, const Ceilings& ceilings) {
  char text[160];
  std::snprintf(text, sizeof text, "%s on %s, %d threads; ceilings: %.0f GOP/s, %.1f GB/s",
                options.dtype.c_str(), isa_name(), threads,
                ceilings.operations[int(options.precision())] / 1e9, ceilings.read / 1e9);
  return text;
}

Json to_json(const CommonOptions& options, int threads, const Ceilings& ceilings) {
  return {{"dtype", options.dtype},
          {"isa", isa_name()},
          {"threads", threads},
          {"ceiling",
           {{"gops", ceilings.operations[int(options.precision())] / 1e9},
            {"gb_per_second", ceilings.read / 1e9}}}};
}

}  // namespace tutti::bench
