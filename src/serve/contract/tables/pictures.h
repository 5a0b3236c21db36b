// /v1/images/generations, and /v1/matte.
#pragma once

#include "serve/contract/tables/common.h"

namespace tutti::tables {

std::vector<Operation> images(const Facts& facts);
std::vector<Operation> matte(const Facts& facts);

}  // namespace tutti::tables
