// The same forward passes through this runtime and, by `tutti-train passes`, through libtorch.
#include "model_passes.h"

#include <algorithm>
#include <cstdio>

#include "engine/session.h"
#include "model/task_passes.h"
#include "model_tasks.h"

namespace tutti::bench {
namespace {

Result<std::string> output_of(const std::string& command) {
  FILE* pipe = popen(command.c_str(), "r");
  if (!pipe) return failed("cannot run " + command);
  std::string out;
  char buffer[4096];
  for (size_t n; (n = fread(buffer, 1, sizeof buffer, pipe)) > 0;) out.append(buffer, n);
  if (pclose(pipe) != 0) return failed(command + " failed; its message is above");
  return out;
}

std::string quoted(const std::string& text) {
  std::string out = "'";
  for (const char c : text) out += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return out + "'";
}

// Everything one precision needs.
struct Runner {
  ModelHandle loaded;
  std::unique_ptr<Session> session;

  static Result<Runner> create(const std::string& model, int threads, EngineOptions::Dtype dtype) {
    EngineOptions options;
    options.threads = threads;
    options.dtype = dtype;
    Runner runner;
    TUTTI_ASSIGN(runner.loaded, load_model(model, options));
    TUTTI_ASSIGN(runner.session, Session::create(runner.loaded, threads));
    return runner;
  }
  Status run(const Pass& pass) {
    return session->run([&] { run_pass(session->ops, loaded->model, pass); });
  }
};

}  // namespace

Result<Json> time_passes(const std::string& model, int threads,
                         const std::optional<std::string>& trainer) {
  std::vector<Runner> runners;
  for (const EngineOptions::Dtype dtype : kDtypes) {
    TUTTI_ASSIGN(Runner runner, Runner::create(model, threads, dtype));
    runners.push_back(std::move(runner));
  }
  Json libtorch;
  if (trainer) {
    TUTTI_ASSIGN(const std::string out,
                 output_of(quoted(*trainer) + " passes --model " + quoted(model) + " --threads " +
                           std::to_string(threads)));
    libtorch = Json::parse(out, nullptr, false);
    if (libtorch.is_discarded()) return failed(*trainer + " passes printed no JSON: " + out);
  }
  Json json = Json::object();
  for (const Pass& pass : task_passes(runners[0].loaded->config)) {
    Status status;
    for (size_t i = 0; i < runners.size(); ++i) {
      const Timing timing = time_runs([&] {
        if (status) status = runners[i].run(pass);
      });
      json[pass.name][kDtypeNames[i]] = timing.median();
    }
    if (!status) return status.error();
    if (libtorch.contains(pass.name)) json[pass.name]["libtorch"] = libtorch[pass.name];
  }
  return json;
}

}  // namespace tutti::bench
