// POST /v1/embeddings: unit vectors of texts and, beyond OpenAI's shape, of pictures, sounds,
// videos and clouds of points, all in one space.
#include "engine/requests/embed_request.h"
#include "serve/api/endpoints/endpoints.h"
#include "serve/api/prompt_reader.h"
#include "serve/api/text_job.h"
#include "serve/api/uploads/data_url.h"

namespace tutti {
namespace {

struct EmbeddingsRequest {
  ServedPtr model;
  Draft inputs;
  bool several = false;  // a list of them
  bool base64 = false;
};

// A text, or a content part as in chat.
void read_one(const Json& one, const Fields& part, EmbeddingsRequest& embeddings) {
  std::optional<Draft> read =
      one.is_string() ? Draft(Part::of_text(one.get_ref<const std::string&>())) : read_part(part);
  if (!read) return;
  check_taken(part, *read, *embeddings.model->handle);
  embeddings.inputs.append(std::move(*read));
}

// Lengths and counts come first; only what is well is copied.
void read_input(const Fields& request, const Api& api, EmbeddingsRequest& embeddings) {
  const Json& input = request.json("input");
  check_texts(request, "input", *embeddings.model->handle);
  if (const int most = api.limits().most_parts; count_media(input) > most)
    request.refuse("input",
                   "brings more than " + std::to_string(most) +
                       " pictures, sounds, videos and clouds; send several requests",
                   "array_above_max_length");
  if (request.refused()) return;
  embeddings.several = input.is_array();
  if (!embeddings.several) return read_one(input, request.object("input"), embeddings);
  const std::vector<Fields> parts = request.objects("input");
  for (size_t i = 0; i < input.size() && !request.refused(); ++i)
    read_one(input[i], parts[i], embeddings);
}

EmbeddingsRequest read_embeddings(const Fields& request, const Api& api) {
  EmbeddingsRequest embeddings;
  embeddings.model = read_model(request, api);
  const int own = embeddings.model->handle->config.embedding;
  if (request.integer("dimensions", own) != own)
    request.refuse("dimensions", "must be " + std::to_string(own) + ", the model's own",
                   "invalid_value");
  embeddings.base64 = request.text("encoding_format") == "base64";
  if (!request.refused()) read_input(request, api, embeddings);
  return embeddings;
}

class Embeddings : public std::enable_shared_from_this<Embeddings> {
 public:
  Embeddings(Api& api, EmbeddingsRequest request, ReplyPtr reply, std::shared_ptr<Jobs> jobs)
      : api_(api),
        request_(std::move(request)),
        reply_(std::move(reply)),
        jobs_(std::move(jobs)),
        charge_(jobs_->account()) {}

  void start() {
    decode_draft(
        api_, jobs_, std::move(request_.inputs), reply_,
        [self = shared_from_this()](SharedPrompt inputs) { self->begin(std::move(inputs)); });
  }

 private:
  void begin(SharedPrompt inputs) {
    const size_t each =
        sizeof vectors_[0] + size_t(request_.model->handle->config.embedding) * sizeof(float);
    if (const Status fits = charge_.grow(inputs->size() * each); !fits) return fail(fits.error());
    const auto take = [self = shared_from_this()](size_t, std::vector<float> vector, int tokens) {
      self->vectors_.push_back(std::move(vector));
      self->tokens_ += size_t(tokens);
    };
    const auto done = [self = shared_from_this()](const auto& result) {
      result ? self->finish() : self->fail(result.error());
    };
    const Status status = jobs_->add(api_.scheduler().submit(
        std::make_unique<EmbedRequest>(request_.model->handle, std::move(inputs), take), done,
        jobs_->owner()));
    if (!status) fail(status.error());
  }

  // The one behind those that succeeded is what is wrong.
  void fail(const Error& error) {
    const std::string place = "[" + std::to_string(vectors_.size()) + "]";
    send_error(*reply_, api_, error, request_.several ? "input" + place : "input");
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
                        {"model", request_.model->name},
                        {"usage", {{"prompt_tokens", tokens_}, {"total_tokens", tokens_}}}});
  }

  Api& api_;
  EmbeddingsRequest request_;
  const ReplyPtr reply_;
  const std::shared_ptr<Jobs> jobs_;
  Charge charge_;  // of the vectors, before they are there
  std::vector<std::vector<float>> vectors_;
  size_t tokens_ = 0;
};

}  // namespace

void add_embeddings_routes(Router& router, Api& api) {
  add_job_route<Embeddings>(router, api, "embed", read_embeddings);
}

}  // namespace tutti
