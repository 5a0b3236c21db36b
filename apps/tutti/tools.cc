// The verbs that measure and make models hand over to the program tutti-tools, which lies beside
// tutti. Answering and serving need nothing of theirs, so the first answer need not wait until they
// are built.
#include "tools.h"

#include "command/hand_over.h"

namespace tutti {
namespace {

// Options are tutti-tools' own, --help too.
void add_tool(CLI::App& app, Verb& chosen, const char* name, const char* what) {
  CLI::App* verb = app.add_subcommand(name, what);
  verb->prefix_command();
  verb->set_help_flag();
  verb->callback([verb, name, &chosen] {
    std::vector<std::string> arguments = verb->remaining();
    arguments.insert(arguments.begin(), name);
    chosen = [name, arguments] { return hand_to_tools(name, arguments); };
  });
}

}  // namespace

void add_eval(CLI::App& app, Verb& chosen) {
  add_tool(app, chosen, "eval", "Measure a model on held-out data, or on a folder of your own.");
}

void add_quantize(CLI::App& app, Verb& chosen) {
  add_tool(app, chosen, "quantize",
           "Calibrate a checkpoint and store it in INT8; reports each layer's error.");
}

void add_data(CLI::App& app, Verb& chosen) {
  add_tool(app, chosen, "data", "Work on data sets.");
}

void add_bench(CLI::App& app, Verb& chosen) {
  add_tool(app, chosen, "bench",
           "Time this machine: plain transformers of random weights, and the model's tasks.");
}

}  // namespace tutti
