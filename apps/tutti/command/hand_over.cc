#include "hand_over.h"

#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstring>

#include "machine.h"

namespace tutti {

Status hand_over(const std::string& program, std::vector<std::string> arguments) {
  arguments.insert(arguments.begin(), program);
  std::vector<char*> pointers;
  for (std::string& argument : arguments) pointers.push_back(argument.data());
  pointers.push_back(nullptr);
  for (const int signal : {SIGPIPE, SIGXFSZ})  // what is ignored stays so in the new program
    std::signal(signal, SIG_DFL);
  execv(program.c_str(), pointers.data());
  return failed("cannot run " + program + ": " + std::strerror(errno));
}

Status hand_to_tools(const std::string& verb, std::vector<std::string> arguments) {
  if (const auto program = find_tools()) return hand_over(*program, std::move(arguments));
  return failed("tutti " + verb +
                " is done by the program tutti-tools, which was not found next to tutti or in "
                "PATH.\nBuild it in the source folder: make tools");
}

}  // namespace tutti
