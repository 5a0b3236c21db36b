// Whole answers of the model: what a user waits for, once it is loaded.
#include "model_tasks.h"

#include <algorithm>
#include <filesystem>

#include "../../command/inputs.h"

namespace tutti::bench {
namespace {

constexpr int kFewestRuns = 5, kMostRuns = 20;
constexpr double kTaskSeconds = 1.5;  // of each engine, beyond the fewest runs

Result<Part> read_part(const std::string& flag, const std::string& file) {
  CLI::App app;
  PromptOptions prompt;
  prompt.add_options(app);
  app.parse(std::vector<std::string>{file, flag});  // CLI11 takes them last first
  TUTTI_ASSIGN(Prompt parts, prompt.read(app));
  return std::move(parts[0]);
}

Result<std::map<std::string, double>> describe(const Engine& engine, const Prompt& prompt,
                                               const TextOptions& options) {
  TUTTI_ASSIGN(const TextResult answer, engine.describe(prompt, options));
  const double after_first = answer.seconds - answer.seconds_to_first_token;
  std::map<std::string, double> told = {{"first_token", answer.seconds_to_first_token},
                                        {"tokens", answer.tokens}};
  if (answer.tokens > 1) told["tokens_per_second"] = (answer.tokens - 1) / after_first;
  return told;
}

Result<std::map<std::string, double>> transcribe(const Engine& engine, const TaskInputs& inputs) {
  const double start = now();
  TUTTI_CHECK(engine.transcribe(inputs.sound.mel));
  return std::map<std::string, double>{
      {"real_time_factor", (now() - start) / inputs.sound_seconds}};
}

Result<std::map<std::string, double>> speak(const Engine& engine) {
  TUTTI_ASSIGN(const SpeakResult spoken, engine.speak("two blue triangles", {}));
  return std::map<std::string, double>{
      {"first_audio", spoken.seconds_to_first_audio},
      {"audio", spoken.sound.seconds()},
      {"real_time_factor", spoken.seconds / std::max(1e-9, spoken.sound.seconds())}};
}

double quantile(std::vector<double> values, double share) {
  std::sort(values.begin(), values.end());
  return values[std::min(values.size() - 1, size_t(share * double(values.size())))];
}

// What one engine told of one task, over its runs.
struct Record {
  std::vector<double> seconds;
  std::map<std::string, std::vector<double>> told;

  Json to_json() const {
    Json json = {{"p50", quantile(seconds, 0.5)},
                 {"p95", quantile(seconds, 0.95)},
                 {"runs", seconds.size()}};
    for (const auto& [name, values] : told) json[name] = quantile(values, 0.5);
    return json;
  }
};

Status run_once(const Task& task, const Engine& engine, Record& record) {
  const double start = now();
  TUTTI_ASSIGN(const auto told, task.run(engine));
  record.seconds.push_back(now() - start);
  for (const auto& [name, value] : told) record.told[name].push_back(value);
  return {};
}

}  // namespace

Result<TaskInputs> TaskInputs::read(const std::string& folder) {
  const std::filesystem::path root = folder;
  TaskInputs inputs;
  TUTTI_ASSIGN(inputs.picture, read_part("--image", root / "picture.png"));
  TUTTI_ASSIGN(inputs.clip, read_part("--video", root / "clip.mp4"));
  TUTTI_ASSIGN(inputs.sound, read_part("--audio", root / "speech.wav"));
  inputs.sound_seconds = inputs.sound.mel.frames() * 0.01;
  return inputs;
}

std::vector<Task> model_tasks(const TaskInputs& inputs) {
  const Prompt picture = {inputs.picture}, clip = {inputs.clip};
  const Prompt question = {inputs.picture, Part::of_text("what is in the picture?")};
  return {
      {"picture to text", [=](const Engine& e) { return describe(e, picture, {}); }},
      {"answer about a picture", [=](const Engine& e) { return describe(e, question, {}); }},
      {"clip to text", [=](const Engine& e) { return describe(e, clip, {}); }},
      {"speech to text", [&inputs](const Engine& e) { return transcribe(e, inputs); }},
      {"text to picture",
       [](const Engine& e) -> Result<std::map<std::string, double>> {
         TUTTI_CHECK(e.paint({Part::of_text("a red circle")}, {}));
         return std::map<std::string, double>{};
       }},
      {"text to speech", [](const Engine& e) { return speak(e); }},
      {"picture to mask",
       [&inputs](const Engine& e) -> Result<std::map<std::string, double>> {
         TUTTI_CHECK(e.matte(inputs.picture.picture));
         return std::map<std::string, double>{};
       }},
      {"picture to embedding",
       [&inputs](const Engine& e) -> Result<std::map<std::string, double>> {
         TUTTI_CHECK(e.embed(inputs.picture));
         return std::map<std::string, double>{};
       }},
  };
}

Result<Json> time_tasks(const std::vector<Engine>& engines, const TaskInputs& inputs) {
  Json json = Json::object();
  for (const Task& task : model_tasks(inputs)) {
    std::vector<Record> records(engines.size());
    for (const Engine& engine : engines) {
      Record warm;
      TUTTI_CHECK(run_once(task, engine, warm));
    }
    const double start = now(), allowed = kTaskSeconds * double(engines.size());
    for (int run = 0; run < kMostRuns && (run < kFewestRuns || now() - start < allowed); ++run)
      for (size_t e = 0; e < engines.size(); ++e) {
        TUTTI_CHECK(run_once(task, engines[e], records[e]));
      }
    for (size_t e = 0; e < engines.size(); ++e)
      json[task.name][kDtypeNames[e]] = records[e].to_json();
  }
  return json;
}

}  // namespace tutti::bench
