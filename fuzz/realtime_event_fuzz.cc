// What a client sends on a realtime socket: any JSON is understood as an event of the beta without
// harm, once more gives the same, and what it appends as sound is heard alike in whole and in
// pieces.
//
// Input: the text of one event.
#include <algorithm>
#include <cstdlib>

#include "fuzz_target.h"
#include "serve/api/uploads/data_url.h"
#include "serve/http/limits/ledger.h"
#include "serve/http/parse/read_json.h"
#include "serve/realtime/beta.h"
#include "serve/realtime/voice_activity.h"

namespace {

using namespace tutti;

std::vector<float> samples_of(const std::vector<uint8_t>& bytes) {
  std::vector<float> samples;
  for (size_t i = 0; i + 1 < bytes.size(); i += 2)
    samples.push_back(float(int16_t(uint16_t(bytes[i] | bytes[i + 1] << 8))) / 32768);
  return samples;
}

std::vector<int64_t> turns(std::span<const float> samples, size_t step) {
  VoiceActivity voice({});
  std::vector<int64_t> places;
  bool speaking = false;
  for (size_t i = 0; i < samples.size(); i += step)
    for (const VoiceEvent& event :
         voice.push(samples.subspan(i, std::min(step, samples.size() - i)))) {
      const bool started = event.kind == VoiceEvent::Kind::started;
      if (started == speaking) std::abort();  // one after the other
      if (event.sample < 0 || event.sample > int64_t(samples.size())) std::abort();
      if (!places.empty() && event.sample < places.back()) std::abort();
      speaking = started;
      places.push_back(event.sample);
    }
  return places;
}

}  // namespace

std::vector<std::string> fuzz_seeds() {
  std::string sound;
  for (int i = 0; i < 4000; ++i) sound += i / 1000 % 2 ? "QEAg4A" : "AAAAAA";
  return {
      R"({"type":"session.update","session":{"modalities":["text","audio"],"voice":"tutti","input_audio_format":"pcm16","turn_detection":{"type":"server_vad","threshold":0.5},"max_response_output_tokens":"inf"}})",
      R"({"type":"transcription_session.update","session":{"input_audio_transcription":null,"audio":{"input":7}}})",
      R"({"type":"response.create","response":{"modalities":["audio","text"],"audio":[],"input":[{"type":"message"}]}})",
      R"({"type":"conversation.item.create","item":{"content":[{"type":"input_text","text":"h"}]}})",
      R"([{"session":1},"response"])",
      R"({"session":{"audio":{"output":{"format":{}}},"speed":2}})",
      R"({"type":"input_audio_buffer.append","audio":")" + sound + "\"}"};
}

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  Ledger ledger({.server = 8 << 20, .key = 8 << 20, .connection = 8 << 20});
  Charge charge(ledger.connection());
  auto event = read_json({reinterpret_cast<const char*>(data), size}, &charge);
  if (!event) return 0;
  const Json once = from_beta(*event);
  if (once.type() != event->type()) std::abort();
  if (from_beta(*event) != once) std::abort();
  if (!once.is_object() || !once.contains("audio") || !once["audio"].is_string()) return 0;
  const auto bytes = decode_base64(once["audio"].get_ref<const std::string&>());
  if (!bytes) return 0;
  const std::vector<float> samples = samples_of(*bytes);
  if (turns(samples, samples.size() + 1) != turns(samples, 77)) std::abort();
  return 0;
}
