// What is kept: conversations and files.
#pragma once

#include "serve/contract/tables/common.h"

namespace tutti::tables {

std::vector<Operation> conversations();
std::vector<Operation> files();

}  // namespace tutti::tables
