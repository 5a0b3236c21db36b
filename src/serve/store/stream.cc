#include "serve/store/stream.h"

#include "serve/store/api.h"

namespace tutti::store_api {
namespace {

struct Stream {
  ReplyPtr reply;
  Charge charge;  // for the piece being made
  std::string type;
  Headers headers;
  std::unique_ptr<Pieces> pieces;

  Result<std::string> next() {
    TUTTI_CHECK(charge.set(2 * kMostPiece));
    return pieces->next();
  }
};

void fail(Reply& reply, const Error& error) {
  reply.begun() ? reply.abort() : send_error(reply, error);
}

void step(const std::shared_ptr<Stream>& stream) {
  Reply& reply = *stream->reply;
  if (reply.gone()) return;
  Result<std::string> piece = stream->next();
  stream->charge.clear();  // from here on the connection counts it
  if (!piece) return fail(reply, piece.error());
  const bool ended = stream->pieces->ended();
  if (ended && !reply.begun())
    return reply.send(200, stream->type, *std::move(piece), std::move(stream->headers));
  if (!reply.begun()) reply.begin(200, stream->type, std::move(stream->headers));
  reply.write(*std::move(piece));
  ended ? reply.end() : reply.when_read([stream] { step(stream); });
}

}  // namespace

void stream(const ReplyPtr& reply, const Account::Ptr& account, std::string type, Headers headers,
            std::unique_ptr<Pieces> pieces) {
  step(std::make_shared<Stream>(
      Stream{reply, Charge(account), std::move(type), std::move(headers), std::move(pieces)}));
}

}  // namespace tutti::store_api
