// POST /v1/embeddings: unit vectors of texts and, beyond OpenAI's shape, of pictures, sounds and
// videos, all in one space.
#include <cstring>

#include "format/tokenizer.h"
#include "serve/api/data_url.h"
#include "serve/api/prompt_reader.h"
#include "serve/api/text_job.h"

namespace tutti {
namespace {

struct EmbeddingsRequest {
  std::vector<Part> inputs;
  bool base64 = false;
};

// A string, a content part as in chat, or an array of these.
void read_input(Fields& request, Checker& checker, const Api& api, EmbeddingsRequest& embeddings) {
  const Json& input = request.json("input");
  const Json list = input.is_array() ? input : Json::array({input});
  if (list.empty() || list.size() > size_t(api.limits().most_inputs))
    return request.refuse("input",
                          "must hold 1 to " + std::to_string(api.limits().most_inputs) + " things");
  for (size_t i = 0; i < list.size() && !checker.problem(); ++i) {
    const Json& one = list[i];
    if (one.is_string() && !one.get_ref<const std::string&>().empty()) {
      embeddings.inputs.push_back(Part::of_text(one.get<std::string>()));
    } else if (one.is_object()) {
      Fields part = checker.object(one, "input[" + std::to_string(i) + "]");
      if (auto read = read_part(part, api)) embeddings.inputs.push_back(std::move(*read));
    } else {
      request.refuse("input",
                     "must be strings that are not empty, or content parts as in "
                     "/v1/chat/completions; token ids are not read");
    }
  }
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
  Embeddings(Api& api, EmbeddingsRequest request, ReplyPtr reply)
      : api_(api),
        request_(std::move(request)),
        reply_(std::move(reply)),
        jobs_(Jobs::of(reply_)),
        vectors_(request_.inputs.size()) {}

  void start() {
    for (const Part& part : request_.inputs)
      if (part.kind == Part::Kind::text)
        if (const auto ids = api_.engine().tokenizer().encode(part.text)) tokens_ += ids->size();
    for (size_t i = 0; i < vectors_.size(); ++i) {
      EmbedEvents events;
      events.done = [self = shared_from_this(), i](Result<std::vector<float>> vector) {
        self->on_vector(i, std::move(vector));
      };
      if (const Status status =
              jobs_->add(api_.scheduler().embed(std::move(request_.inputs[i]), std::move(events)));
          !status)
        return fail(status.error());
    }
  }

 private:
  void fail(const Error& error) {
    jobs_->cancel();
    send_error(*reply_, api_, error);
  }

  void on_vector(size_t i, Result<std::vector<float>> vector) {
    if (!vector) return fail(vector.error());
    vectors_[i] = *std::move(vector);
    if (++finished_ == vectors_.size()) finish();
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
  std::atomic<size_t> finished_ = 0;
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
        std::make_shared<Embeddings>(api, std::move(embeddings), reply)->start();
      },
      api.route_options());
}

}  // namespace tutti
