// The half of `tutti bench model` that times single passes, beside libtorch.
#pragma once

#include <optional>
#include <string>

#include "common.h"

namespace tutti::bench {

// {pass: {f32, bf16, int8, libtorch}} in seconds; libtorch where `trainer` is given.
Result<Json> time_passes(const std::string& model, int threads,
                         const std::optional<std::string>& trainer);

}  // namespace tutti::bench
