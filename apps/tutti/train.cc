// tutti train: hands over to tutti-train, the binary that needs libtorch.
#include "train.h"

#include <cstdlib>

#include "command/hand_over.h"
#include "command/machine.h"

namespace tutti {
namespace {

Error no_trainer() {
  if (const char* named = std::getenv("TUTTI_TRAIN"); named && *named)
    return failed("TUTTI_TRAIN is " + std::string(named) +
                  ", which is not a program; point it at tutti-train or unset it");
  return failed(
      "training needs the program tutti-train, which was not found next to tutti, in PATH or in "
      "TUTTI_TRAIN.\n"
      "Build it in the source folder: make trainer (it installs libtorch).");
}

Status train(const std::vector<std::string>& arguments) {
  const auto program = find_trainer();
  return program ? hand_over(*program, arguments) : no_trainer();
}

}  // namespace

void add_train(CLI::App& app, Verb& chosen) {
  CLI::App* verb = app.add_subcommand("train",
                                      "Train a model: tutti train RECIPE.toml [options]. Runs "
                                      "tutti-train; `tutti train -- --help` shows its options.");
  verb->prefix_command();
  verb->callback([verb, &chosen] {
    std::vector<std::string> arguments = verb->remaining();
    if (!arguments.empty() && arguments.front() == "--") arguments.erase(arguments.begin());
    if (arguments.empty()) throw CLI::RequiredError("RECIPE.toml");
    chosen = [arguments] { return train(arguments); };
  });
}

}  // namespace tutti
