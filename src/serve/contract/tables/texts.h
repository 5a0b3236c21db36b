// Endpoints of plain text: completions and embeddings.
#pragma once

#include "serve/contract/tables/common.h"

namespace tutti::tables {

std::vector<Operation> completions(const Facts& facts);
std::vector<Operation> embeddings(const Facts& facts);

}  // namespace tutti::tables
