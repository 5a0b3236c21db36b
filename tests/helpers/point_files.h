// Files of clouds and meshes, made by hand: the same points in every format.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstring>
#include <string>
#include <vector>

namespace tutti {

struct TestMesh {
  std::vector<std::array<float, 3>> points;
  std::vector<std::vector<int>> faces;  // corners counted from 0
};

// Four corners of a square, and a tip above it: one face of four corners, two of three.
inline TestMesh test_mesh() {
  return {{{0, 0, 0}, {1, 0, 0}, {1, 1, 0}, {0, 1, 0}, {0.5f, 0.25f, 2}},
          {{0, 1, 2, 3}, {0, 1, 4}, {2, 3, 4}}};
}

inline TestMesh test_cloud() {
  return {test_mesh().points, {}};
}

template <class T>
std::string raw(T value, bool big_endian = false) {
  std::string bytes(sizeof value, '\0');
  std::memcpy(bytes.data(), &value, sizeof value);
  if (big_endian) std::reverse(bytes.begin(), bytes.end());
  return bytes;
}

inline std::string text_of_point(const std::array<float, 3>& point) {
  return std::to_string(point[0]) + " " + std::to_string(point[1]) + " " + std::to_string(point[2]);
}

inline std::string ply_header(const char* format, size_t points, size_t faces) {
  std::string header = "ply\nformat " + std::string(format) + " 1.0\ncomment by hand\n" +
                       "element vertex " + std::to_string(points) +
                       "\nproperty float x\nproperty float y\nproperty float z\n";
  if (faces > 0)
    header +=
        "element face " + std::to_string(faces) + "\nproperty list uchar int vertex_indices\n";
  return header + "end_header\n";
}

inline std::string ascii_ply(const TestMesh& mesh) {
  std::string file = ply_header("ascii", mesh.points.size(), mesh.faces.size());
  for (const auto& point : mesh.points) file += text_of_point(point) + "\n";
  for (const auto& face : mesh.faces) {
    file += std::to_string(face.size());
    for (int corner : face) file += " " + std::to_string(corner);
    file += "\n";
  }
  return file;
}

inline std::string binary_ply(const TestMesh& mesh, bool big_endian) {
  std::string file = ply_header(big_endian ? "binary_big_endian" : "binary_little_endian",
                                mesh.points.size(), mesh.faces.size());
  for (const auto& point : mesh.points)
    for (float value : point) file += raw(value, big_endian);
  for (const auto& face : mesh.faces) {
    file += char(face.size());
    for (int corner : face) file += raw(int32_t(corner), big_endian);
  }
  return file;
}

inline std::string obj_file(const TestMesh& mesh) {
  std::string file = "# by hand\nmtllib none.mtl\no thing\n";
  for (const auto& point : mesh.points) file += "v " + text_of_point(point) + "\n";
  for (const auto& face : mesh.faces) {
    file += "f";
    for (int corner : face) file += " " + std::to_string(corner + 1);
    file += "\n";
  }
  return file;
}

inline std::string off_file(const TestMesh& mesh) {
  std::string file = "OFF\n# by hand\n" + std::to_string(mesh.points.size()) + " " +
                     std::to_string(mesh.faces.size()) + " 0\n";
  for (const auto& point : mesh.points) file += text_of_point(point) + "\n";
  for (const auto& face : mesh.faces) {
    file += std::to_string(face.size());
    for (int corner : face) file += " " + std::to_string(corner);
    file += "\n";
  }
  return file;
}

inline std::string pcd_header(const char* data, size_t points) {
  const std::string count = std::to_string(points);
  return "# .PCD v.7 - Point Cloud Data file format\nVERSION .7\nFIELDS x y z\nSIZE 4 4 4\n"
         "TYPE F F F\nCOUNT 1 1 1\nWIDTH " +
         count + "\nHEIGHT 1\nVIEWPOINT 0 0 0 1 0 0 0\nPOINTS " + count + "\nDATA " + data + "\n";
}

inline std::string ascii_pcd(const TestMesh& mesh) {
  std::string file = pcd_header("ascii", mesh.points.size());
  for (const auto& point : mesh.points) file += text_of_point(point) + "\n";
  return file;
}

inline std::string binary_pcd(const TestMesh& mesh) {
  std::string file = pcd_header("binary", mesh.points.size());
  for (const auto& point : mesh.points)
    for (float value : point) file += raw(value);
  return file;
}

// With LZF's literals alone: runs of up to 32 bytes behind their length less one.
inline std::string compressed_pcd(const TestMesh& mesh) {
  std::string columns, stream;
  for (size_t axis = 0; axis < 3; ++axis)
    for (const auto& point : mesh.points) columns += raw(point[axis]);
  for (size_t at = 0; at < columns.size(); at += 32) {
    const std::string run = columns.substr(at, 32);
    stream += char(run.size() - 1) + run;
  }
  return pcd_header("binary_compressed", mesh.points.size()) + raw(uint32_t(stream.size())) +
         raw(uint32_t(columns.size())) + stream;
}

}  // namespace tutti
