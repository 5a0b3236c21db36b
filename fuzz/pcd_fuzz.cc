// Any bytes are either refused as PCD or give a cloud of finite points.
#include <string_view>

#include "format/points/pcd.h"
#include "fuzz_target.h"
#include "point_check.h"
#include "tests/helpers/point_files.h"

std::vector<std::string> fuzz_seeds() {
  using namespace tutti;
  const std::string wide =
      "FIELDS _ z y histogram rgba x\nSIZE 1 8 2 4 4 4\nTYPE U F I F U U\nCOUNT 3 1 1 2 1 1\n"
      "WIDTH 2\nHEIGHT 1\nDATA binary\n";
  const std::string missing =
      "FIELDS x y z rgb\nSIZE 4 4 4 4\nTYPE F F F F\nPOINTS 3\nDATA ascii\n"
      "0 0 0 4.2e6\nnan nan nan 0\n1 2 3 0\n";
  // Two points: a run of 1 byte, a copy of 10, a run of 1, a copy of 12 from 12 back.
  const std::string copies = std::string("\0\0\xe0\1\0\0\5\xe0\3\x0b", 10);
  const std::string packed = pcd_header("binary_compressed", 2) + raw(uint32_t(copies.size())) +
                             raw(uint32_t(24)) + copies;
  return {packed,
          ascii_pcd(test_cloud()),
          binary_pcd(test_cloud()),
          compressed_pcd(test_cloud()),
          wide + std::string(29, '\1') + std::string(29, '\2'),
          missing};
}

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  check_cloud(tutti::read_pcd({reinterpret_cast<const char*>(data), size}));
  return 0;
}
