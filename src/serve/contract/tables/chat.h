// /v1/chat/completions, and /v1/explain and /v1/score, which read the same messages.
#pragma once

#include "serve/contract/tables/common.h"

namespace tutti::tables {

std::vector<Operation> chat(const Facts& facts);
std::vector<Operation> explain();
std::vector<Operation> score(const Facts& facts);

}  // namespace tutti::tables
