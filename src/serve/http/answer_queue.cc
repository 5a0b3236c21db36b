#include "serve/http/answer_queue.h"

#include <algorithm>
#include <boost/asio/buffer.hpp>
#include <utility>

#include "base/let_go.h"

namespace tutti {
namespace {

constexpr size_t kMostUnread = size_t(64) << 20;  // of an answer that the client does not read
constexpr size_t kWriteBytes = 64 << 10;          // in a turn

}  // namespace

bool AnswerQueue::push(Piece piece) {
  unread_ += piece.bytes.size();
  if (unread_ > kMostUnread) return false;
  Piece* const last = out_.empty() ? nullptr : &out_.back();
  if (last && last->bytes.size() + piece.bytes.size() <= kMostJoined &&
      last->charge.account() == piece.charge.account()) {
    last->bytes += piece.bytes;
    last->charge.absorb(std::move(piece.charge));
  } else if (!piece.bytes.empty()) {
    out_.push_back(std::move(piece));
  }
  return true;
}

void AnswerQueue::write(Stream& stream, const HttpLimits& limits,
                        std::function<void(Stream::Error)> done) {
  if (writing_.bytes.empty()) {
    writing_ = std::move(out_.front());
    out_.pop_front();
    written_ = 0;
  }
  const size_t size = std::min(writing_.bytes.size() - written_, kWriteBytes);
  deadline_ =
      Clock::now() + seconds_of(limits.slow_seconds + double(size) / limits.bytes_per_second);
  const boost::asio::const_buffer piece(writing_.bytes.data() + written_, size);
  stream.write({&piece, 1}, [this, size, done = std::move(done)](Stream::Error error, size_t) {
    sending_ = false;
    deadline_ = Clock::time_point::max();
    written_ += size;
    unread_ -= size;
    if (error || cleared_ || written_ == writing_.bytes.size()) {
      let_go(writing_.bytes);
      writing_ = {};
    }
    done(error);
  });
  sending_ = true;  // behind what may throw
}

void AnswerQueue::clear() {
  out_.clear();
  cleared_ = true;
}

}  // namespace tutti
