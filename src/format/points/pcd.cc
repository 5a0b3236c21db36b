#include "format/points/pcd.h"

#include <string>

#include "format/points/pcd/pcd_bytes.h"
#include "format/points/pcd/pcd_columns.h"
#include "format/points/pcd/pcd_header.h"
#include "format/points/pcd/pcd_text.h"

namespace tutti {

Result<PointCloud> read_pcd(std::string_view file, const PointLimits& limits) {
  TUTTI_ASSIGN(const PcdHeader header, parse_pcd_header(file));
  TUTTI_ASSIGN(const PcdColumns columns, find_pcd_columns(header));
  if (header.points > limits.most_points) {
    return bad_input("the file has " + std::to_string(header.points) + " points, and at most " +
                     std::to_string(limits.most_points) + " are read; thin the cloud out first");
  }
  const std::string_view body = file.substr(header.body);
  if (header.data == PcdData::ascii) return read_pcd_text(body, header, columns, limits);
  if (header.data == PcdData::binary) return read_pcd_binary(body, header, columns, limits);
  return read_pcd_compressed(body, header, columns, limits);
}

}  // namespace tutti
