#include "format/points/pcd/lzf.h"

namespace tutti {

Result<std::string> lzf_decompress(std::string_view, size_t) {
  return bad_input(
      "the file is PCD binary_compressed, and this build has no liblzf; save it as PCD "
      "binary (pcl_convert_pcd_ascii_binary FILE OUT 1), or install liblzf-dev and "
      "build again");
}

}  // namespace tutti
