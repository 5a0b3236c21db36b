// POST /v1/audio/speech: text to speech, in pieces as it is spoken.
#include "format/text/voice_text.h"
#include "serve/api/endpoints/endpoints.h"
#include "serve/api/speech_job.h"
#include "serve/api/text_options.h"

namespace tutti {
namespace {

constexpr size_t kMostWrittenOut = 4;  // times what a text may have

struct SpeechRequest {
  SpeechJob job;
  bool events = false;  // server-sent ones instead of bytes
};

// Digits and signs are many more letters when they are written out.
void check_can_be_said(const Fields& request, const std::string& text, const Api& api) {
  const auto said = text_for_voice(text);
  const size_t most = kMostWrittenOut * api.limits().most_speech_bytes;
  if (!said)
    request.refuse("input", "cannot be said: " + said.error().message(), "unsupported_value");
  else if (said->size() > most)
    request.refuse("input",
                   "has " + std::to_string(said->size()) +
                       " letters with its numbers and signs written out; the limit is " +
                       std::to_string(most) + ", so send it in parts",
                   "string_above_max_length");
}

SpeechRequest read_speech(const Fields& request, const Api& api) {
  SpeechRequest speech;
  speech.job.model = read_model(request, api);
  speech.job.text = request.text("input");
  if (!request.refused()) check_can_be_said(request, speech.job.text, api);
  speech.job.format = request.text("response_format");
  speech.events = request.text("stream_format") == "sse";
  speech.job.options.speed = float(request.number("speed"));
  speech.job.options.seed = uint64_t(request.integer("seed"));
  speech.job.options.steps = int(request.integer("steps"));
  speech.job.options.guidance_scale = float(request.number("guidance_scale"));
  return speech;
}

void send_speech(Api& api, SpeechRequest request, const std::shared_ptr<Jobs>& jobs,
                 const ReplyPtr& reply) {
  auto events = std::make_shared<EventStream>(reply);
  const bool sse = request.events, pieces = streams(request.job.format);
  const std::string type = media_type_of(request.job.format);
  const auto put = [=](std::string bytes) {
    if (sse)
      return events->send_named(
          {{"type", "speech.audio.delta"}, {"audio", encode_base64(bytes.data(), bytes.size())}});
    reply->begin(200, type);
    reply->write(std::move(bytes));
  };
  SpeechJobEvents job;
  if (pieces) job.on_bytes = put;
  job.done = [=, &api](Result<std::string> all) {
    if (!all && sse) return events->fail(api, all.error(), "input");
    if (!all)
      return reply->begun() ? reply->abort() : send_error(*reply, api, all.error(), "input");
    if (!pieces && !sse) return reply->send(200, type, *std::move(all));
    if (!pieces) put(*std::move(all));
    if (sse) events->send_named({{"type", "speech.audio.done"}});
    reply->begin(200, type);
    reply->end();
  };
  const Status status = start_speech(api, jobs, std::move(request.job), std::move(job));
  if (!status) send_error(*reply, api, status.error());
}

}  // namespace

void add_speech_routes(Router& router, Api& api) {
  const Operation& operation = api.contract().at("speak");
  add_operation(
      router, operation,
      [&api, &operation](const Request& request, const ReplyPtr& reply) {
        Checker checker(request.account);
        const Fields fields = checker.body(request.body, *operation.body);
        SpeechRequest speech = read_speech(fields, api);
        if (checker.problem()) return send_problem(*reply, *checker.problem());
        send_speech(api, std::move(speech), Jobs::of(request, reply), reply);
      },
      api.route_options());
}

}  // namespace tutti
