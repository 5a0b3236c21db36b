// tutti-tools: the verbs that measure and make models. `tutti eval` and the others run it
// (tools.cc), so it calls itself tutti.
#include <csignal>
#include <cstdio>

#include "verbs.h"

int main(int argc, char** argv) {
  std::signal(SIGPIPE, SIG_DFL);
  CLI::App app("The verbs of tutti that measure and make models.", "tutti");
  app.require_subcommand(1);
  tutti::Verb chosen;
  tutti::add_eval(app, chosen);
  tutti::add_quantize(app, chosen);
  tutti::add_data(app, chosen);
  tutti::add_bench(app, chosen);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : int(tutti::ErrorCode::usage);
  }
  const tutti::Status status = chosen();
  if (status) return 0;
  std::fprintf(stderr, "tutti: %s\n", status.error().message().c_str());
  return int(status.error().code());
}
