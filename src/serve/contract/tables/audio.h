// /v1/audio.
#pragma once

#include "serve/contract/tables/common.h"

namespace tutti::tables {

std::vector<Operation> speech(const Facts& facts);
std::vector<Operation> transcriptions(const Facts& facts);

}  // namespace tutti::tables
