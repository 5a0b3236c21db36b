#include "hand_over.h"

#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace tutti {

Status hand_over(const std::string& program, std::vector<std::string> arguments) {
  arguments.insert(arguments.begin(), program);
  std::vector<char*> pointers;
  for (std::string& argument : arguments) pointers.push_back(argument.data());
  pointers.push_back(nullptr);
  execv(program.c_str(), pointers.data());
  return failed("cannot run " + program + ": " + std::strerror(errno));
}

}  // namespace tutti
