#include "runtime/ctc_text.h"

#include <algorithm>

#include "base/utf8.h"

namespace tutti {

std::string repaired_utf8(std::string_view bytes) {
  std::string text;
  while (const auto bad = invalid_utf8_at(bytes)) {
    text.append(bytes.substr(0, *bad)).append("\xef\xbf\xbd");
    bytes.remove_prefix(*bad + 1);
  }
  return text.append(bytes);
}

std::string ctc_text(ConstMatrix logits) {
  std::string bytes;
  const ptrdiff_t blank = logits.cols - 1;
  ptrdiff_t previous = blank;
  for (int label = 0; label < logits.rows; ++label) {
    const float* row = logits.row(label);
    const ptrdiff_t symbol = std::max_element(row, row + logits.cols) - row;
    if (symbol != previous && symbol != blank) bytes += char(symbol);
    previous = symbol;
  }
  return repaired_utf8(bytes);
}

}  // namespace tutti
