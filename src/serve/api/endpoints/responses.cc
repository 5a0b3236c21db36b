// POST /v1/responses, with every field and event that strict clients want. Nothing is kept, so each
// request brings its whole conversation.
#include "serve/api/endpoints/endpoints.h"
#include "serve/api/prompt_reader.h"
#include "serve/api/text_job.h"

namespace tutti {
namespace {

struct ResponseRequest {
  Question question;
  TextJob text;
  Json echoed;  // fields that the answer repeats
  bool stream = false;
};

// What the answer repeats of the request, and what it says of everything that is not there: strict
// clients want every field.
Json echo(const Fields& request, const TextOptions& options) {
  const auto or_null = [&](const char* name) { return request.json(name); };
  return {{"background", false},
          {"conversation", nullptr},
          {"instructions", or_null("instructions")},
          {"max_output_tokens",
           request.has("max_output_tokens") ? Json(options.max_tokens) : Json(nullptr)},
          {"max_tool_calls", nullptr},
          {"metadata", request.has("metadata") ? request.json("metadata") : Json::object()},
          {"parallel_tool_calls", false},
          {"previous_response_id", nullptr},
          {"prompt", nullptr},
          {"prompt_cache_key", or_null("prompt_cache_key")},
          {"reasoning", {{"effort", nullptr}, {"summary", nullptr}}},
          {"safety_identifier", or_null("safety_identifier")},
          {"service_tier", "default"},
          {"store", false},
          {"temperature", request.number("temperature")},
          {"text", {{"format", {{"type", "text"}}}, {"verbosity", "medium"}}},
          {"tool_choice", "none"},
          {"tools", Json::array()},
          {"top_logprobs", 0},
          {"top_p", request.number("top_p")},
          {"truncation", "auto"},
          {"user", or_null("user")}};
}

ResponseRequest read_response(const Fields& request, const Api& api) {
  ResponseRequest response;
  response.question =
      read_question(request, "input", read_text_options(request, api, "max_output_tokens"), api);
  if (request.refused()) return response;  // before anything of it is copied to be repeated
  response.text.model = response.question.model;
  response.text.options = response.question.options;
  response.text.limited = request.has("max_output_tokens");
  response.text.stop = std::make_shared<const std::vector<std::string>>();
  response.stream = request.flag("stream");
  response.echoed = echo(request, response.text.options);
  return response;
}

class Response : public std::enable_shared_from_this<Response> {
 public:
  Response(Api& api, ResponseRequest request, ReplyPtr reply, std::shared_ptr<Jobs> jobs)
      : api_(api),
        request_(std::move(request)),
        reply_(std::move(reply)),
        events_(reply_),
        jobs_(std::move(jobs)),
        charge_(jobs_->account()) {}

  void start() {
    const Status fits = charge_.grow(dump(request_.echoed).size());
    if (!fits) return fail(fits.error());
    decode_draft(
        api_, jobs_, std::move(request_.question.draft), reply_,
        [self = shared_from_this()](SharedPrompt prompt) { self->begin(std::move(prompt)); });
  }

 private:
  void begin(SharedPrompt prompt) {
    request_.text.prompt = std::move(prompt);
    TextJobEvents events;
    if (request_.stream)
      events.on_text = [self = shared_from_this()](const std::string& piece) {
        self->open();
        self->send("response.output_text.delta", {{"item_id", self->message_id_},
                                                  {"output_index", 0},
                                                  {"content_index", 0},
                                                  {"delta", piece},
                                                  {"logprobs", Json::array()}});
      };
    events.done = [self = shared_from_this()](Result<TextAnswer> answer) {
      if (!answer) return self->fail(answer.error());
      self->request_.stream ? self->close(*answer) : send_json(*self->reply_, self->body(*answer));
    };
    if (const Status status = start_text(api_, jobs_, request_.text, std::move(events)); !status)
      fail(status.error());
  }

  // A stream that has begun ends with an error event, and with the response that failed.
  void fail(const Error& error) {
    if (!request_.stream || !reply_->begun()) return send_error(*reply_, api_, error, "input");
    const Problem problem = problem_of(error, 0);
    const Json code = problem.code.empty() ? "server_error" : problem.code;
    const Json param = problem.status == 400 ? Json("input") : Json();
    send("error", {{"code", code}, {"message", problem.message}, {"param", param}});
    Json failed = body("failed", Json::array());
    failed["error"] = {{"code", "server_error"}, {"message", problem.message}};
    send("response.failed", {{"response", failed}});
    events_.end(false);
  }

  void send(const char* type, Json fields) {
    Json event = {{"type", type}, {"sequence_number", sequence_++}};
    event.update(fields);
    events_.send_named(event);
  }

  static Json part(const std::string& text) {
    return {{"type", "output_text"},
            {"text", text},
            {"annotations", Json::array()},
            {"logprobs", Json::array()}};
  }

  Json item(const char* status, const Json& content) const {
    return {{"id", message_id_},
            {"type", "message"},
            {"status", status},
            {"role", "assistant"},
            {"content", content}};
  }

  Json body(const char* status, const Json& output) const {
    Json body = {{"id", id_},
                 {"object", "response"},
                 {"created_at", created_},
                 {"status", status},
                 {"completed_at", status == std::string("completed") ? Json(unix_time()) : Json()},
                 {"error", nullptr},
                 {"incomplete_details", nullptr},
                 {"model", request_.question.model->name},
                 {"output", output},
                 {"usage", nullptr}};
    body.update(request_.echoed);
    return body;
  }

  Json body(const TextAnswer& answer) const {
    const bool whole = answer.finish_reason == "stop";
    const char* status = whole ? "completed" : "incomplete";
    Json done = body(status, Json::array({item(status, Json::array({part(answer.text)}))}));
    if (!whole) done["incomplete_details"] = {{"reason", "max_output_tokens"}};
    done["usage"] = {{"input_tokens", answer.prompt_tokens},
                     {"input_tokens_details", {{"cached_tokens", 0}}},
                     {"output_tokens", answer.tokens},
                     {"output_tokens_details", {{"reasoning_tokens", 0}}},
                     {"total_tokens", answer.prompt_tokens + answer.tokens}};
    return done;
  }

  // What comes before the first piece of text.
  void open() {
    if (sequence_ > 0) return;
    send("response.created", {{"response", body("in_progress", Json::array())}});
    send("response.in_progress", {{"response", body("in_progress", Json::array())}});
    send("response.output_item.added",
         {{"output_index", 0}, {"item", item("in_progress", Json::array())}});
    send("response.content_part.added",
         {{"item_id", message_id_}, {"output_index", 0}, {"content_index", 0}, {"part", part("")}});
  }

  void close(const TextAnswer& answer) {
    open();
    const Json at = {{"item_id", message_id_}, {"output_index", 0}, {"content_index", 0}};
    Json text = at, content = at;
    text["text"] = answer.text;
    text["logprobs"] = Json::array();
    content["part"] = part(answer.text);
    send("response.output_text.done", text);
    send("response.content_part.done", content);
    const Json done = body(answer);
    send("response.output_item.done", {{"output_index", 0}, {"item", done["output"][0]}});
    send(answer.finish_reason == "stop" ? "response.completed" : "response.incomplete",
         {{"response", done}});
    events_.end(false);
  }

  Api& api_;
  ResponseRequest request_;
  const ReplyPtr reply_;
  EventStream events_;
  const std::shared_ptr<Jobs> jobs_;
  Charge charge_;  // of what is repeated
  int sequence_ = 0;
  const std::string id_ = new_id("resp_"), message_id_ = new_id("msg_");
  const int64_t created_ = unix_time();
};

}  // namespace

void add_responses_routes(Router& router, Api& api) {
  add_job_route<Response>(router, api, "respond", read_response);
}

}  // namespace tutti
