// /v1/responses.
#pragma once

#include "serve/contract/tables/common.h"

namespace tutti::tables {

std::vector<Operation> responses();

}  // namespace tutti::tables
