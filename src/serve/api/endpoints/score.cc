// POST /v1/score, an extension: how likely the model finds each of several answers.
//
//   {"object": "scores", "model": "tutti-nano", "best": 1,
//    "scores": [{"index": 0, "answer": "red", "log_probability": -4.2}, ...]}
#include <algorithm>

#include "engine/loaded_model.h"
#include "engine/requests/score_request.h"
#include "serve/api/answer.h"
#include "serve/api/endpoints/endpoints.h"
#include "serve/api/prompt_reader.h"

namespace tutti {
namespace {

struct ScoreWish {
  Question question;
  std::vector<std::string> answers;
};

ScoreWish read_score(const Fields& request, const Api& api) {
  ScoreWish wish;
  wish.question = read_question(request, "messages", {}, api);
  if (request.refused()) return wish;
  check_texts(request, "answers", *wish.question.model->handle);
  if (request.refused()) return wish;
  for (const Json& answer : request.json("answers"))
    wish.answers.push_back(answer.get<std::string>());
  return wish;
}

Json scores_json(const std::vector<double>& scores, const std::vector<std::string>& answers,
                 const std::string& model) {
  Json all = Json::array();
  for (size_t i = 0; i < scores.size(); ++i)
    all.push_back({{"index", i}, {"answer", answers[i]}, {"log_probability", scores[i]}});
  const auto best = std::max_element(scores.begin(), scores.end());
  return {{"object", "scores"}, {"model", model}, {"scores", all}, {"best", best - scores.begin()}};
}

class Scores : public std::enable_shared_from_this<Scores> {
 public:
  Scores(Api& api, ScoreWish request, ReplyPtr reply, std::shared_ptr<Jobs> jobs)
      : api_(api),
        request_(std::move(request)),
        reply_(std::move(reply)),
        jobs_(std::move(jobs)),
        charge_(jobs_->account()) {}

  void start() {
    size_t bytes = 0;
    for (const std::string& answer : request_.answers) bytes += sizeof(std::string) + answer.size();
    if (const Status fits = charge_.grow(2 * bytes); !fits) return fail(fits.error());
    decode_draft(
        api_, jobs_, std::move(request_.question.draft), reply_,
        [self = shared_from_this()](SharedPrompt prompt) { self->begin(std::move(prompt)); });
  }

 private:
  void begin(SharedPrompt prompt) {
    auto request =
        std::make_unique<ScoreRequest>(request_.question.model->handle, std::move(prompt),
                                       request_.answers, request_.question.options);
    // The scheduler keeps the request until `done` returns.
    const auto done = [self = shared_from_this(),
                       &scoring = *request](const Result<std::vector<double>>& scores) {
      if (!scores) return self->fail(scores.error(), scoring.fault());
      const ScoreWish& wish = self->request_;
      send_json(*self->reply_, scores_json(*scores, wish.answers, wish.question.model->name));
    };
    const Status status =
        jobs_->add(api_.scheduler().submit(std::move(request), done, jobs_->owner()));
    if (!status) fail(status.error());
  }

  // `answer`: the one that is to blame.
  void fail(const Error& error, std::optional<size_t> answer = {}) {
    send_error(*reply_, api_, error,
               answer ? "answers[" + std::to_string(*answer) + "]" : "messages");
  }

  Api& api_;
  ScoreWish request_;
  const ReplyPtr reply_;
  const std::shared_ptr<Jobs> jobs_;
  Charge charge_;  // of the answers, here and in the request
};

}  // namespace

void add_score_routes(Router& router, Api& api) {
  add_job_route<Scores>(router, api, "score", read_score);
}

}  // namespace tutti
