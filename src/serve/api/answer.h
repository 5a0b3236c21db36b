// How handlers answer: whole JSON, problems, server-sent events; and the tickets of what they wait
// for.
#pragma once

#include <deque>
#include <mutex>

#include "serve/api/api.h"
#include "serve/contract/fields.h"

namespace tutti {

// Text of a value; what is not UTF-8 (a model's bytes) is replaced.
std::string dump(const Json& json);

void send_json(Reply& reply, const Json& json);
// `param` names the field that is to blame where the request is (status 400), unless it is the
// model.
void send_error(Reply& reply, const Api& api, const Error& error, const std::string& param = {});

// "chatcmpl-" and 24 random letters.
std::string new_id(const char* prefix);
int64_t unix_time();

// Server-sent events in OpenAI's manner. Nothing is sent before the first event, so what goes wrong
// until then has a status code of its own. Thread-safe as Reply is.
class EventStream {
 public:
  explicit EventStream(ReplyPtr reply) : reply_(std::move(reply)) {}

  void send(const Json& data) { send_raw("data: " + dump(data) + "\n\n"); }
  // With its type as the event's name, as the newer endpoints do.
  void send_named(const Json& data);
  void end(bool with_done);  // "data: [DONE]", of chat and completions
  void fail(const Api& api, const Error& error, const std::string& param = {});
  void fail(const Problem& problem);

 private:
  void send_raw(std::string text);

  ReplyPtr reply_;
};

// The jobs of one request: cancelled when its client goes away.
class Jobs : public std::enable_shared_from_this<Jobs> {
 public:
  static std::shared_ptr<Jobs> of(const Request& request, const ReplyPtr& reply);

  // Who takes turns with others, and what is held is charged to.
  const std::string& owner() const { return owner_; }
  const Account::Ptr& account() const { return account_; }

  // Keeps the ticket; the error where the scheduler is busy.
  Status add(Result<Ticket> ticket);
  Status add(Result<std::shared_ptr<DecodeQueue::Handle>> decoding);
  void cancel();

 private:
  Jobs(std::string owner, Account::Ptr account)
      : owner_(std::move(owner)), account_(std::move(account)) {}

  const std::string owner_;
  const Account::Ptr account_;
  std::mutex mutex_;
  bool cancelled_ = false;
  std::deque<Ticket> tickets_;
  std::shared_ptr<DecodeQueue::Handle> decoding_;
};

// Has what the draft shows decoded; then calls `then`, at once where it shows nothing, with a
// prompt that is charged for as long as it is there. Where something cannot be used, the reply says
// what.
void decode_draft(Api& api, const std::shared_ptr<Jobs>& jobs, Draft draft, const ReplyPtr& reply,
                  std::function<void(SharedPrompt prompt)> then);

// An operation with a JSON body that `read(fields, api)` reads: a Job of what it wants is started,
// and keeps itself alive until it has answered.
template <class Job, class Read>
void add_job_route(Router& router, Api& api, const char* id, Read read) {
  const Operation& operation = api.contract().at(id);
  add_operation(
      router, operation,
      [&api, &operation, read](const Request& request, const ReplyPtr& reply) {
        Checker checker(request.account);
        const Fields fields = checker.body(request.body, *operation.body);
        auto wanted = read(fields, api);
        if (checker.problem()) return send_problem(*reply, *checker.problem());
        std::make_shared<Job>(api, std::move(wanted), reply, Jobs::of(request, reply))->start();
      },
      api.route_options());
}

}  // namespace tutti
