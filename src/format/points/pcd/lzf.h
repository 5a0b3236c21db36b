// LZF, as PCD's binary_compressed has it.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"

namespace tutti {

// `bytes`: how many must come out. bad_input where others do; before memory is taken where
// so many cannot. In a build without the library lzf_stand_in.cc says so (bad_input too).
Result<std::string> lzf_decompress(std::string_view stream, size_t bytes);

}  // namespace tutti
