#include "serve/store/stream.h"

#include "serve/store/answers.h"

namespace tutti::store_api {
namespace {

struct PiecewiseAnswer {
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

void begin(PiecewiseAnswer& answer) {
  answer.reply->begin(200, answer.type, std::move(answer.headers), answer.pieces->length());
}

void step(const std::shared_ptr<PiecewiseAnswer>& answer) {
  Reply& reply = *answer->reply;
  if (reply.gone()) return;
  Charge charge(answer->account);
  if (const Status status = charge.grow(2 * kMostPiece); !status) {
    const bool others_hold_it = status.error().code() == ErrorCode::busy;
    if (!reply.begun() || !others_hold_it) return fail(reply, status.error());
    return reply.later([answer] { step(answer); });
  }
  Result<std::string> piece = answer->pieces->next();
  if (!piece) return fail(reply, piece.error());
  const bool ended = answer->pieces->ended();
  if (ended && !reply.begun()) {
    charge.clear();  // the connection counts it
    return reply.send(200, answer->type, *std::move(piece), std::move(answer->headers));
  }
  if (!reply.begun()) begin(*answer);
  if (answer->head) return reply.end();
  reply.write(*std::move(piece), std::move(charge));
  ended ? reply.end() : reply.when_read([answer] { step(answer); });
}

}  // namespace

void stream(const Request& request, const ReplyPtr& reply, std::string type, Headers headers,
            std::unique_ptr<Pieces> pieces) {
  const bool head = request.method == "HEAD";
  const auto answer = std::make_shared<PiecewiseAnswer>(PiecewiseAnswer{
      reply, request.account, std::move(type), std::move(headers), std::move(pieces), head});
  if (!answer->head || !answer->pieces->length()) return step(answer);
  begin(*answer);
  reply->end();
}

}  // namespace tutti::store_api
