// GET /v1/models and /v1/models/{model}: a card for each model, for each adapter in its file, and
// for each alias.
#include "serve/api/answer.h"
#include "serve/api/endpoints/endpoints.h"
#include "serve/api/text_options.h"

namespace tutti {
namespace {

Json card_json(const Registry::Card& card) {
  Json json = {
      {"id", card.name}, {"object", "model"}, {"created", card.written}, {"owned_by", "tutti"}};
  if (!card.alias_of.empty()) json["alias_of"] = card.alias_of;
  if (!card.adapter_of.empty()) json["adapter_of"] = card.adapter_of;
  return json;
}

}  // namespace

void add_models_routes(Router& router, Api& api) {
  const RouteOptions quick = {.quick = true};
  add_operation(
      router, api.contract().at("list_models"),
      [&api](const Request&, const ReplyPtr& reply) {
        Json all = Json::array();
        for (const Registry::Card& card : api.models().list()) all.push_back(card_json(card));
        send_json(*reply, {{"object", "list"}, {"data", all}});
      },
      quick);
  add_operation(
      router, api.contract().at("show_model"),
      [&api](const Request& request, const ReplyPtr& reply) {
        const std::string& name = request.parameters.at("model");
        for (const Registry::Card& card : api.models().list())
          if (card.name == name) return send_json(*reply, card_json(card));
        send_problem(*reply, {404, "the model " + no_such_model(name, api), "invalid_request_error",
                              "model", "model_not_found"});
      },
      quick);
}

}  // namespace tutti
