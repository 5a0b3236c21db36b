// POST /v1/audio/speech: text to speech, in pieces as it is spoken. POST /v1/audio/transcriptions:
// speech to text.
#include "serve/api/media.h"
#include "serve/api/prompt_reader.h"
#include "serve/api/speech_job.h"
#include "serve/http/multipart.h"

namespace tutti {
namespace {

struct SpeechRequest {
  SpeechJob job;
  bool events = false;  // server-sent ones instead of bytes
};

SpeechRequest read_speech(Fields& request, const Api& api) {
  SpeechRequest speech;
  check_model(request, api);
  speech.job.text = request.required_text("input");
  if (speech.job.text.size() > api.limits().most_speech_bytes)
    request.refuse("input",
                   "is longer than " + std::to_string(api.limits().most_speech_bytes) + " bytes",
                   "string_above_max_length");
  std::vector<std::string> formats = speech_formats();
  formats.push_back("pcm");
  speech.job.format = request.choice("response_format", formats, "mp3");
  speech.events = request.choice("stream_format", {"audio", "sse"}, "audio") == "sse";
  speech.job.options.speed = float(request.number("speed", 1, 0.25, 4));
  speech.job.options.seed = uint64_t(request.integer("seed", 0, INT64_MIN, INT64_MAX));
  speech.job.options.steps = int(request.integer("steps", 0, 0, 256));
  speech.job.options.guidance_scale = float(request.number("guidance_scale", -1, -1, 100));
  request.text("voice");  // the model has one
  return speech;
}

void send_speech(Api& api, SpeechRequest request, const ReplyPtr& reply) {
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
    if (!all && sse) return events->fail(api, all.error());
    if (!all) return reply->begun() ? reply->abort() : send_error(*reply, api, all.error());
    if (!pieces && !sse) return reply->send(200, type, *std::move(all));
    if (!pieces) put(*std::move(all));
    if (sse) events->send_named({{"type", "speech.audio.done"}});
    reply->begin(200, type);
    reply->end();
  };
  const Status status = start_speech(api, Jobs::of(reply), std::move(request.job), std::move(job));
  if (!status) send_error(*reply, api, status.error());
}

struct TranscriptionRequest {
  Mel mel;
  double seconds = 0;
  std::string format;
  bool stream = false;
};

void require(bool holds, Checker& checker, const char* param, const std::string& message) {
  if (!holds)
    checker.refuse({400, std::string(param) + " " + message, "invalid_request_error", param});
}

TranscriptionRequest read_transcription(const Request& request, Checker& checker, const Api& api) {
  TranscriptionRequest wanted;
  const Result<Multipart> form = parse_multipart(request.header("content-type"), request.body);
  if (!form) {
    checker.refuse(problem_of(form.error(), 0));
    return wanted;
  }
  const Json fields = {{"model", form->text("model")}};
  Fields checked = checker.object(fields, "");
  check_model(checked, api);
  wanted.format = form->text("response_format", "json");
  require(wanted.format == "json" || wanted.format == "text" || wanted.format == "verbose_json",
          checker, "response_format", "can be json, text or verbose_json");
  wanted.stream = form->text("stream") == "true";
  const FormPart* file = form->find("file");
  require(file && !file->content.empty(), checker, "file", "is needed and must not be empty");
  if (checker.problem()) return wanted;
  const auto* bytes = reinterpret_cast<const uint8_t*>(file->content.data());
  Result<Part> part = sound_part({bytes, file->content.size()}, api, &wanted.seconds);
  if (part)
    wanted.mel = std::move(part->mel);
  else
    require(false, checker, "file", "cannot be used: " + part.error().message());
  return wanted;
}

void answer_transcription(const TranscriptionRequest& wanted, const std::string& text,
                          const ReplyPtr& reply) {
  const Json usage = {{"type", "duration"}, {"seconds", wanted.seconds}};
  if (wanted.stream) {
    EventStream events(reply);
    events.send_named({{"type", "transcript.text.delta"}, {"delta", text}});
    events.send_named({{"type", "transcript.text.done"}, {"text", text}, {"usage", usage}});
    return events.end(true);
  }
  if (wanted.format == "text") return reply->send(200, "text/plain; charset=utf-8", text + "\n");
  Json json = {{"text", text}, {"usage", usage}};
  // English is the only speech that the model was taught to hear.
  if (wanted.format == "verbose_json")
    json = {{"task", "transcribe"}, {"language", "english"},     {"duration", wanted.seconds},
            {"text", text},         {"segments", Json::array()}, {"usage", usage}};
  send_json(*reply, json);
}

}  // namespace

void add_audio_routes(Router& router, Api& api) {
  router.add(
      "POST", "/v1/audio/speech",
      [&api](const Request& request, const ReplyPtr& reply) {
        Checker checker;
        Fields fields = checker.object(request.body);
        SpeechRequest speech = read_speech(fields, api);
        if (checker.problem()) return send_problem(*reply, *checker.problem());
        send_speech(api, std::move(speech), reply);
      },
      api.route_options());
  router.add(
      "POST", "/v1/audio/transcriptions",
      [&api](const Request& request, const ReplyPtr& reply) {
        Checker checker;
        auto wanted =
            std::make_shared<TranscriptionRequest>(read_transcription(request, checker, api));
        if (checker.problem()) return send_problem(*reply, *checker.problem());
        TranscribeEvents events;
        events.done = [&api, wanted, reply](Result<std::string> text) {
          text ? answer_transcription(*wanted, *text, reply)
               : send_error(*reply, api, text.error());
        };
        const Status status = Jobs::of(reply)->add(
            api.scheduler().transcribe(std::move(wanted->mel), std::move(events)));
        if (!status) send_error(*reply, api, status.error());
      },
      api.route_options());
}

}  // namespace tutti
