// POST /v1/completions: the older shape, a text for a text.
#include "serve/api/prompt_reader.h"
#include "serve/api/text_job.h"

namespace tutti {
namespace {

struct CompletionRequest {
  std::vector<TextJob> jobs;  // a choice each: every prompt, n times
  bool stream = false, usage = false, echo = false;
};

std::vector<std::string> read_prompts(Fields& request) {
  const Json& prompt = request.json("prompt");
  if (!prompt.is_array()) return {request.required_text("prompt")};
  std::vector<std::string> prompts;
  for (const Json& one : prompt)
    if (one.is_string() && !one.get_ref<const std::string&>().empty())
      prompts.push_back(one.get<std::string>());
    else
      request.refuse("prompt", "must be a string or an array of strings; token ids are not read");
  if (prompts.empty()) request.refuse("prompt", "is empty");
  return prompts;
}

CompletionRequest read_completion(Fields& request, const Api& api) {
  CompletionRequest completion;
  check_model(request, api);
  TextJob job;
  job.options = read_text_options(request, api, "max_tokens");
  job.stop = read_stop(request);
  const int n = int(request.integer("n", 1, 1, api.limits().most_choices));
  completion.stream = request.flag("stream");
  completion.usage = request.object("stream_options").flag("include_usage");
  completion.echo = request.flag("echo");
  request.unsupported("suffix", "", "this model does not fill in");
  request.unsupported("logprobs", 0, "leave it out");
  request.unsupported("best_of", n, "leave it out");
  request.unsupported("frequency_penalty", 0, "leave it out");
  request.unsupported("presence_penalty", 0, "leave it out");
  for (const std::string& prompt : read_prompts(request))
    for (int i = 0; i < n; ++i) {
      completion.jobs.push_back(job);
      completion.jobs.back().prompt = {Part::of_text(prompt)};
      completion.jobs.back().options.seed += uint64_t(i);
    }
  if (completion.jobs.size() > size_t(api.limits().most_choices))
    request.refuse("prompt", "and n ask for more than " +
                                 std::to_string(api.limits().most_choices) + " texts at once");
  return completion;
}

class Completion : public std::enable_shared_from_this<Completion> {
 public:
  Completion(Api& api, CompletionRequest request, ReplyPtr reply)
      : api_(api),
        request_(std::move(request)),
        reply_(std::move(reply)),
        events_(reply_),
        jobs_(Jobs::of(reply_)),
        answers_(request_.jobs.size()) {}

  void start() {
    for (size_t i = 0; i < request_.jobs.size(); ++i) {
      if (request_.stream && request_.echo) send(i, prompt(i), nullptr);
      TextJobEvents events;
      if (request_.stream)
        events.on_text = [self = shared_from_this(), i](const std::string& piece) {
          self->send(i, piece, nullptr);
        };
      events.done = [self = shared_from_this(), i](Result<TextAnswer> answer) {
        self->on_answer(i, std::move(answer));
      };
      if (const Status status = start_text(api_, jobs_, request_.jobs[i], std::move(events));
          !status)
        return fail(status.error());
    }
  }

 private:
  const std::string& prompt(size_t i) const { return request_.jobs[i].prompt[0].text; }

  void fail(const Error& error) {
    jobs_->cancel();
    request_.stream ? events_.fail(api_, error) : send_error(*reply_, api_, error);
  }

  Json envelope() const {
    return {{"id", id_},
            {"object", "text_completion"},
            {"created", created_},
            {"model", api_.options().model}};
  }

  static Json choice(size_t i, const std::string& text, const Json& finish_reason) {
    return {{"text", text}, {"index", i}, {"logprobs", nullptr}, {"finish_reason", finish_reason}};
  }

  void send(size_t i, const std::string& text, const Json& finish_reason) {
    Json chunk = envelope();
    chunk["choices"] = Json::array({choice(i, text, finish_reason)});
    events_.send(chunk);
  }

  void on_answer(size_t i, Result<TextAnswer> answer) {
    if (!answer) return fail(answer.error());
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
  std::atomic<size_t> finished_ = 0;
  const std::string id_ = new_id("cmpl-");
  const int64_t created_ = unix_time();
};

}  // namespace

void add_completions_routes(Router& router, Api& api) {
  add_job_route<Completion>(router, api, "/v1/completions", read_completion);
}

}  // namespace tutti
