// tutti doctor: what this machine can do with Tutti, and what to do about what it cannot.
#include "doctor.h"

#include <cstdio>

#include "command/machine.h"
#include "command/models.h"
#include "command/outputs.h"
#include "command/process_exit.h"
#include "ffmpeg_version.h"

namespace tutti {
namespace {

using Json = nlohmann::ordered_json;

// What it means that a check is not ok. What is missing decides the exit code.
enum class Lack { optional, warning, missing };

struct Check {
  const char* name;
  bool ok;
  std::string found;
  std::string advice;  // where not ok
  Lack lack = Lack::optional;

  const char* state() const {
    if (ok) return "ok";
    return lack == Lack::missing ? "missing" : lack == Lack::warning ? "warning" : "optional";
  }
};

Check check_cpu(const Machine& machine) {
  std::string features;
  for (const std::string& one : machine.features) features += (features.empty() ? "" : " ") + one;
  return {"cpu", !features.empty(),
          machine.cpu + ", " + std::to_string(machine.cores) +
              " cores; vector instructions: " + (features.empty() ? "none" : features),
          "answers will be slow", Lack::warning};
}

Check check_memory(const Machine& machine) {
  char text[80];
  std::snprintf(text, sizeof text, "%.1f GB, %.1f GB of it free", machine.memory_gb,
                machine.free_gb);
  return {"memory", machine.free_gb > 0.5, text,
          "running takes about 0.3 GB and evaluating 2 GB, so close other programs", Lack::warning};
}

Check check_speech() {
  const auto place = find_program("espeak-ng");
  return {"espeak-ng", bool(place), place.value_or("not installed"),
          "makes training speech and spoken names to test on: apt install espeak-ng"};
}

Check check_trainer() {
  const auto place = find_trainer();
  return {"tutti-train", bool(place), place.value_or("not installed"),
          "runs tutti train: make trainer, in the source folder"};
}

Check check_tools() {
  const auto place = find_tools();
  return {"tutti-tools", bool(place), place.value_or("not installed"),
          "runs eval, quantize, data and bench: make tools, in the source folder"};
}

Check check_model(const ModelChoice& choice) {
  std::string place;
  const auto engine = choice.load(&place);
  if (!engine)
    return {"model", false, place.empty() ? "not found" : place, engine.error().message(),
            Lack::missing};
  return {"model", true, place + " (" + engine->config().name + ")", ""};
}

Status doctor(const ModelChoice& choice, bool json) {
  const Machine machine = describe_machine();
  const std::vector<Check> checks = {
      check_cpu(machine), check_memory(machine), {"ffmpeg", true, ffmpeg_version(), ""},
      check_speech(),     check_tools(),         check_trainer(),
      check_model(choice)};
  Json all = Json::object();
  bool usable = true;
  for (const Check& check : checks) {
    usable = usable && (check.ok || check.lack != Lack::missing);
    all[check.name] = {{"ok", check.ok}, {"found", check.found}};
    if (!check.ok) all[check.name]["advice"] = check.advice;
    if (json) continue;
    std::printf("%-9s %-12s %s\n", check.state(), check.name, check.found.c_str());
    if (!check.ok) std::printf("          %s\n", check.advice.c_str());
  }
  if (json) print_line(json_line(all));
  if (!usable) return failed("something that tutti needs is missing; see above");
  if (!json) std::printf("tutti can answer here\n");
  return {};
}

}  // namespace

void add_doctor(CLI::App& app, Verb& chosen) {
  CLI::App* verb = app.add_subcommand("doctor", "Check that this machine has what tutti needs.");
  auto model = std::make_shared<ModelChoice>();
  auto json = std::make_shared<bool>(false);
  model->add_options(*verb);
  verb->add_flag("--json", *json, "one JSON object");
  verb->callback(
      [model, json, &chosen] { chosen = [model, json] { return doctor(*model, *json); }; });
}

}  // namespace tutti
