#include "serve/store/stream.h"

#include "serve/store/api.h"

namespace tutti::store_api {
namespace {

struct Stream {
  ReplyPtr reply;
  Account::Ptr account;
  std::string type;
  Headers headers;
  std::unique_ptr<Pieces> pieces;
  bool head = false;  // no body is asked for
};

void fail(Reply& reply, const Error& error) {
  reply.begun() ? reply.abort() : send_error(reply, error);
}

void begin(Stream& stream) {
  stream.reply->begin(200, stream.type, std::move(stream.headers), stream.pieces->length());
}

void step(const std::shared_ptr<Stream>& stream) {
  Reply& reply = *stream->reply;
  if (reply.gone()) return;
  Charge charge(stream->account);
  if (const Status status = charge.grow(2 * kMostPiece); !status) {
    const bool others_hold_it = status.error().code() == ErrorCode::busy;
    if (!reply.begun() || !others_hold_it) return fail(reply, status.error());
    return reply.later([stream] { step(stream); });
  }
  Result<std::string> piece = stream->pieces->next();
  if (!piece) return fail(reply, piece.error());
  const bool ended = stream->pieces->ended();
  if (ended && !reply.begun()) {
    charge.clear();  // the connection counts it
    return reply.send(200, stream->type, *std::move(piece), std::move(stream->headers));
  }
  if (!reply.begun()) begin(*stream);
  if (stream->head) return reply.end();
  reply.write(*std::move(piece), std::move(charge));
  ended ? reply.end() : reply.when_read([stream] { step(stream); });
}

}  // namespace

void stream(const Request& request, const ReplyPtr& reply, std::string type, Headers headers,
            std::unique_ptr<Pieces> pieces) {
  const bool head = request.method == "HEAD";
  const auto stream = std::make_shared<Stream>(
      Stream{reply, request.account, std::move(type), std::move(headers), std::move(pieces), head});
  if (!stream->head || !stream->pieces->length()) return step(stream);
  begin(*stream);
  reply->end();
}

}  // namespace tutti::store_api
