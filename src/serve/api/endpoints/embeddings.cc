// POST /v1/embeddings: unit vectors of texts and, beyond OpenAI's shape, of pictures, sounds and
// videos, all in one space.
#include <algorithm>

#include "serve/api/uploads/data_url.h"
#include "serve/api/prompt_reader.h"
#include "serve/api/text_job.h"

namespace tutti {
namespace {

struct EmbeddingsRequest {
  Draft inputs;
  std::vector<std::string> params;  // where the request has each
  bool base64 = false;
};

// A text, or a content part as in chat.
void read_one(const Json& one, const Fields& part, std::string param,
              EmbeddingsRequest& embeddings) {
  embeddings.params.push_back(std::move(param));
  std::optional<Draft> read =
      one.is_string() ? Draft(Part::of_text(one.get_ref<const std::string&>())) : read_part(part);
  if (read) embeddings.inputs.append(std::move(*read));
}

// Lengths and counts come first; only what is well is copied.
void read_input(const Fields& request, const Api& api, EmbeddingsRequest& embeddings) {
  const Json& input = request.json("input");
  check_texts(request, "input", api);
  if (const int most = api.limits().most_parts; count_media(input) > most)
    request.refuse("input",
                   "brings more than " + std::to_string(most) +
                       " pictures, sounds and videos; send several requests",
                   "array_above_max_length");
  if (request.refused()) return;
  if (!input.is_array()) return read_one(input, request.object("input"), "input", embeddings);
  const std::vector<Fields> parts = request.objects("input");
  for (size_t i = 0; i < input.size() && !request.refused(); ++i)
    read_one(input[i], parts[i], "input[" + std::to_string(i) + "]", embeddings);
}

EmbeddingsRequest read_embeddings(const Fields& request, const Api& api) {
  EmbeddingsRequest embeddings;
  check_model(request, api);
  embeddings.base64 = request.text("encoding_format") == "base64";
  if (!request.refused()) read_input(request, api, embeddings);
  return embeddings;
}

class Embeddings : public std::enable_shared_from_this<Embeddings> {
 public:
  Embeddings(Api& api, EmbeddingsRequest request, ReplyPtr reply, std::shared_ptr<Jobs> jobs)
      : api_(api), request_(std::move(request)), reply_(std::move(reply)), jobs_(std::move(jobs)) {}

  void start() {
    decode_draft(
        api_, jobs_, std::move(request_.inputs), reply_,
        [self = shared_from_this()](SharedPrompt inputs) { self->begin(std::move(inputs)); });
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
  add_job_route<Embeddings>(router, api, "embed", read_embeddings);
}

}  // namespace tutti
