// POST /v1/embeddings: unit vectors of texts and, beyond OpenAI's shape, of pictures, sounds and
// videos, all in one space.
#include <algorithm>

#include "runtime/session_state.h"
#include "serve/api/data_url.h"
#include "serve/api/prompt_reader.h"
#include "serve/api/text_job.h"

namespace tutti {
namespace {

struct EmbeddingsRequest {
  Draft inputs;
  std::vector<std::string> params;  // where the request has each
  bool base64 = false;
};

void read_one(Fields& request, Checker& checker, const Api& api, const Json& one,
              const std::string& param, EmbeddingsRequest& embeddings) {
  if (one.is_object()) {
    Fields part = checker.object(one, param);
    if (auto read = read_part(part)) embeddings.inputs.append(std::move(*read));
    return;
  }
  if (!one.is_string() || one.get_ref<const std::string&>().empty())
    return request.refuse("input",
                          "must be strings that are not empty, or content parts as in "
                          "/v1/chat/completions; token ids are not read");
  const std::string& text = one.get_ref<const std::string&>();
  if (const Status fits = check_length(api.engine().model(), text.size(), "it"); !fits)
    return request.refuse(param.c_str(), "cannot be read: " + fits.error().message(),
                          "context_length_exceeded");
  embeddings.inputs.append(Draft(Part::of_text(text)));
}

// A string, a content part as in chat, or an array of these.
void read_input(Fields& request, Checker& checker, const Api& api, EmbeddingsRequest& embeddings) {
  const Json& input = request.json("input");
  const size_t count = input.is_array() ? input.size() : 1;
  if (count == 0 || count > size_t(api.limits().most_inputs))
    return request.refuse("input", "holds " + std::to_string(count) + " things; send 1 to " +
                                       std::to_string(api.limits().most_inputs));
  for (size_t i = 0; i < count && !checker.problem(); ++i) {
    embeddings.params.push_back(input.is_array() ? "input[" + std::to_string(i) + "]" : "input");
    read_one(request, checker, api, input.is_array() ? input[i] : input, embeddings.params.back(),
             embeddings);
  }
  const int most = api.limits().most_parts;
  if (embeddings.inputs.holes.size() > size_t(most))
    request.refuse("input", "brings more than " + std::to_string(most) +
                                " pictures, sounds and videos; send several requests");
}

EmbeddingsRequest read_embeddings(Fields& request, Checker& checker, const Api& api) {
  EmbeddingsRequest embeddings;
  check_model(request, api);
  embeddings.base64 = request.choice("encoding_format", {"float", "base64"}, "float") == "base64";
  const int dimensions = api.engine().config().embedding;
  request.integer("dimensions", dimensions, dimensions, dimensions);
  if (!checker.problem()) read_input(request, checker, api, embeddings);
  return embeddings;
}

class Embeddings : public std::enable_shared_from_this<Embeddings> {
 public:
  Embeddings(Api& api, EmbeddingsRequest request, ReplyPtr reply, std::shared_ptr<Jobs> jobs)
      : api_(api), request_(std::move(request)), reply_(std::move(reply)), jobs_(std::move(jobs)) {}

  void start() {
    decode_draft(
        api_, jobs_, std::move(request_.inputs),
        [self = shared_from_this()](SharedPrompt inputs) { self->begin(std::move(inputs)); },
        [self = shared_from_this()](const Problem& problem) {
          send_problem(*self->reply_, problem);
        });
  }

 private:
  void begin(SharedPrompt inputs) {
    EmbedEachEvents events;
    events.on_vector = [self = shared_from_this()](size_t, std::vector<float> vector, int tokens) {
      self->vectors_.push_back(std::move(vector));
      self->tokens_ += size_t(tokens);
    };
    events.done = [self = shared_from_this()](const Status& status) {
      status ? self->finish() : self->fail(status.error());
    };
    const Status status = jobs_->add(
        api_.scheduler().embed_each(std::move(inputs), std::move(events), jobs_->owner()));
    if (!status) fail(status.error());
  }

  // The one behind those that succeeded is what is wrong.
  void fail(const Error& error) {
    send_error(*reply_, api_, error,
               request_.params[std::min(vectors_.size(), request_.params.size() - 1)]);
  }

  void finish() {
    Json data = Json::array();
    for (size_t i = 0; i < vectors_.size(); ++i) {
      const std::vector<float>& v = vectors_[i];
      data.push_back(
          {{"object", "embedding"},
           {"index", i},
           {"embedding",
            request_.base64 ? Json(encode_base64(v.data(), v.size() * sizeof(float))) : Json(v)}});
    }
    send_json(*reply_, {{"object", "list"},
                        {"data", data},
                        {"model", api_.options().model},
                        {"usage", {{"prompt_tokens", tokens_}, {"total_tokens", tokens_}}}});
  }

  Api& api_;
  EmbeddingsRequest request_;
  const ReplyPtr reply_;
  const std::shared_ptr<Jobs> jobs_;
  std::vector<std::vector<float>> vectors_;
  size_t tokens_ = 0;
};

}  // namespace

void add_embeddings_routes(Router& router, Api& api) {
  router.add(
      "POST", "/v1/embeddings",
      [&api](const Request& request, const ReplyPtr& reply) {
        Checker checker(request.account);
        Fields fields = checker.object(request.body);
        EmbeddingsRequest embeddings = read_embeddings(fields, checker, api);
        if (checker.problem()) return send_problem(*reply, *checker.problem());
        std::make_shared<Embeddings>(api, std::move(embeddings), reply, Jobs::of(request, reply))
            ->start();
      },
      api.route_options());
}

}  // namespace tutti
