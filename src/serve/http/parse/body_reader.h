// The body of an HTTP/1.1 request as it comes in pieces: of a claimed length, or in chunks (RFC
// 9112, sections 6 and 7.1).
//
//   BodyReader reader = BodyReader::of_chunks();
//   used = reader.feed(bytes, body);   // appends what of `bytes` is content
//   if (reader.done()) ... bytes.substr(used) belongs to the next request
//   if (reader.problem()) ...
//
// Nothing but content is kept: sizes are counted as their digits come, extensions and trailers are
// looked at and dropped, and have small bounds. The content's bound is the caller's business; it
// grows by no more than what is fed. Rejected: Boost.Beast's chunk parser, which needs a whole line
// of extensions and all trailers in one buffer of the caller's.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace tutti {

class BodyReader {
 public:
  static constexpr size_t kMostExtensionBytes = 4 << 10;  // of all chunks of a body
  static constexpr size_t kMostTrailerBytes = 4 << 10;

  enum class Problem { none, malformed, long_extensions, long_trailers };

  static BodyReader of_length(uint64_t length) { return {false, length}; }
  static BodyReader of_chunks() { return {true, 0}; }

  // Returns how much was used: all, unless the body or its validity has ended.
  size_t feed(std::string_view bytes, std::string& body);

  // How many of the next bytes are content for certain; who puts such into the body without feed()
  // says so.
  uint64_t content_due() const { return stage_ == Stage::content ? left_ : 0; }
  void note_content(size_t count);

  bool done() const { return stage_ == Stage::done; }
  Problem problem() const { return problem_; }

 private:
  enum class Stage {
    size,
    extension,
    size_end,  // a line feed is due
    content,
    content_return,  // the line end behind a chunk
    content_end,
    trailer_start,  // of a line: a name, or the empty line that ends the body
    trailer_name,
    trailer_value,
    trailer_end,
    last_end,
    done
  };

  BodyReader(bool chunked, uint64_t length)
      : chunked_(chunked),
        stage_(chunked      ? Stage::size
               : length > 0 ? Stage::content
                            : Stage::done),
        left_(length) {}

  void step(char c);
  void size_digit(char c);
  void trailer(char c);
  void expect(char c, char wanted, Stage next);
  void fail(Problem problem) { problem_ = problem; }

  bool chunked_;
  Stage stage_;
  Problem problem_ = Problem::none;
  uint64_t left_;  // of the chunk, or of the whole
  int digits_ = 0;
  size_t extension_bytes_ = 0, trailer_bytes_ = 0;
};

}  // namespace tutti
