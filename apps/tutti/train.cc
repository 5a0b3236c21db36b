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
  CLI::App* verb = app.add_subcommand(
      "train",
      "Train a model: tutti train RECIPE.toml [OPTIONS]. The program tutti-train does it.");
  verb->prefix_command();
  verb->set_help_flag();  // the trainer's help is wanted, where there is one
  auto help = std::make_shared<bool>(false);
  verb->add_flag("-h,--help", *help, "the trainer's options");
  verb->callback([verb, help, &chosen] {
    std::vector<std::string> arguments = verb->remaining();
    if (!arguments.empty() && arguments.front() == "--") arguments.erase(arguments.begin());
    if (*help) arguments = {"--help"};
    if (arguments.empty()) throw CLI::RequiredError("RECIPE.toml");
    if (*help && !find_trainer()) {
      verb->footer("tutti-train was not found. Build it in the source folder: make trainer");
      throw CLI::CallForHelp();
    }
    chosen = [arguments] { return train(arguments); };
  });
}

}  // namespace tutti
