// Answers that are made piece by piece, the next one once the client has read the last: a list, an
// export or a file takes as much memory as one piece, whatever its length and however slow the
// client. Each piece is a turn of its own on the workers for slow work, so a long answer delays
// nobody.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "serve/http/message.h"

namespace tutti::store_api {

class Pieces {
 public:
  virtual ~Pieces() = default;
  // The next one, kMostPiece bytes at most; what it holds meanwhile is kMostPiece more.
  virtual Result<std::string> next() = 0;
  virtual bool ended() const = 0;
  // Of all of them, where it is known before they are made.
  virtual std::optional<uint64_t> length() const { return std::nullopt; }
};

// A stored entry (256 KiB at most) on top of what a page holds that ends behind 128 KiB.
inline constexpr size_t kPiece = size_t(128) << 10;
inline constexpr size_t kMostPiece = size_t(512) << 10;
// Of the whole answer: as long as its client reads fast enough (HttpLimits), it may be long.
inline constexpr double kMostSeconds = 3600;

// What is made is charged to the request's account first. An error before the first piece is the
// answer; a later one cuts the connection, so that the client knows the answer to be incomplete.
// Where others hold the memory for the next piece, it is made once they have given it back, within
// the answer's time. For a HEAD no more is made than its answer needs.
void stream(const Request& request, const ReplyPtr& reply, std::string type, Headers headers,
            std::unique_ptr<Pieces> pieces);

}  // namespace tutti::store_api
