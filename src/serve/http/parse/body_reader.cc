#include "serve/http/parse/body_reader.h"

#include <algorithm>

#include "base/hex.h"

namespace tutti {
namespace {

constexpr int kMostDigits = 15;  // of a chunk's size: far above any limit, and no overflow

// What may stand in a line: text, spaces and tabs, but no control character.
bool in_line(char c) {
  return c == '\t' || (uint8_t(c) >= 0x20 && c != 0x7f);
}

// RFC 9110, section 5.6.2: tchar.
bool in_name(char c) {
  return (c >= '0' && c <= '9') || (char(c | 0x20) >= 'a' && char(c | 0x20) <= 'z') ||
         (c && std::string_view("!#$%&'*+-.^_`|~").find(c) != std::string_view::npos);
}

}  // namespace

size_t BodyReader::feed(std::string_view bytes, std::string& body) {
  size_t used = 0;
  while (used < bytes.size() && !done() && problem_ == Problem::none) {
    if (stage_ != Stage::content) {
      step(bytes[used++]);
      continue;
    }
    const auto count = size_t(std::min<uint64_t>(left_, bytes.size() - used));
    body.append(bytes, used, count);
    used += count;
    note_content(count);
  }
  return used;
}

void BodyReader::note_content(size_t count) {
  left_ -= count;
  if (left_ == 0) stage_ = chunked_ ? Stage::content_return : Stage::done;
}

void BodyReader::expect(char c, char wanted, Stage next) {
  if (c != wanted) return fail(Problem::malformed);
  stage_ = next;
}

void BodyReader::step(char c) {
  switch (stage_) {
    case Stage::size:
      return size_digit(c);
    case Stage::extension:
      if (c == '\r') {
        stage_ = Stage::size_end;
      } else if (!in_line(c)) {
        fail(Problem::malformed);
      } else if (++extension_bytes_ > kMostExtensionBytes) {
        fail(Problem::long_extensions);
      }
      return;
    case Stage::size_end:
      return expect(c, '\n', left_ > 0 ? Stage::content : Stage::trailer_start);
    case Stage::content_return:
      return expect(c, '\r', Stage::content_end);
    case Stage::content_end:
      digits_ = 0;
      return expect(c, '\n', Stage::size);
    case Stage::last_end:
      return expect(c, '\n', Stage::done);
    default:
      return trailer(c);
  }
}

void BodyReader::size_digit(char c) {
  if (const int digit = hex_digit(c); digit >= 0) {
    if (++digits_ > kMostDigits) return fail(Problem::malformed);
    left_ = left_ * 16 + uint64_t(digit);
    return;
  }
  if (digits_ == 0) return fail(Problem::malformed);
  if (c == '\r')
    stage_ = Stage::size_end;
  else if (c == ';' || c == ' ' || c == '\t')
    stage_ = Stage::extension;
  else
    fail(Problem::malformed);
}

// Trailers say nothing that this server would listen to.
void BodyReader::trailer(char c) {
  if (c != '\r' && c != '\n' && ++trailer_bytes_ > kMostTrailerBytes)
    return fail(Problem::long_trailers);
  if (stage_ == Stage::trailer_end) return expect(c, '\n', Stage::trailer_start);
  if (stage_ == Stage::trailer_start && c == '\r') {
    stage_ = Stage::last_end;
  } else if (stage_ == Stage::trailer_value) {
    if (c == '\r')
      stage_ = Stage::trailer_end;
    else if (!in_line(c))
      fail(Problem::malformed);
  } else if (c == ':' && stage_ == Stage::trailer_name) {
    stage_ = Stage::trailer_value;
  } else if (in_name(c)) {
    stage_ = Stage::trailer_name;
  } else {
    fail(Problem::malformed);
  }
}

}  // namespace tutti
