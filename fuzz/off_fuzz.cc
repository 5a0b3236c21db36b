// Any bytes are either refused as OFF or give a cloud of finite points.
#include <string_view>

#include "format/points/off.h"
#include "fuzz_target.h"
#include "point_check.h"
#include "tests/helpers/point_files.h"

std::vector<std::string> fuzz_seeds() {
  using namespace tutti;
  return {off_file(test_cloud()), off_file(test_mesh()),
          "STCNOFF 3 1\n0 0 0 0 0 1 9 8 7 1\n1 0 0 0 0 1 .5 .5 1.\n0 1 0 1 0 0 1 2 3\n3 0 1 2 5\n",
          "OFF2 0 0\r0 0 0\r1 2 3"};
}

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  check_cloud(tutti::read_off({reinterpret_cast<const char*>(data), size}));
  return 0;
}
