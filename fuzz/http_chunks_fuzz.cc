// The framing of a chunked body, whole and in pieces: the same content, the same end, and never
// more content than bytes.
//
// Input: a body as it is on the wire. Its first byte decides into what pieces it is cut.
#include <cstdlib>

#include "fuzz_target.h"
#include "serve/http/parse/body_reader.h"

namespace {

using namespace tutti;

struct Read {
  std::string body;
  size_t used = 0;
  bool done = false;
  BodyReader::Problem problem = BodyReader::Problem::none;

  bool operator==(const Read&) const = default;
};

Read read(std::string_view bytes, size_t step) {
  Read result;
  BodyReader reader = BodyReader::of_chunks();
  while (result.used < bytes.size() && !reader.done() &&
         reader.problem() == BodyReader::Problem::none) {
    const size_t used = reader.feed(bytes.substr(result.used, step), result.body);
    if (used == 0) std::abort();
    result.used += used;
  }
  result.done = reader.done();
  result.problem = reader.problem();
  return result;
}

}  // namespace

std::vector<std::string> fuzz_seeds() {
  return {"5\r\nhello\r\n6;name=\"a b\"\r\n world\r\n0\r\nX-Sum: 1\r\n\r\nGET / HTTP/1.1\r\n",
          "0\r\n\r\n",
          "a\r\n0123456789\r\n00;x\r\nA:\r\nB: c\r\n\r\n",
          "fffffffffffffff\r\nx",
          "1;" + std::string(5000, 'e') + "\r\nx\r\n",
          "0\r\nT: " + std::string(5000, 't') + "\r\n\r\n"};
}

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  const Read whole = read(bytes, size + 1);
  if (whole.body.size() > size || whole.used > size) std::abort();
  if (whole.done && whole.problem != BodyReader::Problem::none) std::abort();
  if (whole != read(bytes, 1)) std::abort();
  if (size > 0 && whole != read(bytes, 1 + data[0] % 16)) std::abort();
  return 0;
}
