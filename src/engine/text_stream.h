// Turns pieces that arrive one by one into text that can be shown at once: only whole UTF-8
// characters leave it, however the vocabulary splits them into bytes.
#pragma once

#include <string>

namespace tutti {

class TextStream {
 public:
  // `text`: the decoding of all pieces so far, where bytes that form no character yet are U+FFFD.
  // Returns what is new and certain.
  std::string advance(const std::string& text) {
    size_t certain = text.size();
    while (certain >= 3 && text.compare(certain - 3, 3, "\xef\xbf\xbd") == 0) certain -= 3;
    return emit(text, certain);
  }

  // The rest, as it is.
  std::string finish(const std::string& text) { return emit(text, text.size()); }

 private:
  std::string emit(const std::string& text, size_t end) {
    if (end <= emitted_) return "";
    std::string fresh = text.substr(emitted_, end - emitted_);
    emitted_ = end;
    return fresh;
  }

  size_t emitted_ = 0;  // bytes
};

}  // namespace tutti
