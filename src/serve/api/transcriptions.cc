// POST /v1/audio/transcriptions: speech to text, and when each word of it was said.
#include <algorithm>
#include <cmath>

#include "serve/api/answer.h"
#include "serve/api/prompt_reader.h"
#include "serve/api/subtitles.h"
#include "serve/http/multipart.h"

namespace tutti {
namespace {

enum class Format { json, text, verbose_json, srt, vtt };
const std::vector<std::string> kFormats = {"json", "text", "verbose_json", "srt", "vtt"};

struct TranscriptionRequest {
  MediaUpload file;
  double seconds = 0;  // once it is decoded
  Format format = Format::json;
  bool words = false, segments = true;  // of verbose_json
  bool stream = false;
};

// Fields of the form as the JSON that they stand for; lists are fields of one name again and again.
Json fields_of(const Multipart& form) {
  Json fields = Json::object(), granularities = Json::array();
  for (const FormPart& part : form.parts) {
    if (part.name == "timestamp_granularities[]" || part.name == "timestamp_granularities")
      granularities.push_back(std::string(part.content));
    else if (part.name != "file")
      fields[part.name] = std::string(part.content);
  }
  if (!granularities.empty()) fields["timestamp_granularities"] = granularities;
  return fields;
}

void read_granularities(Fields& fields, TranscriptionRequest& wanted) {
  if (!fields.has("timestamp_granularities")) return;
  if (wanted.format != Format::verbose_json)
    fields.refuse("timestamp_granularities", "need response_format verbose_json");
  wanted.segments = false;
  for (const Json& one : fields.json("timestamp_granularities"))
    if (one == "word")
      wanted.words = true;
    else if (one == "segment")
      wanted.segments = true;
    else
      fields.refuse("timestamp_granularities", "can be word and segment", "unsupported_value");
}

TranscriptionRequest read_transcription(const Request& request, Checker& checker, const Api& api) {
  TranscriptionRequest wanted;
  const Result<Multipart> form = parse_multipart(request.header("content-type"), request.body);
  if (!form) {
    checker.refuse(problem_of(form.error(), 0));
    return wanted;
  }
  const Json json = fields_of(*form);
  Fields fields = checker.object(json, "");
  check_model(fields, api);
  const std::string format = fields.choice("response_format", kFormats, "json");
  wanted.format = Format(std::find(kFormats.begin(), kFormats.end(), format) - kFormats.begin());
  read_granularities(fields, wanted);
  wanted.stream = fields.text("stream") == "true";
  if (wanted.stream && wanted.format != Format::json && wanted.format != Format::text)
    fields.refuse("stream", "goes with response_format json or text");
  const FormPart* file = form->find("file");
  if (!file || file->content.empty()) fields.refuse("file", "is needed and must not be empty");
  if (checker.problem()) return wanted;
  wanted.file = {Part::Kind::audio, {file->content.begin(), file->content.end()}, "file"};
  return wanted;
}

double hundredths(double seconds) {
  return std::round(seconds * 100) / 100;
}

// What a model that samples tokens would say beside this (tokens, compression ratio, probability
// that nobody spoke) this one does not know.
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
      segments.push_back({{"id", segments.size()},
                          {"seek", 0},
                          {"start", hundredths(caption.begin)},
                          {"end", hundredths(caption.end)},
                          {"text", caption.text},
                          {"tokens", Json::array()},
                          {"temperature", 0},
                          {"avg_logprob", caption.log_probability}});
  }
  return json;
}

void send_events(const std::string& text, const Json& usage, const ReplyPtr& reply) {
  EventStream events(reply);
  events.send_named({{"type", "transcript.text.delta"}, {"delta", text}});
  events.send_named({{"type", "transcript.text.done"}, {"text", text}, {"usage", usage}});
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

void transcribe(Api& api, const std::shared_ptr<TranscriptionRequest>& wanted, const Mel& mel,
                const ReplyPtr& reply, const std::shared_ptr<Jobs>& jobs) {
  wanted->seconds = double(mel.frames()) / 100;
  TranscribeEvents events;
  events.done = [&api, wanted, reply](Result<Transcript> transcript) {
    transcript ? answer(*wanted, *transcript, reply) : send_error(*reply, api, transcript.error());
  };
  const Status status =
      jobs->add(api.scheduler().transcribe(mel, std::move(events), jobs->owner()));
  if (!status) send_error(*reply, api, status.error());
}

}  // namespace

void add_transcriptions_routes(Router& router, Api& api) {
  router.add(
      "POST", "/v1/audio/transcriptions",
      [&api](const Request& request, const ReplyPtr& reply) {
        Checker checker(request.account);
        auto wanted =
            std::make_shared<TranscriptionRequest>(read_transcription(request, checker, api));
        if (checker.problem()) return send_problem(*reply, *checker.problem());
        const auto jobs = Jobs::of(request, reply);
        Draft draft(std::move(wanted->file));
        decode_draft(
            api, jobs, std::move(draft),
            [&api, wanted, reply, jobs](const SharedPrompt& sound) {
              transcribe(api, wanted, sound->front().mel, reply, jobs);
            },
            [reply](const Problem& problem) { send_problem(*reply, problem); });
      },
      api.route_options());
}

}  // namespace tutti
