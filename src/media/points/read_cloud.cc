#include "media/points/read_cloud.h"

#include "media/points/cloud_rows.h"

namespace tutti {
namespace {

constexpr uint64_t kSeed = 0;

}  // namespace

Result<Rows> read_cloud(std::span<const uint8_t> file, std::string_view name,
                        const PointLimits& limits) {
  const std::string_view bytes(reinterpret_cast<const char*>(file.data()), file.size());
  TUTTI_ASSIGN(const PointCloud cloud, read_points(bytes, name, limits));
  return cloud_rows(cloud);
}

Result<Rows> load_cloud(const std::string& path) {
  TUTTI_ASSIGN(const PointCloud cloud, load_points(path));
  return cloud_rows(cloud);
}

Rows cloud_rows(const PointCloud& cloud) {
  return cloud_rows(cloud.xyz, kSeed);
}

}  // namespace tutti
