#include "media/points/read_cloud.h"

namespace tutti {
namespace {

constexpr uint64_t kSeed = 0;

}  // namespace

Result<Rows> read_cloud(std::span<const uint8_t> file, std::string_view name,
                        const PointLimits& limits, UpAxis up) {
  const std::string_view bytes(reinterpret_cast<const char*>(file.data()), file.size());
  TUTTI_ASSIGN(PointCloud cloud, read_points(bytes, name, limits));
  if (up == UpAxis::y) turn_y_up(cloud.xyz);
  return cloud_rows(cloud);
}

Result<Rows> load_cloud(const std::string& path, UpAxis up) {
  TUTTI_ASSIGN(PointCloud cloud, load_points(path));
  if (up == UpAxis::y) turn_y_up(cloud.xyz);
  return cloud_rows(cloud);
}

Rows cloud_rows(const PointCloud& cloud) {
  return cloud_rows(cloud.xyz, kSeed);
}

}  // namespace tutti
