// What a server says of itself, and where /v1/realtime begins.
#pragma once

#include "serve/contract/tables/common.h"

namespace tutti::tables {

std::vector<Operation> models();
std::vector<Operation> realtime();
std::vector<Operation> health();

}  // namespace tutti::tables
