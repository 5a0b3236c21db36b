// tutti: the one binary for users. Each verb is in a file of its own; see command/verb.h.
//
// Exit codes: 0 ok, 1 failed, 2 bad usage, 3 bad input. What cannot be read is bad input, what
// cannot be written a failure. Results go to standard output, everything else to standard error.
#include <cstdio>
#include <string_view>
#include <vector>

#include "command/complete.h"
#include "command/manual.h"
#include "command/process_exit.h"
#include "command/verb.h"
#include "convert.h"
#include "doctor.h"
#include "explain.h"
#include "inspect.h"
#include "media_worker.h"
#include "run.h"
#include "serve/serve.h"
#include "tools.h"
#include "train.h"

namespace {

void add_version(CLI::App& app, tutti::Verb& chosen) {
  app.add_subcommand("version", "Print the version.")->callback([&chosen] {
    chosen = [] {
      std::puts("tutti " TUTTI_VERSION);
      return tutti::Status();
    };
  });
}

// `tutti help serve keys` is `tutti serve keys --help`.
std::vector<char*> help_last(int argc, char** argv) {
  static char help[] = "--help";
  std::vector<char*> words(argv, argv + argc);
  if (words.size() < 2 || std::string_view(words[1]) != "help") return words;
  words.erase(words.begin() + 1);
  words.push_back(help);
  return words;
}

int run(int argc, char** argv) {
  CLI::App app(
      "One model that reads text, pictures, speech, video and clouds of points,\n"
      "and writes text, pictures and speech.\n"
      "Exit codes: 0 ok, 1 failed, 2 bad usage, 3 bad input.",
      "tutti");
  app.require_subcommand(1);
  app.set_version_flag("--version", "tutti " TUTTI_VERSION);
  tutti::Verb chosen;
  tutti::add_run(app, chosen);
  tutti::add_serve(app, chosen);
  tutti::add_eval(app, chosen);
  tutti::add_explain(app, chosen);
  tutti::add_quantize(app, chosen);
  tutti::add_inspect(app, chosen);
  tutti::add_convert(app, chosen);
  tutti::add_doctor(app, chosen);
  tutti::add_data(app, chosen);
  tutti::add_bench(app, chosen);
  tutti::add_train(app, chosen);
  tutti::add_media_worker(app, chosen);
  tutti::add_complete(app, chosen);
  tutti::add_manual(app, chosen);
  add_version(app, chosen);
  std::vector<char*> words = help_last(argc, argv);
  return tutti::run_verb(app, chosen, int(words.size()), words.data());
}

}  // namespace

int main(int argc, char** argv) {
  return tutti::run_process([&] { return run(argc, argv); });
}
