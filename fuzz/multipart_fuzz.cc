// Any bytes are refused as a form or give parts that lie within it, as many as the limit allows.
//
// Input: a Content-Type up to the first line break, then the body.
#include <cstdlib>

#include "fuzz_target.h"
#include "serve/http/parse/multipart.h"

std::vector<std::string> fuzz_seeds() {
  const std::string form =
      "--b\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.wav\"\r\n"
      "Content-Type: audio/wav\r\n\r\nRIFF\r\n--b\r\nContent-Disposition: form-data; "
      "name=model\r\n\r\ntutti-nano\r\n--b--\r\n";
  return {"multipart/form-data; boundary=b\n" + form,
          "multipart/form-data; boundary=\"b\"; x=\"a;b\\\"c\"\n" + form,
          "multipart/form-data; boundary=b\npreamble\r\n" + form,
          "multipart/form-data; boundary=b\n--b\r\n\r\n\r\n--b--", "text/plain\n"};
}

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  const size_t line = input.find('\n');
  if (line == input.npos) return 0;
  const std::string_view body = input.substr(line + 1);
  const auto form = tutti::parse_multipart(input.substr(0, line), body);
  if (!form) return 0;
  if (form->parts.size() > 64) std::abort();
  for (const tutti::FormPart& part : form->parts) {
    if (part.name.empty()) std::abort();
    if (!part.content.empty()) require_inside(std::as_bytes(std::span(part.content)), data, size);
    if (form->find(part.name)->name != part.name) std::abort();
  }
  return 0;
}
