// GET /v1/models and /v1/models/{model}: the model, and a card for each other name of it.
#include "serve/api/answer.h"
#include "serve/api/text_options.h"

namespace tutti {
namespace {

Json card(const Api& api, const std::string& name) {
  Json card = {
      {"id", name}, {"object", "model"}, {"created", api.options().created}, {"owned_by", "tutti"}};
  if (name != api.options().model) card["alias_of"] = api.options().model;
  return card;
}

}  // namespace

void add_models_routes(Router& router, Api& api) {
  const RouteOptions quick = {.quick = true};
  add_operation(
      router, api.contract().at("list_models"),
      [&api](const Request&, const ReplyPtr& reply) {
        Json all = Json::array({card(api, api.options().model)});
        for (const std::string& name : api.options().aliases) all.push_back(card(api, name));
        send_json(*reply, {{"object", "list"}, {"data", all}});
      },
      quick);
  add_operation(
      router, api.contract().at("show_model"),
      [&api](const Request& request, const ReplyPtr& reply) {
        const std::string& name = request.parameters.at("model");
        if (api.serves(name)) return send_json(*reply, card(api, name));
        send_problem(*reply, {404, "the model " + no_such_model(name, api), "invalid_request_error",
                              "model", "model_not_found"});
      },
      quick);
}

}  // namespace tutti
