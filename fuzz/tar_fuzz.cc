// Any bytes are either refused or give members that lie inside them, with names that stay inside a
// folder. The checksum of every header is mended first, or no mutation would get past it.
#include <cstdlib>
#include <cstring>

#include "format/tar.h"
#include "fuzz_target.h"

namespace {

constexpr size_t block = 512;

void put_octal(std::string& header, size_t at, int digits, size_t value) {
  for (int i = digits - 1; i >= 0; --i, value >>= 3) header[at + size_t(i)] = char('0' + value % 8);
}

void seal(char* header) {
  std::memset(header + 148, ' ', 8);
  size_t sum = 0;
  for (size_t i = 0; i < block; ++i) sum += uint8_t(header[i]);
  for (int i = 5; i >= 0; --i, sum >>= 3) header[148 + i] = char('0' + sum % 8);
  header[154] = '\0';
}

std::string member(const std::string& name, const std::string& data) {
  std::string header(block, '\0');
  header.replace(0, name.size(), name);
  put_octal(header, 124, 11, data.size());
  header[156] = '0';
  header.replace(257, 8, std::string("ustar\00000", 8));
  std::string padded = data;
  padded.resize((data.size() + block - 1) / block * block);
  return header + padded;
}

}  // namespace

std::vector<std::string> fuzz_seeds() {
  const std::string end(2 * block, '\0');
  std::string folder = member("folder", "");
  folder[156] = '5';
  return {end, member("a.txt", "hello") + end, folder + end,
          member("0/a.png", std::string(600, 'x')) + member("0/a.json", "{}") + end};
}

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  std::string archive(reinterpret_cast<const char*>(data), size);
  for (size_t at = 0; at + block <= size; at += block) {
    const bool is_header = archive.compare(at + 257, 5, "ustar") == 0;
    if (is_header) seal(archive.data() + at);
  }
  const auto* bytes = reinterpret_cast<const uint8_t*>(archive.data());
  const auto entries = tutti::parse_tar(std::as_bytes(std::span(bytes, size)));
  if (!entries) return 0;
  for (const tutti::TarEntry& entry : *entries) {
    require_inside(entry.data, bytes, size);
    if (entry.name.empty() || entry.name[0] == '/') std::abort();
    if (("/" + entry.name + "/").find("/../") != std::string::npos) std::abort();
  }
  return 0;
}
