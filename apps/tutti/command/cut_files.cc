#include "cut_files.h"

#include <fcntl.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstdint>
#include <cstring>
#include <string_view>

#include "base/result.h"

// What a signal handler calls may take no lock and no memory: only calls of the system, and static
// memory, which the first thread to arrive has for itself.
namespace tutti {
namespace {

const char* program_name = "tutti";
std::atomic_flag arrived = ATOMIC_FLAG_INIT;
char maps[1 << 14];  // a window of /proc/self/maps; a path has 4,096 bytes at most

void say(std::string_view text) {
  (void)!::write(STDERR_FILENO, text.data(), text.size());
}

bool take_hex(std::string_view& line, uint64_t& value) {
  value = 0;
  size_t digits = 0;
  for (; digits < line.size(); ++digits) {
    const char c = line[digits];
    const int digit = c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
    if (digit < 0) break;
    value = value << 4 | uint64_t(digit);
  }
  line.remove_prefix(digits < line.size() ? digits + 1 : digits);  // with what follows it
  return digits > 0;
}

// "7f01000-7f02000 r--s 00000000 08:01 1234     /models/nano.safetensors": the path, where the
// address is in that range; empty where it is not, or in no file.
std::string_view path_in(std::string_view line, uint64_t address) {
  uint64_t begin = 0, end = 0;
  if (!take_hex(line, begin) || !take_hex(line, end) || address < begin || address >= end)
    return {};
  const size_t slash = line.find('/');
  return slash == line.npos ? std::string_view() : line.substr(slash);
}

std::string_view mapped_at(uint64_t address) {
  const int file = ::open("/proc/self/maps", O_RDONLY | O_CLOEXEC);
  if (file < 0) return {};
  std::string_view path;
  for (size_t held = 0; path.empty();) {
    const ssize_t more = ::read(file, maps + held, sizeof maps - held);
    if (more < 0 && errno == EINTR) continue;
    if (more <= 0) break;
    held += size_t(more);
    std::string_view rest(maps, held);
    for (size_t end; path.empty() && (end = rest.find('\n')) != rest.npos;
         rest.remove_prefix(end + 1))
      path = path_in(rest.substr(0, end), address);
    if (path.empty()) std::memmove(maps, rest.data(), held = rest.size());
  }
  ::close(file);
  return path;
}

void on_bus_error(int signal, siginfo_t* info, void*) {
  while (arrived.test_and_set()) ::pause();  // the first thread ends them all
  std::string_view path;
  if (info->si_code == BUS_ADRERR) path = mapped_at(reinterpret_cast<uint64_t>(info->si_addr));
  if (path.empty()) {  // a defect: the access is made again and ends the process with a core
    std::signal(signal, SIG_DFL);
    if (info->si_code <= 0) ::raise(signal);  // sent by a process: no access is made again
    return;
  }
  say(program_name);
  say(": ");
  say(path);
  say(" became shorter while it was read, or its disk failed; put a whole file in its place with a "
      "rename and start again\n");
  ::_exit(int(ErrorCode::bad_input));
}

}  // namespace

void end_where_files_are_cut(const char* program) {
  program_name = program;
  struct sigaction action = {};
  action.sa_sigaction = on_bus_error;
  action.sa_flags = SA_SIGINFO;
  ::sigaction(SIGBUS, &action, nullptr);
}

}  // namespace tutti
