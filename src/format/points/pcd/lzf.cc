#include "format/points/pcd/lzf.h"

#include <liblzf/lzf.h>

namespace tutti {

Result<std::string> lzf_decompress(std::string_view stream, size_t bytes) {
  constexpr size_t kMostTimes = 88;               // three bytes repeat up to 264
  constexpr size_t kMostBytes = size_t(1) << 31;  // the library counts in 32 bits
  if (bytes > kMostBytes || stream.size() > kMostBytes || bytes / kMostTimes > stream.size()) {
    return bad_input(std::to_string(stream.size()) + " bytes of LZF cannot hold the " +
                     std::to_string(bytes) + " that the file promises; export it again");
  }
  std::string out(bytes, '\0');
  const unsigned got =
      ::lzf_decompress(stream.data(), unsigned(stream.size()), out.data(), unsigned(bytes));
  if (got != bytes)
    return bad_input("the LZF data are damaged or do not hold " + std::to_string(bytes) +
                     " bytes; export the file again, or save it as PCD binary");
  return out;
}

}  // namespace tutti
