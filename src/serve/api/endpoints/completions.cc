// POST /v1/completions: the older shape, a text for a text.
#include "serve/api/endpoints/endpoints.h"
#include "serve/api/prompt_reader.h"
#include "serve/api/text_job.h"

namespace tutti {
namespace {

struct CompletionRequest {
  std::vector<SharedPrompt> prompts;
  TextJob job;  // of every prompt
  int n = 1;
  bool stream = false, usage = false, echo = false;
};

// How many there are comes first, then their lengths; only what is well is copied.
std::vector<SharedPrompt> read_prompts(const Fields& request, int n, const LoadedModel& model,
                                       const Api& api) {
  const Json& prompt = request.json("prompt");
  const size_t count = prompt.is_array() ? prompt.size() : 1, most = api.limits().most_choices;
  if (count * size_t(n) > most)
    request.refuse("prompt",
                   "and n ask for " + std::to_string(count * size_t(n)) + " texts, and at most " +
                       std::to_string(most) + " are written at once; send several requests",
                   "array_above_max_length");
  check_texts(request, "prompt", model);
  std::vector<SharedPrompt> prompts;
  if (request.refused()) return prompts;
  for (size_t i = 0; i < count; ++i)
    prompts.push_back(Prompt{
        Part::of_text((prompt.is_array() ? prompt[i] : prompt).get_ref<const std::string&>())});
  return prompts;
}

CompletionRequest read_completion(const Fields& request, const Api& api) {
  CompletionRequest completion;
  completion.job.model = read_model(request, api);
  completion.job.options = read_text_options(request, api, "max_tokens");
  completion.job.options.task = read_task(request);
  completion.job.stop = std::make_shared<const std::vector<std::string>>(read_stop(request));
  const int n = completion.n = int(request.integer("n"));
  completion.stream = request.flag("stream");
  completion.usage = read_include_usage(request);
  completion.echo = request.flag("echo");
  if (request.integer("best_of", n) != n)
    request.refuse("best_of", "must be n, or left out: every text is answered",
                   "unsupported_parameter");
  if (request.refused()) return completion;
  completion.prompts = read_prompts(request, n, *completion.job.model->handle, api);
  return completion;
}

class Completion : public std::enable_shared_from_this<Completion> {
 public:
  Completion(Api& api, CompletionRequest request, ReplyPtr reply, std::shared_ptr<Jobs> jobs)
      : api_(api),
        request_(std::move(request)),
        reply_(std::move(reply)),
        events_(reply_),
        jobs_(std::move(jobs)),
        answers_(request_.prompts.size() * size_t(request_.n)),
        begun_(answers_.size()) {}

  void start() {
    for (size_t i = 0; i < answers_.size(); ++i) {
      TextJobEvents events;
      if (request_.stream)
        events.on_text = [self = shared_from_this(), i](const std::string& piece) {
          self->send(i, piece, nullptr);
        };
      events.done = [self = shared_from_this(), i](Result<TextAnswer> answer) {
        self->on_answer(i, std::move(answer));
      };
      TextJob job = request_.job;
      job.prompt = request_.prompts[i / size_t(request_.n)];
      job.options.seed += i % size_t(request_.n);
      if (const Status status = start_text(api_, jobs_, std::move(job), std::move(events)); !status)
        return fail(i, status.error());
    }
  }

 private:
  const std::string& prompt(size_t i) const {
    return request_.prompts[i / size_t(request_.n)]->front().text;
  }

  void fail(size_t i, const Error& error) {
    jobs_->cancel();
    const std::string param = request_.prompts.size() == 1
                                  ? "prompt"
                                  : "prompt[" + std::to_string(i / size_t(request_.n)) + "]";
    request_.stream ? events_.fail(api_, error, param) : send_error(*reply_, api_, error, param);
  }

  Json envelope() const {
    return {{"id", id_},
            {"object", "text_completion"},
            {"created", created_},
            {"model", request_.job.model->name}};
  }

  static Json choice(size_t i, const std::string& text, const Json& finish_reason) {
    return {{"text", text}, {"index", i}, {"logprobs", nullptr}, {"finish_reason", finish_reason}};
  }

  // What is echoed comes with the first piece: only once the request has been taken.
  void send(size_t i, const std::string& text, const Json& finish_reason) {
    const bool echoes = request_.echo && !std::exchange(begun_[i], 1);
    Json chunk = envelope();
    chunk["choices"] = Json::array({choice(i, (echoes ? prompt(i) : "") + text, finish_reason)});
    events_.send(chunk);
  }

  void on_answer(size_t i, Result<TextAnswer> answer) {
    if (!answer) return fail(i, answer.error());
    answers_[i] = *std::move(answer);
    if (request_.stream) send(i, "", answers_[i].finish_reason);
    if (++finished_ == answers_.size()) finish();
  }

  void finish() {
    Json last = envelope();
    last["choices"] = Json::array();
    int prompt_tokens = 0, tokens = 0;
    for (size_t i = 0; i < answers_.size(); ++i) {
      prompt_tokens += answers_[i].prompt_tokens;
      tokens += answers_[i].tokens;
      if (!request_.stream)
        last["choices"].push_back(choice(i, (request_.echo ? prompt(i) : "") + answers_[i].text,
                                         answers_[i].finish_reason));
    }
    last["usage"] = {{"prompt_tokens", prompt_tokens},
                     {"completion_tokens", tokens},
                     {"total_tokens", prompt_tokens + tokens}};
    if (!request_.stream) return send_json(*reply_, last);
    if (request_.usage) events_.send(last);
    events_.end(true);
  }

  Api& api_;
  const CompletionRequest request_;
  const ReplyPtr reply_;
  EventStream events_;
  const std::shared_ptr<Jobs> jobs_;
  std::vector<TextAnswer> answers_;
  std::vector<char> begun_;  // of each answer; one after another
  std::atomic<size_t> finished_ = 0;
  const std::string id_ = new_id("cmpl-");
  const int64_t created_ = unix_time();
};

}  // namespace

void add_completions_routes(Router& router, Api& api) {
  add_job_route<Completion>(router, api, "complete", read_completion);
}

}  // namespace tutti
