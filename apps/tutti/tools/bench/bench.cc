#include "bench.h"

#include "encoder.h"
#include "hear.h"
#include "model.h"
#include "routing.h"
#include "trunk.h"

namespace tutti {

void add_bench(CLI::App& app, Verb& chosen) {
  CLI::App* verb = app.add_subcommand(
      "bench", "Time this machine: plain transformers of random weights, and the model's tasks.");
  verb->require_subcommand(1);
  bench::add_trunk(*verb, chosen);
  bench::add_encoder(*verb, chosen);
  bench::add_model(*verb, chosen);
  bench::add_routing(*verb, chosen);
  bench::add_hear(*verb, chosen);
}

}  // namespace tutti
