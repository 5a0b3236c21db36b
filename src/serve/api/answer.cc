#include "serve/api/answer.h"

#include <sodium.h>

#include <chrono>

namespace tutti {
namespace {

Problem problem_about(const Error& error, const Api& api, const std::string& param) {
  Problem problem = problem_of(error, api.scheduler().retry_after());
  if (problem.status == 400 && problem.param.empty()) problem.param = param;
  return problem;
}

}  // namespace

std::string dump(const Json& json) {
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

void send_json(Reply& reply, const Json& json) {
  reply.send(200, "application/json", dump(json));
}

void send_error(Reply& reply, const Api& api, const Error& error, const std::string& param) {
  send_problem(reply, problem_about(error, api, param));
}

std::string new_id(const char* prefix) {
  constexpr char letters[] = "0123456789abcdefghijklmnopqrstuvwxyz";
  std::string id = prefix;
  for (int i = 0; i < 24; ++i) id += letters[randombytes_uniform(36)];
  return id;
}

int64_t unix_time() {
  return std::chrono::duration_cast<std::chrono::seconds>(
             std::chrono::system_clock::now().time_since_epoch())
      .count();
}

void EventStream::send_raw(std::string text) {
  reply_->begin(200, "text/event-stream", {{"Cache-Control", "no-cache"}});  // once; then nothing
  reply_->write(std::move(text));
}

void EventStream::send_named(const Json& data) {
  send_raw("event: " + data.at("type").get<std::string>() + "\ndata: " + dump(data) + "\n\n");
}

void EventStream::end(bool with_done) {
  if (with_done) send_raw("data: [DONE]\n\n");
  reply_->end();
}

void EventStream::fail(const Problem& problem) {
  if (!reply_->begun()) return send_problem(*reply_, problem);
  send_raw("data: " + error_json(problem.message, problem.type, problem.code, problem.param) +
           "\n\n");
  reply_->end();
}

void EventStream::fail(const Api& api, const Error& error, const std::string& param) {
  fail(problem_about(error, api, param));
}

std::shared_ptr<Jobs> Jobs::of(const Request& request, const ReplyPtr& reply) {
  const std::shared_ptr<Jobs> jobs(new Jobs(request.owner, request.account));
  reply->on_gone([jobs] { jobs->cancel(); });
  return jobs;
}

Status Jobs::add(Result<Ticket> ticket) {
  const std::lock_guard lock(mutex_);
  if (!ticket) return ticket.error();
  tickets_.push_back(*std::move(ticket));
  if (cancelled_) tickets_.clear();
  return {};
}

Status Jobs::add(Result<std::shared_ptr<DecodeQueue::Handle>> decoding) {
  if (!decoding) return decoding.error();
  {
    const std::lock_guard lock(mutex_);
    if (!cancelled_) {
      decoding_ = *std::move(decoding);
      return {};
    }
  }
  (*decoding)->cancel();
  return {};
}

void Jobs::cancel() {
  std::shared_ptr<DecodeQueue::Handle> decoding;
  {
    const std::lock_guard lock(mutex_);
    cancelled_ = true;
    tickets_.clear();
    decoding.swap(decoding_);
  }
  if (decoding) decoding->cancel();  // it calls back, so without the lock
}

void decode_draft(Api& api, const std::shared_ptr<Jobs>& jobs, Draft draft, const ReplyPtr& reply,
                  std::function<void(SharedPrompt prompt)> then) {
  if (draft.holes.empty()) {
    Charge charge(jobs->account());
    const Status fits = charge.grow(bytes_of(draft.prompt));
    return fits ? then(charged(std::move(draft.prompt), std::move(charge)))
                : send_error(*reply, api, fits.error());
  }
  std::vector<std::string> params;
  for (const Draft::Hole& hole : draft.holes) params.push_back(hole.upload.param);
  auto done = [&api, reply, then = std::move(then), params](Result<SharedPrompt> prompt,
                                                            size_t hole) {
    prompt ? then(*std::move(prompt))
           : send_problem(*reply,
                          problem_at(params[hole], prompt.error(), api.scheduler().retry_after()));
  };
  const Status status = jobs->add(
      api.decoding().decode(jobs->owner(), jobs->account(), std::move(draft), std::move(done)));
  if (!status) send_error(*reply, api, status.error());
}

}  // namespace tutti
