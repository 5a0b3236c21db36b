// What is read of a picture before FFmpeg sees it: any bytes give a size or nothing, and the first
// frame of an animated WebP, wrapped as a still, is one that is no animation and no larger.
#include <cstdlib>

#include "fuzz_target.h"
#include "media/picture/picture_size.h"
#include "media/picture/webp.h"

namespace {

std::string number(size_t value, int bytes) {
  std::string out;
  for (int i = 0; i < bytes; ++i) out += char(value >> (8 * i));
  return out;
}
std::string chunk(const std::string& name, const std::string& body) {
  return name + number(body.size(), 4) + body + std::string(body.size() % 2, '\0');
}
std::string webp(const std::string& chunks) {
  return "RIFF" + number(4 + chunks.size(), 4) + "WEBP" + chunks;
}
std::string animation(const std::string& picture) {
  const std::string head = number(0x12, 4) + number(99, 3) + number(79, 3);
  const std::string frame = number(2, 3) + number(1, 3) + number(15, 3) + number(15, 3) +
                            number(100, 3) + number(0, 1) + picture;
  return webp(chunk("VP8X", head) + chunk("ANIM", number(0, 6)) + chunk("ANMF", frame));
}

}  // namespace

std::vector<std::string> fuzz_seeds() {
  const std::string lossy =
      chunk("VP8 ", std::string("\x30\x01\x00\x9d\x01\x2a\x10\x00\x10\x00", 10));
  const std::string exact =
      chunk("VP8L", std::string("\x2f\x0f\xc0\x03\x00\x00\x00\x00\x00\x00", 10));
  return {animation(lossy),
          animation(chunk("ALPH", "abc") + lossy),
          animation(exact),
          webp(lossy),
          webp(exact),
          std::string(
              "\xff\xd8\xff\xe0\x00\x04\x00\x00\xff\xc0\x00\x0b\x08\x00\x10\x00\x20\x01\x01", 19),
          std::string("\x89PNG\r\n\x1a\n\x00\x00\x00\x0dIHDR\x00\x00\x00\x10\x00\x00\x00\x10", 24),
          std::string("GIF89a\x10\x00\x10\x00", 10),
          "BM" + std::string(12, '\0') + number(40, 4) + number(16, 4) + number(0xfffffff0, 4)};
}

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view file(reinterpret_cast<const char*>(data), size);
  (void)tutti::claimed_size(file);
  const auto frame = tutti::first_webp_frame(file);
  if (!frame || !*frame) return 0;
  const std::vector<uint8_t>& still = (**frame).still;
  const std::string_view text(reinterpret_cast<const char*>(still.data()), still.size());
  if (!tutti::is_webp(text) || still.size() > size + 64) std::abort();
  const auto again = tutti::first_webp_frame(text);
  if (!again || *again) std::abort();
  return 0;
}
