// Header layout: POSIX.1-1988 "ustar", blocks of 512 bytes, numbers as octal text.
#include "format/tar.h"

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <optional>

#include "base/byte_place.h"
#include "base/quote.h"

namespace tutti {
namespace {

constexpr size_t block = 512;
constexpr size_t largest_member = (size_t(1) << 33) - 1;  // eleven octal digits

struct Header {
  char name[100], mode[8], uid[8], gid[8], size[12], mtime[12], checksum[8], type, link[100];
  char magic[6], version[2], owner[32], group[32], device_major[8], device_minor[8], prefix[155];
  char padding[12];
};
static_assert(sizeof(Header) == block);

// Digits, then a zero byte in the last place.
void put_octal(char* field, size_t width, uint64_t value) {
  field[width - 1] = '\0';
  for (size_t i = width - 1; i-- > 0; value >>= 3) field[i] = char('0' + (value & 7));
}

std::optional<uint64_t> parse_octal(std::string_view field) {
  while (!field.empty() && (field.back() == ' ' || field.back() == '\0')) field.remove_suffix(1);
  while (!field.empty() && field.front() == ' ') field.remove_prefix(1);
  if (field.empty()) return std::nullopt;
  uint64_t value = 0;  // at most 12 digits, so 36 bits
  for (char c : field) {
    if (c < '0' || c > '7') return std::nullopt;
    value = value << 3 | uint64_t(c - '0');
  }
  return value;
}

// The sum of all header bytes with the checksum field taken as spaces.
uint64_t header_checksum(const Header& header) {
  const auto* bytes = reinterpret_cast<const unsigned char*>(&header);
  uint64_t sum = 0;
  for (size_t i = 0; i < block; ++i) sum += bytes[i];
  for (char c : header.checksum) sum += uint64_t(' ') - uint64_t(uint8_t(c));
  return sum;
}

template <size_t N>
std::string_view field_text(const char (&field)[N]) {
  return {field, strnlen(field, N)};
}

Status check_name(std::string_view name) {
  bool valid = !name.empty() && name.front() != '/' && name.back() != '/';
  for (unsigned char c : name) valid = valid && c >= 0x20 && c != 0x7f && c != '\\';
  for (size_t begin = 0; begin <= name.size();) {
    const size_t end = std::min(name.find('/', begin), name.size());
    valid = valid && name.substr(begin, end - begin) != "..";
    begin = end + 1;
  }
  if (valid) return {};
  return bad_input("the member name " + quote(name) +
                   " is not a relative path of printable characters without \"..\"");
}

bool all_zero(std::span<const std::byte> bytes) {
  return std::all_of(bytes.begin(), bytes.end(), [](std::byte b) { return b == std::byte(0); });
}

size_t padded(size_t bytes) {
  return (bytes + block - 1) / block * block;
}

struct Member {
  std::string name;
  size_t bytes = 0;
  bool is_file = true;
};

Result<Member> parse_header(const Header& header) {
  const auto stored = parse_octal({header.checksum, sizeof header.checksum});
  if (!stored || *stored != header_checksum(header)) {
    return bad_input("the header's checksum is wrong; this is not a tar archive, or it is damaged");
  }
  Member member{std::string(field_text(header.name))};
  const bool is_ustar = std::memcmp(header.magic, "ustar\0", 6) == 0;
  if (is_ustar && header.prefix[0]) {
    member.name = std::string(field_text(header.prefix)) + "/" + member.name;
  }
  if (header.type == '5') {  // a folder
    member.is_file = false;
    return member;
  }
  if (header.type != '0' && header.type != '\0') {
    return bad_input("member " + quote(member.name) + " has type " + quote({&header.type, 1}) +
                     ", only plain files are read; pack with: tar --format=ustar");
  }
  TUTTI_CHECK(check_name(member.name));
  const auto size = parse_octal({header.size, sizeof header.size});
  if (!size) return bad_input("member " + quote(member.name) + " has an unreadable size");
  member.bytes = *size;
  return member;
}

Status check_unique(const std::vector<TarEntry>& entries) {
  std::vector<std::string_view> names;
  for (const TarEntry& entry : entries) names.push_back(entry.name);
  std::sort(names.begin(), names.end());
  const auto twice = std::adjacent_find(names.begin(), names.end());
  if (twice == names.end()) return {};
  return bad_input("the member " + quote(*twice) + " is there twice");
}

}  // namespace

Result<TarWriter> TarWriter::create(const std::string& path) {
  TUTTI_ASSIGN(AtomicFile file, AtomicFile::create(path));
  return TarWriter(std::move(file));
}

Status TarWriter::add(std::string_view name, std::span<const std::byte> data) {
  TUTTI_CHECK(check_name(name));
  if (name.size() > sizeof(Header::name) || data.size() > largest_member) {
    return usage_error("cannot add " + quote(name) +
                       " to a tar archive: names have at most 100 bytes, data under 8 GiB");
  }
  Header header{};
  std::memcpy(header.name, name.data(), name.size());
  put_octal(header.mode, sizeof header.mode, 0644);
  put_octal(header.uid, sizeof header.uid, 0);
  put_octal(header.gid, sizeof header.gid, 0);
  put_octal(header.size, sizeof header.size, data.size());
  put_octal(header.mtime, sizeof header.mtime, 0);
  header.type = '0';
  std::memcpy(header.magic,
              "ustar\0"
              "00",
              8);
  put_octal(header.checksum, 7, header_checksum(header));
  header.checksum[7] = ' ';

  static constexpr std::byte zeros[block] = {};
  TUTTI_CHECK(file_.write(std::as_bytes(std::span(&header, 1))));
  TUTTI_CHECK(file_.write(data));
  return file_.write(std::span(zeros, padded(data.size()) - data.size()));
}

Status TarWriter::finish() {
  static constexpr std::byte end_mark[2 * block] = {};
  TUTTI_CHECK(file_.write(end_mark));
  return file_.commit();
}

Result<std::vector<TarEntry>> parse_tar(std::span<const std::byte> archive) {
  std::vector<TarEntry> entries;
  for (size_t at = 0;;) {
    const auto rest = archive.subspan(at);
    if (rest.size() < 2 * block) return bad_input("the tar archive is cut short: no end mark");
    if (all_zero(rest.first(block))) {
      if (!all_zero(rest)) return bad_input("the tar archive has data after its end mark");
      break;
    }
    Header header;
    std::memcpy(&header, rest.data(), block);
    auto member = parse_header(header);
    if (!member) return member.error().with_context("at " + byte_place(at));
    // Both sides are below 2^63: sizes have 36 bits.
    if (padded(member->bytes) > rest.size() - block) {
      return bad_input("member " + quote(member->name) + " claims " +
                       std::to_string(member->bytes) + " bytes; the tar archive is cut short");
    }
    if (member->is_file) {
      entries.push_back({std::move(member->name), rest.subspan(block, member->bytes)});
    }
    at += block + padded(member->bytes);
  }
  TUTTI_CHECK(check_unique(entries));
  return entries;
}

Result<TarReader> TarReader::open(const std::string& path) {
  TUTTI_ASSIGN(MappedFile file, MappedFile::open(path));
  auto entries = parse_tar(file.bytes());
  if (!entries) return entries.error().with_context("reading " + path);
  return TarReader(std::move(file), *std::move(entries));
}

}  // namespace tutti
