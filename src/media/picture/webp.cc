#include "media/picture/webp.h"

#include <algorithm>

namespace tutti {
namespace {

using namespace std::string_view_literals;

constexpr size_t kHead = 12;       // "RIFF", size, "WEBP"
constexpr size_t kFrameHead = 16;  // of an ANMF chunk, before its picture
constexpr uint8_t kAnimated = 0x02, kAlpha = 0x10;

struct Chunk {
  std::string_view name, body;
};

// Chunks one after another; a body that is cut short ends them.
class Chunks {
 public:
  explicit Chunks(std::string_view bytes) : left_(bytes) {}
  std::optional<Chunk> next();

 private:
  std::string_view left_;
};

uint32_t little(std::string_view bytes, size_t at, int count) {
  uint32_t value = 0;
  for (int i = 0; i < count; ++i) value |= uint32_t(uint8_t(bytes[at + size_t(i)])) << (8 * i);
  return value;
}

std::optional<Chunk> Chunks::next() {
  if (left_.size() < 8) return std::nullopt;
  const size_t size = little(left_, 4, 4);
  if (size > left_.size() - 8) return std::nullopt;
  const Chunk chunk{left_.substr(0, 4), left_.substr(8, size)};
  left_.remove_prefix(std::min(8 + size + size % 2, left_.size()));
  return chunk;
}

void put(std::vector<uint8_t>& out, uint32_t value, int bytes) {
  for (int i = 0; i < bytes; ++i) out.push_back(uint8_t(value >> (8 * i)));
}
void put(std::vector<uint8_t>& out, std::string_view bytes) {
  out.insert(out.end(), bytes.begin(), bytes.end());
}
void put(std::vector<uint8_t>& out, const Chunk& chunk) {
  put(out, chunk.name);
  put(out, uint32_t(chunk.body.size()), 4);
  put(out, chunk.body);
  if (chunk.body.size() % 2) out.push_back(0);
}

// A file of one picture: VP8L or VP8 alone, or, with its transparency apart, in the extended form.
std::vector<uint8_t> still_file(const PictureSize& size, const std::optional<Chunk>& alpha,
                                const Chunk& picture) {
  std::vector<uint8_t> chunks;
  if (alpha) {
    put(chunks, "VP8X"sv), put(chunks, 10, 4), put(chunks, kAlpha, 4);
    put(chunks, size.width - 1, 3), put(chunks, size.height - 1, 3);
    put(chunks, *alpha);
  }
  put(chunks, picture);
  std::vector<uint8_t> file;
  put(file, "RIFF"sv), put(file, uint32_t(4 + chunks.size()), 4), put(file, "WEBP"sv);
  file.insert(file.end(), chunks.begin(), chunks.end());
  return file;
}

Result<WebpFrame> frame_of(std::string_view body, const PictureSize& canvas) {
  if (body.size() < kFrameHead) return bad_input("its first frame is cut short");
  WebpFrame frame{canvas, 2 * little(body, 0, 3), 2 * little(body, 3, 3), {}};
  const PictureSize size{1 + little(body, 6, 3), 1 + little(body, 9, 3)};
  if (frame.left + size.width > canvas.width || frame.top + size.height > canvas.height)
    return bad_input("its first frame does not lie within the picture");
  Chunks chunks(body.substr(kFrameHead));
  std::optional<Chunk> alpha;
  while (const auto chunk = chunks.next()) {
    if (chunk->name == "ALPH"sv) alpha = chunk;
    if (chunk->name != "VP8 "sv && chunk->name != "VP8L"sv) continue;
    if (chunk->name == "VP8L"sv) alpha.reset();  // it has its own
    frame.still = still_file(size, alpha, *chunk);
    return frame;
  }
  return bad_input("its first frame holds no picture");
}

}  // namespace

bool is_webp(std::string_view file) {
  return file.size() >= kHead && file.starts_with("RIFF"sv) && file.substr(8, 4) == "WEBP"sv;
}

// RFC 9649: 2.5 (VP8), 2.6 (VP8L), 2.7 (VP8X).
std::optional<PictureSize> webp_size(std::string_view file) {
  const std::string_view name = file.substr(std::min(kHead, file.size())).substr(0, 4);
  if (file.size() < kHead + 8 + 10) return std::nullopt;
  const std::string_view body = file.substr(kHead + 8);
  if (name == "VP8X"sv) return PictureSize{1 + little(body, 4, 3), 1 + little(body, 7, 3)};
  if (name == "VP8 "sv)
    return PictureSize{little(body, 6, 2) & 0x3fff, little(body, 8, 2) & 0x3fff};
  if (name != "VP8L"sv) return std::nullopt;
  const uint32_t bits = little(body, 1, 4);
  return PictureSize{1 + (bits & 0x3fff), 1 + (bits >> 14 & 0x3fff)};
}

Result<std::optional<WebpFrame>> first_webp_frame(std::string_view file) {
  Chunks chunks(file.substr(std::min(kHead, file.size())));
  const auto head = chunks.next();
  if (!head || head->name != "VP8X"sv || head->body.size() < 10 ||
      !(uint8_t(head->body[0]) & kAnimated))
    return std::optional<WebpFrame>();
  const PictureSize canvas{1 + little(head->body, 4, 3), 1 + little(head->body, 7, 3)};
  while (const auto chunk = chunks.next()) {
    if (chunk->name != "ANMF"sv) continue;
    TUTTI_ASSIGN(WebpFrame frame, frame_of(chunk->body, canvas));
    return std::optional(std::move(frame));
  }
  return bad_input("its first frame is missing or cut short");
}

}  // namespace tutti
