// tutti-tools: the verbs that measure and make models. `tutti eval` and the others run it
// (tools.cc), so it calls itself tutti.
#include "../command/complete.h"
#include "../command/manual.h"
#include "../command/process_exit.h"
#include "../command/verb.h"
#include "bench/bench.h"
#include "data.h"
#include "eval.h"
#include "quantize.h"

namespace {

int run(int argc, char** argv) {
  CLI::App app("The verbs of tutti that measure and make models.", "tutti");
  app.require_subcommand(1);
  tutti::Verb chosen;
  tutti::add_eval(app, chosen);
  tutti::add_quantize(app, chosen);
  tutti::add_data(app, chosen);
  tutti::add_bench(app, chosen);
  tutti::add_complete(app, chosen);
  tutti::add_manual(app, chosen);
  return tutti::run_verb(app, chosen, argc, argv);
}

}  // namespace

int main(int argc, char** argv) {
  return tutti::run_process([&] { return run(argc, argv); });
}
