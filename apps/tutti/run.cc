// tutti run: any mix of text, pictures, sounds, videos and clouds of points in; text, a picture,
// speech, a mask or an embedding out.
#include "run.h"

#include <sys/resource.h>
#include <unistd.h>

#include <chrono>
#include <cstdio>

#include "command/inputs.h"
#include "command/models.h"
#include "command/outputs.h"
#include "command/process_exit.h"
#include "command/values.h"
#include "media/picture_ops.h"
#include "run_flags.h"

namespace tutti {
namespace {

using Clock = std::chrono::steady_clock;
using Json = nlohmann::ordered_json;

double seconds_since(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

// The most memory that this process has had, in bytes.
int64_t peak_memory() {
  rusage usage = {};
  getrusage(RUSAGE_SELF, &usage);
  return int64_t(usage.ru_maxrss) * 1024;
}

const std::map<std::string, TextOptions::Task> kTasks = {
    {"auto", TextOptions::Task::automatic},
    {"name", TextOptions::Task::name},
    {"caption", TextOptions::Task::caption},
    {"answer", TextOptions::Task::answer},
    {"transcribe", TextOptions::Task::transcribe}};

struct RunOptions {
  ModelChoice model;
  PromptOptions prompt;
  TextOptions text;
  std::string to = "text", task = "auto", output;
  uint64_t seed = 0;
  int steps = 0, size = 0;
  float guidance = -1, speed = 1;
  bool json = false;
};

// What a run leaves behind, for --json.
struct Answer {
  std::string text;
  Json outputs = Json::array();
  Json timings = Json::object();
  std::optional<std::vector<float>> embedding;

  void add_output(const char* kind, const std::string& path) {
    outputs.push_back({{"kind", kind}, {"path", path}});
  }
};

// The file that a kind of output goes to when -o does not say, if there is none of that name.
std::string usual_output(const RunOptions& options) {
  if (options.to == "image") return "picture.png";
  if (options.to == "speech") return "speech.wav";
  return options.to == "mask" ? "mask.png" : "";
}

Asked asked_of(const RunOptions& options) {
  return {options.to, options.task, options.text.temperature, options.prompt.kinds()};
}

// Everything that can be refused before a model is loaded.
Status check(RunOptions& options, const CLI::App& verb) {
  const Asked asked = asked_of(options);
  TUTTI_CHECK(check_flags(verb, asked));
  TUTTI_ASSIGN(options.text.language, language_of(asked, options.text.language));
  const std::string path = options.output.empty() ? usual_output(options) : options.output;
  if (path == "-" && options.json)
    return usage_error("--json and -o - both want standard output; give -o a file");
  if (options.to == "image" || options.to == "mask") return check_picture_path(path);
  if (options.to == "speech") return check_sound_path(path);
  return {};
}

Status put_file(const RunOptions& options, Answer& answer, const char* kind,
                const std::function<Status(const std::string&)>& write) {
  TUTTI_ASSIGN(const std::string path, put_output(options.output, usual_output(options), write));
  answer.add_output(kind, path);
  return {};
}

Status put_answer(const RunOptions& options, Answer& answer) {
  if (options.output == "-" || (options.output.empty() && !options.json)) {
    print_line(answer.text);
  } else if (!options.output.empty()) {
    TUTTI_CHECK(put_text(options.output, answer.text + "\n"));
    answer.add_output("text", options.output);
  }
  return {};
}

Status say_text(const RunOptions& options, const Engine& engine, const Prompt& prompt,
                Answer& answer) {
  // Sound alone, with nothing else asked, is spelled out by the CTC head: in tutti-nano it hears
  // better than the text decoder, which guesses fluent sentences (docs/evaluation.md).
  if (asked_of(options).transcribes()) {
    TUTTI_ASSIGN(answer.text, engine.transcribe(prompt[0].mel));
    return put_answer(options, answer);
  }
  TextOptions text = options.text;
  text.task = kTasks.at(options.task);
  text.seed = options.seed;
  const bool stream = options.output.empty() && !options.json;
  if (stream)
    text.on_text = [](const std::string& piece) {
      print_text(piece);
      return bool(flush_output());
    };
  TUTTI_ASSIGN(const TextResult result, engine.describe(prompt, text));
  answer.text = result.text;
  answer.timings["first_token"] = result.seconds_to_first_token;
  answer.timings["prompt_tokens"] = result.prompt_tokens;
  answer.timings["tokens"] = result.tokens;
  if (!stream) return put_answer(options, answer);
  std::printf("\n");
  return {};
}

Status paint(const RunOptions& options, const Engine& engine, const Prompt& prompt,
             Answer& answer) {
  PaintOptions paint;
  paint.seed = options.seed;
  if (options.steps > 0) paint.steps = options.steps;
  if (options.guidance >= 0) paint.guidance_scale = options.guidance;
  TUTTI_ASSIGN(Picture picture, engine.paint(prompt, paint));
  if (options.size > 0) {
    TUTTI_ASSIGN(picture, resize(picture, options.size, options.size, Filter::lanczos));
  }
  return put_file(options, answer, "image",
                  [&](const std::string& path) { return put_picture(path, picture); });
}

// What is to be said: the prompt's text, or, where there is anything else in it, the model's
// answer.
Result<std::string> words_to_speak(const RunOptions& options, const Engine& engine,
                                   const Prompt& prompt) {
  std::string words;
  for (const Part& part : prompt) {
    if (!part.says()) {
      TextOptions text = options.text;
      text.task = kTasks.at(options.task);
      text.seed = options.seed;
      TUTTI_ASSIGN(const TextResult result, engine.describe(prompt, text));
      if (result.text.empty())
        return failed("the model has no answer that could be spoken; try another prompt");
      return result.text;
    }
    words += (words.empty() ? "" : " ") + part.text;
  }
  return words;
}

// A long text takes a while; who watches sees how far it is, and may press Ctrl+C.
std::function<bool(const std::vector<float>&)> progress_of_speech() {
  return [spoken = 0.0](const std::vector<float>& samples) mutable {
    spoken += double(samples.size()) / Sound().sample_rate;
    std::fprintf(stderr, "\r\033[K%.0f s of speech", spoken);
    return true;
  };
}

Status speak(const RunOptions& options, const Engine& engine, const Prompt& prompt,
             Answer& answer) {
  SpeakOptions speak;
  speak.seed = options.seed;
  speak.speed = options.speed;
  if (options.steps > 0) speak.steps = options.steps;
  if (options.guidance >= 0) speak.guidance_scale = options.guidance;
  TUTTI_ASSIGN(answer.text, words_to_speak(options, engine, prompt));
  if (isatty(STDERR_FILENO)) speak.on_audio = progress_of_speech();
  const auto spoken = engine.speak(answer.text, speak);
  if (speak.on_audio) std::fprintf(stderr, "\r\033[K");
  if (!spoken) return spoken.error();
  const SpeakResult& result = *spoken;
  answer.timings["first_audio"] = result.seconds_to_first_audio;
  answer.timings["audio"] = result.sound.seconds();
  return put_file(options, answer, "speech",
                  [&](const std::string& path) { return put_sound(path, result.sound); });
}

Status mask(const RunOptions& options, const Engine& engine, const Prompt& prompt, Answer& answer) {
  const auto& original = options.prompt.original();
  if (prompt.size() != 1 || !original)
    return usage_error("--to mask needs one --image and nothing else");
  TUTTI_ASSIGN(const Picture matte, engine.matte(prompt[0].picture));
  TUTTI_ASSIGN(const Picture full,
               resize(matte, original->width, original->height, Filter::bilinear));
  return put_file(options, answer, "mask",
                  [&](const std::string& path) { return put_picture(path, full); });
}

Status embed(const RunOptions& options, const Engine& engine, const Prompt& prompt,
             Answer& answer) {
  if (prompt.size() != 1) return usage_error("--to embedding takes one part; run it once for each");
  TUTTI_ASSIGN(answer.embedding, engine.embed(prompt[0]));
  const std::string text = Json(*answer.embedding).dump();
  if (options.output.empty() && options.json) return {};
  if (options.output.empty() || options.output == "-") {
    print_line(text);
    return {};
  }
  TUTTI_CHECK(put_text(options.output, text + "\n"));
  answer.add_output("embedding", options.output);
  return {};
}

Status dispatch(const RunOptions& options, const Engine& engine, const Prompt& prompt,
                Answer& answer) {
  if (options.to == "image") return paint(options, engine, prompt, answer);
  if (options.to == "speech") return speak(options, engine, prompt, answer);
  if (options.to == "mask") return mask(options, engine, prompt, answer);
  if (options.to == "embedding") return embed(options, engine, prompt, answer);
  return say_text(options, engine, prompt, answer);
}

void report(const RunOptions& options, const std::string& model, const Answer& answer) {
  if (!options.json) {
    for (const Json& output : answer.outputs) say_written(output["path"].get<std::string>());
    return;
  }
  Json json = {{"text", answer.text},       {"outputs", answer.outputs},
               {"timings", answer.timings}, {"memory", {{"peak_bytes", peak_memory()}}},
               {"seed", options.seed},      {"model", model}};
  if (answer.embedding) json["embedding"] = *answer.embedding;
  print_line(json_line(json));
}

Status run(RunOptions& options, const CLI::App& verb) {
  const auto start = Clock::now();
  TUTTI_CHECK(check(options, verb));
  TUTTI_ASSIGN(const Prompt prompt, options.prompt.read(verb));
  const auto loading = Clock::now();
  std::string model;
  TUTTI_ASSIGN(const Engine engine, options.model.load(&model));
  Answer answer;
  answer.timings["load"] = seconds_since(loading);
  TUTTI_CHECK(dispatch(options, engine, prompt, answer));
  answer.timings["total"] = seconds_since(start);
  report(options, model, answer);
  return {};
}

void add_text_options(CLI::App& verb, RunOptions& options) {
  std::vector<std::string> tasks;
  for (const auto& [name, task] : kTasks) tasks.push_back(name);
  verb.add_option(
          "--task", options.task,
          "what the text is; auto, the default: a transcript of sound, an answer to text, else a "
          "caption")
      ->check(one_of(tasks))
      ->type_name("TASK");
  verb.add_option("--language", options.text.language,
                  "of names and captions: a tag such as de or pt-BR (default en)")
      ->type_name("TAG");
  verb.add_option("--max-tokens", options.text.max_tokens, "longest answer (default 64)")
      ->check(whole(1, 1 << 20));
  verb.add_option("--temperature", options.text.temperature,
                  "0, the default: always the likeliest token")
      ->check(between(0.0, 100.0));
  verb.add_option("--top-k", options.text.top_k,
                  "sample from the k likeliest tokens (with --temperature); 0: no limit")
      ->check(whole(0, std::numeric_limits<int>::max()));
  verb.add_option("--top-p", options.text.top_p,
                  "sample from the likeliest tokens that together have this probability (with "
                  "--temperature; default 1)")
      ->check(between(1e-6, 1.0));
}

}  // namespace

void add_run(CLI::App& app, Verb& chosen) {
  CLI::App* verb = app.add_subcommand(
      "run",
      "Ask the model: any mix of text, pictures, sounds, videos and clouds of points in; text, a "
      "picture, speech, a mask or an embedding out.");
  auto options = std::make_shared<RunOptions>();
  options->model.add_options(*verb);
  options->model.add_adapter_option(*verb);
  options->prompt.add_options(*verb);
  verb->add_option("--to", options->to, "what the answer is (default text)")
      ->check(one_of({"text", "image", "speech", "mask", "embedding"}))
      ->type_name("KIND");
  add_text_options(*verb, *options);
  verb->add_option("--seed", options->seed, "the same seed gives the same answer (default 0)")
      ->check(seed());
  verb->add_option("--steps", options->steps, "of painting and speaking (default: the model's own)")
      ->check(whole(1, 1000));
  verb->add_option("--guidance", options->guidance,
                   "how closely pictures and speech follow the prompt (default: the model's own)")
      ->check(between(0.0, 100.0));
  verb->add_option("--speed", options->speed, "of speech; 2 is twice as fast")
      ->check(between(0.25, 4.0));
  verb->add_option("--size", options->size, "side of the picture, enlarged from 64 (Lanczos)")
      ->check(whole(64, 4096));
  verb->add_option("-o,--output", options->output,
                   "file of the answer, text too; - for standard output (default: text and "
                   "embeddings there, else a new picture.png, speech.wav or mask.png)")
      ->type_name("FILE");
  verb->add_flag("--json", options->json, "one JSON object: text, outputs, timings, seed, model");
  verb->callback(
      [options, verb, &chosen] { chosen = [options, verb] { return run(*options, *verb); }; });
}

}  // namespace tutti
