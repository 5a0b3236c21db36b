// The studio's files, as bytes within the binary; assets.cc is made by the build.
#pragma once

#include <span>
#include <string>
#include <vector>

namespace tutti {

struct Asset {
  std::string path;  // "/index.html", "/assets/studio-1a2b3c4d5e.js"
  std::span<const unsigned char> bytes;
};

std::vector<Asset> studio_assets();  // empty in a build without the studio

}  // namespace tutti
