// POST /v1/chat/completions: messages of text, pictures, sounds, videos and clouds of points in;
// text, or text and speech, out; whole or as server-sent events.
#include "format/text/voice_text.h"
#include "serve/api/endpoints/endpoints.h"
#include "serve/api/prompt_reader.h"
#include "serve/api/speech_job.h"
#include "serve/api/text_job.h"
#include "serve/api/uploads/data_url.h"

namespace tutti {
namespace {

struct ChatRequest {
  Question question;
  TextJob text;  // of each choice
  int choices = 1;
  bool stream = false, usage = false, audio = false;
  std::string audio_format;
  SpeakOptions speak;
};

void read_modalities(const Fields& request, ChatRequest& chat) {
  bool text = !request.has("modalities");
  for (const Json& one : request.json("modalities")) (one == "text" ? text : chat.audio) = true;
  if (!text) request.refuse("modalities", "must hold \"text\"");
  if (!chat.audio && request.has("audio"))
    request.refuse("audio",
                   "goes with modalities [\"text\", \"audio\"]; send that, or leave it out",
                   "invalid_value");
  if (!chat.audio) return;
  if (!request.has("audio"))
    request.refuse("audio", "is needed: {\"voice\": ..., \"format\": ...}",
                   "missing_required_parameter");
  const Fields audio = request.object("audio");
  chat.audio_format = audio.text("format");
  if (chat.stream && chat.audio_format != "pcm16")
    audio.refuse("format", "must be pcm16 in a stream", "unsupported_value");
}

ChatRequest read_chat(const Fields& request, const Api& api) {
  ChatRequest chat;
  chat.text.stop = std::make_shared<const std::vector<std::string>>(read_stop(request));
  chat.choices = int(request.integer("n"));
  chat.stream = request.flag("stream");
  chat.usage = read_include_usage(request);
  read_modalities(request, chat);
  if (chat.audio && chat.choices > 1) request.refuse("n", "must be 1 where audio is asked for");
  if (request.refused()) return chat;
  const bool new_name = request.has("max_completion_tokens");
  chat.question = read_question(
      request, "messages",
      read_text_options(request, api, new_name ? "max_completion_tokens" : "max_tokens"), api);
  chat.text.model = chat.question.model;
  chat.text.options = chat.question.options;
  chat.text.limited = new_name || request.has("max_tokens");
  chat.speak.seed = chat.text.options.seed;
  return chat;
}

// An answer under way; its events come on the scheduler's threads, those of different choices
// perhaps at once.
class Chat : public std::enable_shared_from_this<Chat> {
 public:
  Chat(Api& api, ChatRequest request, ReplyPtr reply, std::shared_ptr<Jobs> jobs)
      : api_(api),
        request_(std::move(request)),
        reply_(std::move(reply)),
        events_(reply_),
        jobs_(std::move(jobs)),
        answers_(request_.choices) {}

  void start() {
    decode_draft(
        api_, jobs_, std::move(request_.question.draft), reply_,
        [self = shared_from_this()](SharedPrompt prompt) { self->begin(std::move(prompt)); });
  }

 private:
  void begin(SharedPrompt prompt) {
    request_.text.prompt = std::move(prompt);
    for (int i = 0; i < request_.choices; ++i) {
      TextJob job = request_.text;
      job.options.seed += uint64_t(i);
      TextJobEvents events;
      if (request_.stream)
        events.on_text = [self = shared_from_this(), i](const std::string& piece) {
          self->send_delta(i, {{"content", piece}});
        };
      events.done = [self = shared_from_this(), i](Result<TextAnswer> answer) {
        self->on_answer(i, std::move(answer));
      };
      if (const Status status = start_text(api_, jobs_, std::move(job), std::move(events)); !status)
        return fail(status.error());
    }
  }

  void fail(const Error& error, const char* param = "messages") {
    jobs_->cancel();
    request_.stream ? events_.fail(api_, error, param) : send_error(*reply_, api_, error, param);
  }

  Json envelope(const char* object) const {
    return {{"id", id_},
            {"object", object},
            {"created", created_},
            {"model", request_.text.model->name},
            {"system_fingerprint", "tutti-" + api_.options().version}};
  }

  void send_delta(int choice, Json delta, const Json& finish_reason = nullptr) {
    const std::lock_guard lock(mutex_);
    if (request_.audio) delta = audio_delta(std::move(delta));
    if (!answers_[choice].begun) {
      Json first = {{"role", "assistant"},
                    {"content", request_.audio ? Json() : Json("")},
                    {"refusal", nullptr}};
      first.update(delta);
      delta = std::move(first);
    }
    answers_[choice].begun = true;
    Json chunk = envelope("chat.completion.chunk");
    chunk["choices"] = Json::array({{{"index", choice},
                                     {"delta", delta},
                                     {"logprobs", nullptr},
                                     {"finish_reason", finish_reason}}});
    if (request_.usage) chunk["usage"] = nullptr;
    events_.send(chunk);
  }

  void end_choice(int choice) {
    send_delta(choice, Json::object(), answers_[choice].answer.finish_reason);
  }

  // What is spoken streams as the transcript of the audio, not as content.
  Json audio_delta(Json delta) const {
    if (!delta.contains("content")) return delta;
    return {{"audio", {{"id", audio_id_}, {"transcript", delta["content"]}}}};
  }

  void on_answer(int choice, Result<TextAnswer> answer) {
    if (!answer) return fail(answer.error());
    answers_[choice].answer = *std::move(answer);
    if (request_.audio) return speak();
    if (request_.stream) end_choice(choice);
    if (++finished_ < request_.choices) return;
    finish();
  }

  void speak() {
    const std::string& text = answers_[0].answer.text;
    SpeechJob job{request_.text.model, text, request_.speak, request_.audio_format};
    SpeechJobEvents events;
    if (request_.stream)
      events.on_bytes = [self = shared_from_this()](std::string bytes) {
        const Json audio = {{"id", self->audio_id_},
                            {"data", encode_base64(bytes.data(), bytes.size())}};
        self->send_delta(0, {{"audio", audio}});
      };
    events.done = [self = shared_from_this()](Result<std::string> bytes) {
      if (!bytes) return self->fail(bytes.error(), "audio");
      self->audio_ = *std::move(bytes);
      if (self->request_.stream) self->end_choice(0);
      self->finish();
    };
    // The model had nothing to say, or nothing that can be said.
    if (text.empty() || !text_for_voice(text)) return events.done(std::string());
    if (const Status status = start_speech(api_, jobs_, std::move(job), std::move(events)); !status)
      fail(status.error(), "audio");
  }

  Json usage() const {
    int prompt = answers_[0].answer.prompt_tokens, completion = 0;
    for (const Choice& choice : answers_) completion += choice.answer.tokens;
    return {{"prompt_tokens", prompt},
            {"completion_tokens", completion},
            {"total_tokens", prompt + completion},
            {"prompt_tokens_details", {{"cached_tokens", 0}, {"audio_tokens", 0}}},
            {"completion_tokens_details", {{"reasoning_tokens", 0}, {"audio_tokens", 0}}}};
  }

  Json timings() const {
    return {{"first_token_seconds", answers_[0].answer.seconds_to_first_token},
            {"seconds", answers_[0].answer.seconds}};
  }

  void finish() {
    if (request_.stream) {
      if (request_.usage) {
        Json last = envelope("chat.completion.chunk");
        last["choices"] = Json::array();
        last["usage"] = usage();
        last["timings"] = timings();
        events_.send(last);
      }
      return events_.end(true);
    }
    Json completion = envelope("chat.completion");
    completion["choices"] = Json::array();
    for (int i = 0; i < request_.choices; ++i)
      completion["choices"].push_back({{"index", i},
                                       {"message", message(answers_[i].answer)},
                                       {"logprobs", nullptr},
                                       {"finish_reason", answers_[i].answer.finish_reason}});
    completion["usage"] = usage();
    completion["timings"] = timings();
    send_json(*reply_, completion);
  }

  Json message(const TextAnswer& answer) const {
    Json message = {{"role", "assistant"},
                    {"content", answer.text},
                    {"refusal", nullptr},
                    {"annotations", Json::array()}};
    if (!request_.audio) return message;
    message["content"] = nullptr;
    message["audio"] = {{"id", audio_id_},
                        {"data", encode_base64(audio_.data(), audio_.size())},
                        {"transcript", answer.text},
                        {"expires_at", created_}};  // no sound is kept: its transcript is read
    return message;
  }

  struct Choice {
    TextAnswer answer;
    bool begun = false;
  };

  Api& api_;
  ChatRequest request_;
  const ReplyPtr reply_;
  EventStream events_;
  const std::shared_ptr<Jobs> jobs_;
  std::mutex mutex_;  // deltas of several choices
  std::vector<Choice> answers_;
  std::atomic<int> finished_ = 0;
  std::string audio_;
  const std::string id_ = new_id("chatcmpl-"), audio_id_ = new_id("audio_");
  const int64_t created_ = unix_time();
};

}  // namespace

void add_chat_routes(Router& router, Api& api) {
  add_job_route<Chat>(router, api, "chat", read_chat);
}

}  // namespace tutti
