#include "format/event_file.h"

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <bit>
#include <cerrno>
#include <chrono>
#include <filesystem>
#include <system_error>
#include <utility>

#include "format/picture_file.h"

namespace tutti {
namespace {

constexpr std::array<uint32_t, 256> crc_table = [] {
  std::array<uint32_t, 256> table{};
  for (uint32_t i = 0; i < 256; ++i) {
    uint32_t value = i;
    for (int bit = 0; bit < 8; ++bit) value = value >> 1 ^ (value & 1 ? 0x82f63b78u : 0);
    table[i] = value;
  }
  return table;
}();

template <class T>
std::string little_endian(T value) {
  std::string out;
  for (size_t i = 0; i < sizeof(T); ++i) out += char(value >> (8 * i));
  return out;
}

// TFRecord hides its checksums, because a checksum over data that hold their own checksum is weak.
std::string masked_crc(std::string_view data) {
  const uint32_t crc = crc32c(std::as_bytes(std::span(data)));
  return little_endian((crc >> 15 | crc << 17) + 0xa282ead8u);
}

std::string varint(uint64_t value) {
  std::string out;
  for (; value >= 128; value >>= 7) out += char(value | 128);
  return out + char(value);
}

// Protobuf wire types: 0 varint, 1 eight bytes, 2 length and bytes, 5 four bytes.
std::string field_int(int number, uint64_t value) {
  return varint(number << 3) + varint(value);
}
std::string field_double(int number, double value) {
  return varint(number << 3 | 1) + little_endian(std::bit_cast<uint64_t>(value));
}
std::string field_bytes(int number, std::string_view bytes) {
  return varint(number << 3 | 2) + varint(bytes.size()) + std::string(bytes);
}
std::string field_float(int number, float value) {
  return varint(number << 3 | 5) + little_endian(std::bit_cast<uint32_t>(value));
}

// Event.summary (5) with one Summary.value (1) whose tag is field 1.
std::string summary(std::string_view tag, const std::string& value) {
  return field_bytes(5, field_bytes(1, field_bytes(1, tag) + value));
}

double seconds_since_epoch() {
  return std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch()).count();
}

Error log_error(const std::string& action, const std::string& path) {
  return failed(action + " " + path + ": " + std::generic_category().message(errno));
}

}  // namespace

uint32_t crc32c(std::span<const std::byte> bytes) {
  uint32_t crc = ~0u;
  for (std::byte byte : bytes) crc = crc >> 8 ^ crc_table[(crc ^ uint32_t(byte)) & 255];
  return ~crc;
}

EventWriter::EventWriter(EventWriter&& other) noexcept
    : descriptor_(std::exchange(other.descriptor_, -1)), path_(std::move(other.path_)) {}

EventWriter& EventWriter::operator=(EventWriter&& other) noexcept {
  std::swap(descriptor_, other.descriptor_);
  std::swap(path_, other.path_);
  return *this;
}

EventWriter::~EventWriter() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

Result<EventWriter> EventWriter::create(const std::string& folder) {
  std::error_code error;
  std::filesystem::create_directories(folder, error);
  if (error) return failed("cannot make the folder " + folder + ": " + error.message());
  const std::string stem = folder + "/events.out.tfevents." +
                           std::to_string(int64_t(seconds_since_epoch())) + ".tutti." +
                           std::to_string(::getpid());
  for (int attempt = 0; attempt < 1000; ++attempt) {
    const std::string path = stem + "." + std::to_string(attempt);
    const int descriptor =
        ::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_APPEND | O_CLOEXEC, 0666);
    if (descriptor < 0 && errno == EEXIST) continue;
    if (descriptor < 0) return log_error("cannot create", path);
    EventWriter writer(descriptor, path);
    TUTTI_CHECK(writer.append(0, field_bytes(3, "brain.Event:2")));  // Event.file_version
    return writer;
  }
  return failed("cannot create another event file in " + folder + "; remove the old ones");
}

Status EventWriter::scalar(std::string_view tag, int64_t step, float value) {
  return append(step, summary(tag, field_float(2, value)));
}

Status EventWriter::picture(std::string_view tag, int64_t step, const Picture& picture) {
  const std::string png = encode_png(picture);
  if (png.empty()) return usage_error("cannot log the picture " + std::string(tag) + ": malformed");
  // Summary.Image: height, width, colorspace (1 grey, 3 RGB, 4 RGBA), encoded picture.
  return append(step, summary(tag, field_bytes(4, field_int(1, uint64_t(picture.height)) +
                                                      field_int(2, uint64_t(picture.width)) +
                                                      field_int(3, uint64_t(picture.channels)) +
                                                      field_bytes(4, png))));
}

Status EventWriter::append(int64_t step, std::string_view field) {
  const std::string event =
      field_double(1, seconds_since_epoch()) + field_int(2, uint64_t(step)) + std::string(field);
  const std::string length = little_endian(uint64_t(event.size()));
  const std::string record = length + masked_crc(length) + event + masked_crc(event);
  for (std::string_view rest = record; !rest.empty();) {
    const ssize_t written = ::write(descriptor_, rest.data(), rest.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return log_error("cannot write", path_);
    rest.remove_prefix(size_t(written));
  }
  return {};
}

}  // namespace tutti
