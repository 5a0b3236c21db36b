// Held-out records of shards.
#pragma once

#include <string>

#include "base/result.h"
#include "eval/eval_data.h"

namespace tutti {

Result<EvalData> read_shards(const std::string& folder, const EvalDataOptions& options);

}  // namespace tutti
