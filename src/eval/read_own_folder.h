// A folder of somebody's own in the table formats of eval_data.h.
#pragma once

#include <string>

#include "base/result.h"
#include "eval/eval_data.h"

namespace tutti {

Result<EvalData> read_own_folder(const std::string& folder, const EvalDataOptions& options);

}  // namespace tutti
