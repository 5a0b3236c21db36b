// The library's front door: one loaded model, and what can be asked of it.
//
//   TUTTI_ASSIGN(Engine engine, Engine::load("models/tutti-nano.safetensors", {}));
//   Prompt prompt;
//   prompt.push_back(Part::of_picture(photo));
//   TUTTI_ASSIGN(TextResult answer, engine.describe(prompt, {}));
//
// Thread-safety: an Engine may be shared; each call takes a session (arena and caches) of its own
// and returns it. Calls on one Engine run one after another on its thread pool; a callback of one
// (on_text, on_preview, on_audio) gets usage_error from all others.
#pragma once

#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "base/media_types.h"
#include "base/result.h"
#include "engine/model_handle.h"
#include "format/mapped_file.h"
#include "model/spec.h"

namespace tutti {

struct ModelPackage;
class ProductObserver;
class Tokenizer;
class TranscriptStream;

// One piece of a prompt, in the order the model reads them. Pictures of any size are fitted by the
// caller to 128x128 RGB, clips to 16 such frames, sounds to a Mel; rows of numbers are for the
// modality of that name in the model file, as many as it says. An answer is what the model said to
// what stands before it: with answers in it, a prompt is a conversation (text_prompt.h), which text
// alone is asked from.
struct Part {
  enum class Kind { text, picture, clip, audio, rows, answer };
  Kind kind = Kind::text;
  std::string text;  // of a text or an answer
  Picture picture;
  std::vector<Picture> frames;
  Mel mel;
  Rows rows;

  // Words; something to hear; something to see, which has a name and a caption; an answer.
  bool says() const { return kind == Kind::text; }
  bool sounds() const { return kind == Kind::audio; }
  bool shows() const { return !says() && !sounds() && !answers(); }
  bool answers() const { return kind == Kind::answer; }

  static Part of_text(const std::string& text);  // as plain text (base/plain_text.h)
  static Part of_picture(Picture picture);
  static Part of_clip(std::vector<Picture> frames);
  static Part of_audio(Mel mel);
  static Part of_rows(Rows rows);
  static Part of_answer(const std::string& text);
};
using Prompt = std::vector<Part>;

struct TextOptions {
  enum class Task { automatic, name, caption, answer, transcribe };
  // Of the last turn. Automatic: audio alone: transcribe; text: answer; else caption.
  Task task = Task::automatic;
  std::string language = "en";  // of names and captions: a tag as in format/text/languages.h
  int max_tokens = 64;
  float temperature = 0;  // 0: greedy
  int top_k = 0;          // 0: all
  float top_p = 1;
  uint64_t seed = 0;
  std::function<bool(const std::string& piece)> on_text;  // false stops
};

struct TextResult {
  std::string text;
  int prompt_tokens = 0;
  int tokens = 0;
  double seconds_to_first_token = 0;
  double seconds = 0;
  bool cut = false;  // ended by max_tokens or by the context, not by the model or the listener
};

struct PaintOptions {
  int steps = 0;              // 0: as many as the model was made for
  float guidance_scale = -1;  // negative: as the model was made for; 1: none
  uint64_t seed = 0;
  // After each step but the last: what the picture is going to be. False stops.
  std::function<bool(int step, int steps, const Picture& preview)> on_preview;
};

struct SpeakOptions {
  int steps = 0;  // both as in PaintOptions
  float guidance_scale = -1;
  float speed = 1;  // 2 speaks twice as fast
  uint64_t seed = 0;
  bool griffin_lim = false;  // the baseline vocoder instead of the model's
  bool keep = true;          // false: on_audio gets the sound, and the result has none of it
  std::function<bool(const std::vector<float>& samples)> on_audio;  // 16 kHz, in order
};

struct SpeakResult {
  Sound sound;
  Mel mel;
  double seconds_to_first_audio = 0;
  double seconds = 0;
};

struct EngineOptions {
  // What products are computed in. As stored: INT8 where the file has INT8 matrices, bf16 where it
  // has bf16 ones, else FP32. INT8 leaves in bf16 what `tutti quantize` left so. Both take FP32 for
  // a file's bf16 on a processor that multiplies FP32 faster (half_precision()).
  enum class Dtype { as_stored, f32, bf16, int8 };
  int threads = 0;  // 0: all cores
  Dtype dtype = Dtype::as_stored;
  bool routing = true;  // false: rows with a closed gate are computed too, to no effect
  std::string adapter;  // of the model file's, which all answers have; empty: none
};

// One layer's share of attention, averaged over heads and queries: share[query group][key group].
struct AttentionShare {
  std::vector<std::string> groups;  // names
  std::vector<std::vector<std::vector<float>>> layers;
  std::vector<std::vector<float>> routed;  // share of tokens that ran each layer, by group
};

class Engine {
 public:
  static Result<Engine> load(const std::string& path, const EngineOptions& options,
                             Hold hold = Hold::mapped);
  // Of a file that is open already, and need not be afterwards; its errors do not name the file.
  static Result<Engine> load(const ModelPackage& package, const EngineOptions& options);
  Engine(Engine&&) noexcept;
  Engine& operator=(Engine&&) noexcept;
  ~Engine();

  const ModelSpec& config() const;
  const Tokenizer& tokenizer() const;
  const ModelHandle& model() const;  // for who runs requests step by step (model_request.h)

  // Text out, from any mix of parts.
  Result<TextResult> describe(const Prompt& prompt, const TextOptions& options) const;
  // Log-likelihood in nats of each candidate answer after the prompt; for closed-set evaluation.
  // An empty prompt scores them as free text.
  Result<std::vector<double>> score(const Prompt& prompt, const std::vector<std::string>& answers,
                                    const TextOptions& options) const;
  // What the CTC head hears, greedily; "" in silence (media/dsp/sound_spans.h). No language model.
  Result<std::string> transcribe(const Mel& mel) const;
  // The same while somebody speaks (streams/transcript_stream.h): the text that the next samples,
  // 16000 a second, make certain, and what is left at the end. Together that is what transcribe()
  // says of the whole sound. A stream is used by one thread at a time, with the engine it is of.
  Result<TranscriptStream> transcribe_stream() const;
  Result<std::string> push(TranscriptStream& stream, std::span<const float> samples) const;
  Result<std::string> finish(TranscriptStream& stream) const;
  // Log-likelihood in nats of each text under the CTC head; for closed sets of spoken words.
  Result<std::vector<double>> spelling_scores(const Mel& mel,
                                              const std::vector<std::string>& texts) const;
  // 64x64 RGB from text or audio.
  Result<Picture> paint(const Prompt& prompt, const PaintOptions& options) const;
  Result<SpeakResult> speak(const std::string& text, const SpeakOptions& options) const;
  // Unit vector of config().embedding values in the space that all modalities share.
  Result<std::vector<float>> embed(const Part& part) const;
  // 128x128, 1 channel: how much of each pixel is a person.
  Result<Picture> matte(const Picture& picture) const;
  // Who attends to whom while reading this prompt.
  Result<AttentionShare> explain(const Prompt& prompt, const TextOptions& options) const;
  // Waveform of a mel by the model's vocoder.
  Result<Sound> vocode(const Mel& mel) const;

  // From now on products in FP32 show their inputs to `observer` (cpu_ops.h); nullptr: no longer.
  void observe(ProductObserver* observer);

  struct MemoryPlan {
    size_t weight_bytes, cache_bytes, arena_bytes;
  };
  Result<MemoryPlan> memory_plan() const;
  // The same of a file, before any weight is read.
  static Result<MemoryPlan> plan_memory(const std::string& path, const EngineOptions& options);
  static Result<MemoryPlan> plan_memory(const ModelPackage& package, const EngineOptions& options);

 private:
  struct State;
  explicit Engine(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace tutti
