// Held-out records of the raw sets, by the splits of data/split.h.
#pragma once

#include <string>

#include "base/result.h"
#include "eval/eval_data.h"

namespace tutti {

Result<EvalData> read_raw_sets(const std::string& folder, const EvalDataOptions& options);

}  // namespace tutti
