// POST /v1/audio/speech and /v1/audio/transcriptions.
#include "serve/contract/tables/audio.h"

namespace tutti::tables {
namespace {

ShapePtr transcript() {
  return share(
      {"",
       {field::text("text", "What was said."),
        field::list("words", type::object, "verbose_json: word, start and end in seconds."),
        field::list("segments", type::object,
                    "verbose_json: id, start, end and text; avg_logprob, the mean logarithm of "
                    "how sure the model was; tokens, the bytes that the CTC head spelled; "
                    "compression_ratio, bytes of the text to those of it in zlib's form. What "
                    "the model does not have stands for itself: seek is 0 (it hears all at "
                    "once), temperature 0 (always the likeliest), and no_speech_prob 0 (it "
                    "does not estimate it; where nothing was said there is no segment)."),
        field::object("usage", nullptr, "Seconds heard.")}});
}

std::vector<Field> refused_hearing() {
  const char* hears = "the model hears the sound alone; leave it out";
  return {field::refused("prompt", R"([""])", hears),
          field::refused("include", "[[]]", "this model gives no log probabilities by token"),
          field::refused("chunking_strategy", R"(["auto"])",
                         "the whole sound is heard at once; leave it out"),
          field::refused("known_speaker_names", "[[]]", "speakers are not told apart"),
          field::refused("known_speaker_references", "[[]]", "speakers are not told apart"),
          field::ignored("seed", "A transcript is always the likeliest."),
          field::ignored("metadata", "Nothing is kept that it could describe.")};
}

}  // namespace

std::vector<Operation> speech(const Facts& facts) {
  std::vector<Field> fields = {
      model_field(),
      field::text("input", "What to say, at most " +
                               std::to_string(facts.limits.most_speech_bytes) + " bytes.")
          .at_most_bytes(facts.limits.most_speech_bytes)
          .need(),
      any_voice(),
      field::choice("response_format", {"mp3", "wav", "flac", "opus", "aac", "pcm", "pcm16"}, "mp3",
                    "Of the sound; pcm16 is pcm."),
      field::number("speed", 0.25, 4, 1, "2 speaks twice as fast."),
      field::choice("stream_format", {"audio", "sse"}, "audio",
                    "sse sends speech.audio.delta events with base64."),
      field::integer("seed", -field::kUnbounded, field::kUnbounded, 0,
                     "The same seed gives the same sound."),
      field::integer("steps", 0, 256, 0,
                     "Steps of speaking; 0: as many as the model was made for. Beyond OpenAI's "
                     "API."),
      field::number("guidance_scale", -1, 100, -1,
                    "How closely to follow the text; negative: as the model was made for. Beyond "
                    "OpenAI's API."),
      field::refused("instructions", R"([""])",
                     "the model has one way to speak; speed says how fast"),
      field::refused("stream", "[false]",
                     "wav and pcm always come in pieces; stream_format says how"),
      field::ignored("metadata", "Nothing is kept that it could describe.")};
  append(fields, refused_names({"text", "prompt"}, "input"));
  append(fields, harmless_fields());
  Operation speak{"speak", "POST", "/v1/audio/speech", "Speak",
                  "Text to speech. wav and pcm are sent as they are spoken; the rest when all is "
                  "spoken. pcm is 24 kHz, mono, 16 bits; wav has the model's own 16 kHz."};
  speak.body = share({"", std::move(fields)});
  speak.answers = {{"audio/mpeg", nullptr},       {"audio/wav", nullptr}, {"audio/flac", nullptr},
                   {"audio/ogg", nullptr},        {"audio/aac", nullptr}, {"audio/pcm", nullptr},
                   {"text/event-stream", nullptr}};
  speak.computes = true;
  return {speak};
}

std::vector<Operation> transcriptions(const Facts& facts) {
  Field granularities =
      field::list("timestamp_granularities", type::text,
                  "What verbose_json times: word, segment or both, as fields named "
                  "timestamp_granularities[].");
  granularities.choices = {"word", "segment"};
  granularities.otherwise = Json::parse(R"(["segment"])");
  std::vector<Field> fields = {
      field::file("file", "Any common format: WAV, MP3, FLAC, Ogg, M4A, or a video for its sound.")
          .need(),
      model_field(),
      field::choice("response_format", {"json", "text", "verbose_json", "srt", "vtt"}, "json",
                    "Of the answer."),
      std::move(granularities),
      field::flag("stream", false, "Answer as server-sent events, as it comes about."),
      field::text("language", "English (en) is the only one that the model hears.")
          .at_most_bytes(35),
      field::number("temperature", 0, 0, 0, "A transcript is always the likeliest.")
          .advise("a transcript is always the likeliest")};
  append(fields, refused_names({"audio", "input_file"}, "file"));
  append(fields, refused_hearing());
  append(fields, harmless_fields());
  const int seconds = int(facts.limits.most_seconds_of_audio);
  Operation hear{"transcribe", "POST", "/v1/audio/transcriptions", "Transcribe",
                 "Speech to text, at most " + std::to_string(seconds) +
                     " seconds of it, and when each word was said. The model hears all at once: a "
                     "stream has one delta. Times come from where the CTC head marks a word's "
                     "first and last letter (steps of 20 ms); a caption (a segment, an entry of "
                     "srt and vtt) ends behind a sentence, before a pause of half a second, and "
                     "at two lines of 42 characters or 7 seconds."};
  hear.body = share({"", std::move(fields)});
  hear.body_type = "multipart/form-data";
  hear.answers = {{"application/json", transcript()},
                  {"text/plain", nullptr},
                  {"application/x-subrip", nullptr},
                  {"text/vtt", nullptr},
                  {"text/event-stream", nullptr}};
  hear.computes = true;
  return {hear};
}

}  // namespace tutti::tables
