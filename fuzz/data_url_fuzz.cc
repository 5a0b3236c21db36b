// Any text is refused as a data URL or gives bytes, no more than it spells; those written as base64
// again are read as the same. Nothing but "data:" is ever taken for an address.
#include <cstdlib>

#include "fuzz_target.h"
#include "serve/api/uploads/data_url.h"

std::vector<std::string> fuzz_seeds() {
  return {"data:image/png;base64,iVBORw0KGgo=",
          "data:audio/wav;charset=x;base64,UklGRg",
          "data:;base64,_-_-\r\n__==",
          " DATA:image/png; BASE64, %2B/8=",
          "data:text/plain,hello",
          "http://127.0.0.1/a.png",
          "file:///etc/passwd",
          "iVBORw0KGgoAAAANSUhEUgAAAAEAAAAB"};
}

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  if (const auto bytes = tutti::read_data_url(text)) {
    const size_t colon = text.find(':');
    if (colon == text.npos || colon < 4) std::abort();
    for (int i = 0; i < 4; ++i)
      if ((text[colon - 4 + size_t(i)] | 0x20) != "data"[i]) std::abort();
    if (bytes->empty() || bytes->size() > size) std::abort();
  }
  if (const auto bytes = tutti::decode_base64(text)) {
    if (bytes->size() > size / 4 * 3 + 3) std::abort();
    const auto again = tutti::decode_base64(tutti::encode_base64(*bytes));
    if (!again || *again != *bytes) std::abort();
  }
  return 0;
}
