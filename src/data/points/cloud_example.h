// A cloud of points with the words for it: what a step of training draws, and evaluation asks for.
#pragma once

#include <string>
#include <vector>

namespace tutti {

struct CloudExample {
  std::vector<float> xyz;  // n x 3, as scanned: any place and size; z points up
  std::string name;        // "cone on box", "armchair": what a classifier tells apart
  std::string caption;     // "a cone on a box"
};

}  // namespace tutti
