// Any bytes are either refused as OBJ or give a cloud of finite points.
#include <string_view>

#include "format/points/obj.h"
#include "fuzz_target.h"
#include "point_check.h"
#include "tests/helpers/point_files.h"

std::vector<std::string> fuzz_seeds() {
  using namespace tutti;
  return {obj_file(test_cloud()), obj_file(test_mesh()),
          "v 0 0 0 1 .5 0\nv 1 0 0 0 0 1\nv 0 1 0 1 1 1\nf -3/1 -2//2 \\\\\n3/1/1 # c\r\ng a\n"};
}

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  check_cloud(tutti::read_obj({reinterpret_cast<const char*>(data), size}));
  return 0;
}
