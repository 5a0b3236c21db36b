// Model files of any version that is read, written as the newest.
#pragma once

#include <cstdint>
#include <string>

#include "base/result.h"

namespace tutti {

// The same weights in the same types, and everything else that the file holds; the signature stays
// where the file was of version 2, since no tensor changes. `most_file_bytes` as for save_model().
Status convert_model(const std::string& input, const std::string& output,
                     uint64_t most_file_bytes = 0);

}  // namespace tutti
