// tutti bench routing: a mixed stream of requests with routing on (rows whose gate is closed skip
// the layer) and off (every row runs every layer, closed gates multiply the result by zero). Both
// give the same answers; the bench compares them and says if they ever differ.
#include "routing.h"

#include <algorithm>
#include <cstdio>

#include "../../command/outputs.h"
#include "../../command/process_exit.h"
#include "model.h"

namespace tutti::bench {
namespace {

constexpr int kRounds = 7;

// A request and its whole answer as bytes.
struct Request {
  const char* kind;
  std::function<Result<std::string>(const Engine&)> run;
};

std::vector<Request> mixed_stream(const TaskInputs& inputs) {
  const auto text_of = [](const Engine& engine, const Prompt& prompt) -> Result<std::string> {
    TUTTI_ASSIGN(const TextResult answer, engine.describe(prompt, {}));
    return answer.text;
  };
  return {
      {"captioning", [=, &inputs](const Engine& e) { return text_of(e, {inputs.picture}); }},
      {"recognition", [&inputs](const Engine& e) { return e.transcribe(inputs.sound.mel); }},
      {"drawing",
       [](const Engine& e) -> Result<std::string> {
         TUTTI_ASSIGN(const Picture picture, e.paint({Part::of_text("a red circle")}, {}));
         return std::string(picture.pixels.begin(), picture.pixels.end());
       }},
      {"text", [=](const Engine& e) { return text_of(e, {Part::of_text("What is a cat?")}); }},
  };
}

double median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  return values[values.size() / 2];
}

// Seconds of each request, by round; the answers of the last one.
struct Stream {
  std::vector<std::vector<double>> seconds;
  std::vector<std::string> answers;

  Status run(const std::vector<Request>& requests, const Engine& engine) {
    answers.clear();
    seconds.emplace_back();
    for (const Request& request : requests) {
      const double start = now();
      TUTTI_ASSIGN(std::string answer, request.run(engine));
      seconds.back().push_back(now() - start);
      answers.push_back(std::move(answer));
    }
    return {};
  }
  double median_of(size_t request) const {
    std::vector<double> values;
    for (const auto& round : seconds) values.push_back(round[request]);
    return median(values);
  }
  double median_round() const {
    std::vector<double> values;
    for (const auto& round : seconds) {
      double sum = 0;
      for (double value : round) sum += value;
      values.push_back(sum);
    }
    return median(values);
  }
};

// Mean share of the routed layers that rows of each group run while reading `prompt`.
Result<Json> shares(const Engine& engine, const TaskInputs& inputs) {
  TUTTI_ASSIGN(const AttentionShare share,
               engine.explain({inputs.picture, inputs.sound, Part::of_text("What is it?")}, {}));
  Json json = Json::object();
  for (size_t g = 0; g < share.groups.size(); ++g) {
    double sum = 0;
    for (const auto& layer : share.routed) sum += layer[g];
    if (sum > 0) json[share.groups[g]] = sum / double(share.routed.size());
  }
  return json;
}

Result<Engine> load(const ModelOptions& options, bool routing) {
  EngineOptions engine_options;
  engine_options.threads = options.threads;
  engine_options.routing = routing;
  return Engine::load(options.model, engine_options);
}

void print_routing(const Json& json) {
  std::printf("%s\n%-14s %10s %10s %9s  same answer\n", json["model"].get<std::string>().c_str(),
              "ms", "on", "off", "speed-up");
  const auto row = [](const std::string& name, const Json& one) {
    std::printf("%-14s %10.1f %10.1f %8.2fx  %s\n", name.c_str(), 1e3 * one["on"].get<double>(),
                1e3 * one["off"].get<double>(), one["off"].get<double>() / one["on"].get<double>(),
                one["same"].get<bool>() ? "yes" : "NO");
  };
  for (const auto& [kind, one] : json["requests"].items()) row(kind, one);
  row("mixed stream", json["stream"]);
  std::printf("layers run while reading:");
  for (const auto& [group, share] : json["layers_run"].items())
    std::printf(" %s %.0f %%", group.c_str(), 100 * share.get<double>());
  std::printf("\n");
}

Status run_routing(ModelOptions options) {
  TUTTI_ASSIGN(const TaskInputs inputs, options.open());
  TUTTI_ASSIGN(const Engine routed, load(options, true));
  TUTTI_ASSIGN(const Engine whole, load(options, false));
  const std::vector<Request> requests = mixed_stream(inputs);
  Stream warm, on, off;
  TUTTI_CHECK(warm.run(requests, routed));
  TUTTI_CHECK(warm.run(requests, whole));
  for (int round = 0; round < kRounds; ++round) {
    TUTTI_CHECK(on.run(requests, routed));
    TUTTI_CHECK(off.run(requests, whole));
  }
  Json json = {{"bench", "routing"}, {"model", options.model}, {"rounds", kRounds}};
  for (size_t i = 0; i < requests.size(); ++i)
    json["requests"][requests[i].kind] = {{"on", on.median_of(i)},
                                          {"off", off.median_of(i)},
                                          {"same", on.answers[i] == off.answers[i]}};
  json["stream"] = {{"on", on.median_round()},
                    {"off", off.median_round()},
                    {"speed_up", off.median_round() / on.median_round()},
                    {"same", on.answers == off.answers}};
  TUTTI_ASSIGN(json["layers_run"], shares(routed, inputs));
  if (options.json)
    print_line(json_line(json));
  else
    print_routing(json);
  return {};
}

}  // namespace

void add_routing(CLI::App& verb, Verb& chosen) {
  CLI::App* routing = verb.add_subcommand(
      "routing", "Time a mixed stream of requests with routing on and off; answers are compared.");
  auto options = std::make_shared<ModelOptions>();
  options->add_options(*routing);
  routing->callback([options, &chosen] { chosen = [options] { return run_routing(*options); }; });
}

}  // namespace tutti::bench
