// POST /v1/audio/transcriptions: speech to text, and when each word of it was said.
#include <zlib.h>

#include <algorithm>
#include <cmath>

#include "serve/api/answer.h"
#include "serve/api/endpoints/endpoints.h"
#include "serve/api/endpoints/subtitles.h"
#include "serve/api/text_job.h"
#include "serve/api/text_options.h"
#include "serve/api/uploads/decode_upload.h"
#include "serve/http/parse/multipart.h"

namespace tutti {
namespace {

enum class Format { json, text, verbose_json, srt, vtt };
const std::vector<std::string> kFormats = {"json", "text", "verbose_json", "srt", "vtt"};

struct TranscriptionRequest {
  ServedPtr model;
  MediaUpload file;
  double seconds = 0;  // once it is decoded
  Format format = Format::json;
  bool words = false, segments = true;  // of verbose_json
  bool stream = false;
};

Fields read_form(const Multipart& form, const Operation& operation, Checker& checker) {
  std::vector<std::pair<std::string, std::string_view>> texts;
  for (const FormPart& part : form.parts) texts.emplace_back(part.name, part.content);
  return checker.texts(texts, *operation.body);
}

void read_granularities(const Fields& fields, TranscriptionRequest& wanted) {
  if (!fields.has("timestamp_granularities")) return;
  if (wanted.format != Format::verbose_json)
    fields.refuse("timestamp_granularities", "need response_format verbose_json", "invalid_value");
  wanted.segments = false;
  for (const Json& one : fields.json("timestamp_granularities"))
    (one == "word" ? wanted.words : wanted.segments) = true;
}

TranscriptionRequest read_transcription(const Request& request, Checker& checker, const Api& api) {
  TranscriptionRequest wanted;
  const Result<Multipart> form = parse_multipart(request.header("content-type"), request.body);
  if (!form) {
    checker.refuse(problem_of(form.error(), 0));
    return wanted;
  }
  const Fields fields = read_form(*form, api.contract().at("transcribe"), checker);
  if (checker.problem()) return wanted;
  wanted.model = read_model(fields, api);
  const std::string format = fields.text("response_format");
  wanted.format = Format(std::find(kFormats.begin(), kFormats.end(), format) - kFormats.begin());
  read_granularities(fields, wanted);
  wanted.stream = fields.flag("stream");
  if (wanted.stream && wanted.format != Format::json && wanted.format != Format::text)
    fields.refuse("stream", "goes with response_format json or text", "invalid_value");
  check_heard_language(fields);
  if (checker.problem()) return wanted;
  const std::string_view file = form->find("file")->content;
  wanted.file = {&upload_kind("input_audio"), {file.begin(), file.end()}, "file"};
  return wanted;
}

double hundredths(double seconds) {
  return std::round(seconds * 100) / 100;
}

// How often a text repeats itself, as Whisper has it: its bytes to those of it in zlib's form.
double compression_ratio(const std::string& text) {
  uLongf size = compressBound(uLong(text.size()));
  std::vector<Bytef> packed(size);
  const auto* bytes = reinterpret_cast<const Bytef*>(text.data());
  if (text.empty() || compress(packed.data(), &size, bytes, uLong(text.size())) != Z_OK) return 0;
  return double(text.size()) / double(size);
}

// What this model does not have stands for itself (docs/api.md): it hears all at once, always the
// likeliest, and does not estimate whether anybody spoke. Its tokens are the bytes of the text.
Json segment_json(const Caption& caption, size_t id) {
  Json tokens = Json::array();
  for (const char c : caption.text) tokens.push_back(int(uint8_t(c)));
  return {{"id", id},
          {"seek", 0},
          {"start", hundredths(caption.begin)},
          {"end", hundredths(caption.end)},
          {"text", caption.text},
          {"tokens", tokens},
          {"temperature", 0.0},
          {"avg_logprob", caption.log_probability},
          {"compression_ratio", compression_ratio(caption.text)},
          {"no_speech_prob", 0.0}};
}

Json verbose_json(const TranscriptionRequest& wanted, const Transcript& transcript) {
  // English is the only speech that the model was taught to hear.
  Json json = {{"task", "transcribe"},
               {"language", "english"},
               {"duration", wanted.seconds},
               {"text", transcript.text}};
  if (wanted.words) {
    Json& words = json["words"] = Json::array();
    for (const HeardWord& word : transcript.words)
      words.push_back(
          {{"word", word.text}, {"start", hundredths(word.begin)}, {"end", hundredths(word.end)}});
  }
  if (wanted.segments) {
    Json& segments = json["segments"] = Json::array();
    for (const Caption& caption : captions_of(transcript.words))
      segments.push_back(segment_json(caption, segments.size()));
  }
  return json;
}

void send_events(const std::string& text, const Json& usage, const ReplyPtr& reply) {
  EventStream events(reply);
  events.send_named(
      {{"type", "transcript.text.delta"}, {"delta", text}, {"logprobs", Json::array()}});
  events.send_named({{"type", "transcript.text.done"},
                     {"text", text},
                     {"logprobs", Json::array()},
                     {"usage", usage}});
  events.end(true);
}

void answer(const TranscriptionRequest& wanted, const Transcript& transcript,
            const ReplyPtr& reply) {
  const Json usage = {{"type", "duration"}, {"seconds", wanted.seconds}};
  if (wanted.stream) return send_events(transcript.text, usage, reply);
  switch (wanted.format) {
    case Format::text:
      return reply->send(200, "text/plain; charset=utf-8", transcript.text + "\n");
    case Format::srt:
      return reply->send(200, "application/x-subrip; charset=utf-8",
                         srt(captions_of(transcript.words)));
    case Format::vtt:
      return reply->send(200, "text/vtt; charset=utf-8", vtt(captions_of(transcript.words)));
    default:
      break;
  }
  Json json = wanted.format == Format::verbose_json ? verbose_json(wanted, transcript)
                                                    : Json{{"text", transcript.text}};
  json["usage"] = usage;
  send_json(*reply, json);
}

void transcribe(Api& api, const std::shared_ptr<TranscriptionRequest>& wanted,
                const SharedPrompt& sound, const ReplyPtr& reply,
                const std::shared_ptr<Jobs>& jobs) {
  wanted->seconds = double(sound->back().mel.frames()) / 100;
  const auto done = [&api, wanted, reply](Result<Transcript> transcript) {
    transcript ? answer(*wanted, *transcript, reply)
               : send_error(*reply, api, transcript.error(), "file");
  };
  const Status status = start_hearing(api, jobs, *wanted->model, sound, done);
  if (!status) send_error(*reply, api, status.error());
}

}  // namespace

void add_transcriptions_routes(Router& router, Api& api) {
  add_operation(
      router, api.contract().at("transcribe"),
      [&api](const Request& request, const ReplyPtr& reply) {
        Checker checker(request.account);
        auto wanted =
            std::make_shared<TranscriptionRequest>(read_transcription(request, checker, api));
        if (checker.problem()) return send_problem(*reply, *checker.problem());
        const auto jobs = Jobs::of(request, reply);
        Draft draft(std::move(wanted->file));
        decode_draft(api, jobs, std::move(draft), reply,
                     [&api, wanted, reply, jobs](const SharedPrompt& sound) {
                       transcribe(api, wanted, sound, reply, jobs);
                     });
      },
      api.route_options());
}

}  // namespace tutti
