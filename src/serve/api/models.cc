// GET /v1/models and /v1/models/{model}.
#include "serve/api/answer.h"

namespace tutti {

void add_models_routes(Router& router, Api& api) {
  const auto card = [&api]() -> Json {
    return {{"id", api.options().model},
            {"object", "model"},
            {"created", api.options().created},
            {"owned_by", "tutti"}};
  };
  const RouteOptions quick = {.quick = true};
  router.add(
      "GET", "/v1/models",
      [card](const Request&, const ReplyPtr& reply) {
        send_json(*reply, {{"object", "list"}, {"data", Json::array({card()})}});
      },
      quick);
  router.add(
      "GET", "/v1/models/{model}",
      [card, &api](const Request& request, const ReplyPtr& reply) {
        if (request.parameters.at("model") == api.options().model) return send_json(*reply, card());
        send_problem(*reply, {404, "this server has the model " + api.options().model + " only",
                              "invalid_request_error", "model", "model_not_found"});
      },
      quick);
}

}  // namespace tutti
