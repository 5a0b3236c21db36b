// Any bytes are either refused as PLY or give a cloud of finite points.
#include <string_view>

#include "format/points/ply.h"
#include "fuzz_target.h"
#include "point_check.h"
#include "tests/helpers/point_files.h"

std::vector<std::string> fuzz_seeds() {
  using namespace tutti;
  const std::string coloured =
      "ply\nformat binary_big_endian 1.0\nelement vertex 2\nproperty list uchar short ring\n"
      "property double x\nproperty short y\nproperty int z\nproperty uchar red\n"
      "property ushort green\nproperty float blue\nend_header\n";
  const std::string point = "\x01\x01\x02" + std::string(21, '\1');
  return {ascii_ply(test_cloud()), ascii_ply(test_mesh()), binary_ply(test_cloud(), true),
          binary_ply(test_mesh(), false),
          coloured + point + "\x02\x01\x02\x03\x04" + point.substr(3)};
}

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  check_cloud(tutti::read_ply({reinterpret_cast<const char*>(data), size}));
  return 0;
}
