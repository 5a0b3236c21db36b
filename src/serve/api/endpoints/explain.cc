// POST /v1/explain, an extension: which modality looks at which, layer by layer, while the model
// reads the messages of a chat. What `tutti explain` draws, as numbers.
//
//   {"object": "explanation", "model": "tutti-nano",
//    "layers": [{"attention": {"text": {"text": 0.4, "see": 0.6, ...}, ...},
//                "ran": {"text": 1, "see": 0.8}}, ...]}
//
// attention[asking][asked] are shares of one; "ran" is the share of a modality's tokens that the
// layer computed, the router having let the others pass by.
#include "engine/requests/explain_request.h"
#include "serve/api/answer.h"
#include "serve/api/endpoints/endpoints.h"
#include "serve/api/prompt_reader.h"

namespace tutti {
namespace {

Json layer_json(const AttentionShare& share, size_t layer) {
  Json attention = Json::object(), ran = Json::object();
  for (size_t asking = 0; asking < share.groups.size(); ++asking) {
    // Nothing of a modality runs in the first layer: the prompt has none of it.
    if (share.routed[0][asking] == 0) continue;
    for (size_t asked = 0; asked < share.groups.size(); ++asked)
      attention[share.groups[asking]][share.groups[asked]] = share.layers[layer][asking][asked];
    ran[share.groups[asking]] = share.routed[layer][asking];
  }
  return {{"attention", attention}, {"ran", ran}};
}

Json explanation(const AttentionShare& share, const std::string& model) {
  Json layers = Json::array();
  for (size_t layer = 0; layer < share.layers.size(); ++layer)
    layers.push_back(layer_json(share, layer));
  return {{"object", "explanation"}, {"model", model}, {"layers", layers}};
}

void explain(Api& api, const Request& request, const ReplyPtr& reply) {
  Checker checker(request.account);
  const Fields fields = checker.body(request.body, *api.contract().at("explain").body);
  // The usual options leave room for an answer of the usual length.
  Question question = read_question(fields, "messages", {}, api);
  if (checker.problem()) return send_problem(*reply, *checker.problem());
  const auto jobs = Jobs::of(request, reply);
  const auto begin = [&api, jobs, reply, model = question.model,
                      options = question.options](SharedPrompt prompt) {
    const auto done = [&api, reply, model](Result<AttentionShare> share) {
      share ? send_json(*reply, explanation(*share, model->name))
            : send_error(*reply, api, share.error(), "messages");
    };
    const Status status = jobs->add(api.scheduler().submit(
        std::make_unique<ExplainRequest>(model->handle, std::move(prompt), options), done,
        jobs->owner()));
    if (!status) send_error(*reply, api, status.error(), "messages");
  };
  decode_draft(api, jobs, std::move(question.draft), reply, begin);
}

}  // namespace

void add_explain_routes(Router& router, Api& api) {
  add_operation(
      router, api.contract().at("explain"),
      [&api](const Request& request, const ReplyPtr& reply) { explain(api, request, reply); },
      api.route_options());
}

}  // namespace tutti
