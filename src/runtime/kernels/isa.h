// Which instruction set the linear kernels use: the best that this processor has, or the one that
// the environment variable TUTTI_ISA names (scalar, avx2, avxvnni, avx512vnni, neon).
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace tutti {

struct KernelTable;

// In ascending order of speed; scalar is always there.
std::vector<std::string> available_isas();

// Reads TUTTI_ISA. An error where it names one that is unknown or not available; called wherever a
// model is loaded or its memory is planned. Until then, and after an error, the best one is in use.
Status select_isa();

// Uses the one named, or the best for "". Not while another thread computes.
Status use_isa(std::string_view name);

// The one in use.
const char* isa_name();
const KernelTable& active_kernels();
// nullptr where this build or processor does not have it.
const KernelTable* find_kernels(std::string_view name);

}  // namespace tutti
