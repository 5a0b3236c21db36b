#include "serve/api/answer.h"

#include <sodium.h>

#include <chrono>

namespace tutti {

std::string dump(const Json& json) {
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

void send_json(Reply& reply, const Json& json) {
  reply.send(200, "application/json", dump(json));
}

void send_problem(Reply& reply, const Problem& problem) {
  Headers more;
  if (problem.retry_after > 0) more = {{"Retry-After", std::to_string(problem.retry_after)}};
  reply.send(problem.status, "application/json",
             error_json(problem.message, problem.type, problem.code, problem.param), more);
}

void send_error(Reply& reply, const Api& api, const Error& error) {
  send_problem(reply, problem_of(error, api.scheduler().retry_after()));
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

void EventStream::fail(const Api& api, const Error& error) {
  if (!reply_->begun()) return send_error(*reply_, api, error);
  const Problem problem = problem_of(error, 0);
  send_raw("data: " + error_json(problem.message, problem.type, problem.code) + "\n\n");
  reply_->end();
}

std::shared_ptr<Jobs> Jobs::of(const ReplyPtr& reply) {
  auto jobs = std::make_shared<Jobs>();
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

void Jobs::cancel() {
  const std::lock_guard lock(mutex_);
  cancelled_ = true;
  tickets_.clear();
}

}  // namespace tutti
