#include "serve/realtime/settings.h"

#include <algorithm>

#include "serve/api/text_options.h"

namespace tutti {
namespace {

Json format_json(int rate) {
  return {{"type", "audio/pcm"}, {"rate", rate}};
}

// {"type": "audio/pcm", "rate": 24000}; 16000 is the model's own and spares resampling.
int read_rate(const Fields& fields, int otherwise) {
  if (!fields.has("format")) return otherwise;
  const Fields format = fields.object("format");
  const auto rate = int(format.integer("rate"));
  if (rate != 24000 && rate != 16000)
    format.refuse("rate", "can be 24000 or 16000", "unsupported_value");
  return rate;
}

std::optional<TurnDetection> read_turn_detection(const Fields& input,
                                                 const std::optional<TurnDetection>& now) {
  if (!input.json().contains("turn_detection")) return now;
  if (!input.has("turn_detection")) return std::nullopt;  // null: the client says when
  const Fields fields = input.object("turn_detection");
  TurnDetection turns = now.value_or(TurnDetection());
  VoiceActivityOptions& voice = turns.voice;
  voice.threshold = float(fields.number("threshold", voice.threshold));
  voice.prefix_ms = int(fields.integer("prefix_padding_ms", voice.prefix_ms));
  voice.silence_ms = int(fields.integer("silence_duration_ms", voice.silence_ms));
  turns.create_response = fields.flag("create_response", turns.create_response);
  turns.interrupt_response = fields.flag("interrupt_response", turns.interrupt_response);
  return turns;
}

Json turn_detection_json(const std::optional<TurnDetection>& turns) {
  if (!turns) return nullptr;
  return {{"type", "server_vad"},
          {"threshold", turns->voice.threshold},
          {"prefix_padding_ms", turns->voice.prefix_ms},
          {"silence_duration_ms", turns->voice.silence_ms},
          {"create_response", turns->create_response},
          {"interrupt_response", turns->interrupt_response}};
}

// "audio" or "text" of "output_modalities"; true for audio.
bool read_modalities(const Fields& fields, bool otherwise) {
  const Json& modalities = fields.json("output_modalities");
  return modalities.is_null() ? otherwise : modalities == Json::array({"audio"});
}

// "max_output_tokens": a number or "inf".
int read_max_tokens(const Fields& fields, int otherwise, const Api& api) {
  if (fields.json("max_output_tokens") == "inf") return 0;
  return int(
      std::min<int64_t>(fields.integer("max_output_tokens", otherwise), api.limits().most_tokens));
}

// The model has one, whatever its name.
std::string read_voice(const Fields& output, const std::string& otherwise) {
  if (!output.has("voice")) return otherwise;
  return output.json("voice").is_object() ? output.object("voice").text("id")
                                          : output.text("voice");
}

}  // namespace

void RealtimeSettings::update_output(const Fields& output) {
  output_rate = read_rate(output, output_rate);
  speed = float(output.number("speed", speed));
  voice = read_voice(output, voice);
}

void RealtimeSettings::update_response(const Fields& response, const Api& api) {
  audio_out = read_modalities(response, audio_out);
  max_tokens = read_max_tokens(response, max_tokens, api);
  temperature = float(response.number("temperature", temperature));
  update_output(response.object("audio").object("output"));
}

void RealtimeSettings::update(const Fields& session, const Api& api) {
  const std::string type = session.text("type", transcribe_only ? "transcription" : "realtime");
  transcribe_only = type == "transcription";
  if (session.has("model")) model = read_model(session, api)->name;
  instructions = session.text("instructions", instructions);
  audio_out = read_modalities(session, audio_out);
  max_tokens = read_max_tokens(session, max_tokens, api);
  language = read_language(session, language);
  temperature = float(session.number("temperature", temperature));
  seed = uint64_t(session.integer("seed", int64_t(seed)));
  if (!session.has("audio")) return;
  const Fields audio = session.object("audio");
  if (audio.has("input")) {
    const Fields input = audio.object("input");
    input_rate = read_rate(input, input_rate);
    if (input.json().contains("transcription")) transcription = input.has("transcription");
    check_heard_language(input.object("transcription"));
    turn_detection = read_turn_detection(input, turn_detection);
  }
  update_output(audio.object("output"));
}

Json RealtimeSettings::json() const {
  const Json heard = transcription || transcribe_only ? Json{{"model", model}} : Json(nullptr);
  const Json input = {{"format", format_json(input_rate)},
                      {"transcription", heard},
                      {"noise_reduction", nullptr},
                      {"turn_detection", turn_detection_json(turn_detection)}};
  if (transcribe_only)
    return {{"type", "transcription"},
            {"object", "realtime.transcription_session"},
            {"id", id},
            {"audio", {{"input", input}}}};
  return {
      {"type", "realtime"},
      {"object", "realtime.session"},
      {"id", id},
      {"model", model},
      {"output_modalities", Json::array({audio_out ? "audio" : "text"})},
      {"instructions", instructions},
      {"tools", Json::array()},
      {"tool_choice", "auto"},
      {"max_output_tokens", max_tokens ? Json(max_tokens) : Json("inf")},
      {"audio",
       {{"input", input},
        {"output", {{"format", format_json(output_rate)}, {"voice", voice}, {"speed", speed}}}}},
      {"language", language},
      {"temperature", temperature},
      {"seed", seed}};
}

}  // namespace tutti
