#include "process_exit.h"

#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <exception>
#include <iostream>
#include <new>
#include <sstream>
#include <string>
#include <system_error>

#include "base/printable.h"
#include "command_line.h"
#include "cut_files.h"
#include "help.h"
#include "usage.h"

namespace tutti {
namespace {

constexpr char kNoMemory[] =
    "tutti: not enough memory; close something, raise the limit (ulimit -v), or ask for less\n";

// The first failure of writing to standard output; stdio forgets it.
int first_write_error = 0;

// What reads standard output has closed its end.
bool reader_is_gone() {
  pollfd output = {STDOUT_FILENO, POLLOUT, 0};
  return ::poll(&output, 1, 0) == 1 && (output.revents & POLLERR);
}

// Of a thread, where nobody can catch. Anything else is a defect, and aborting leaves a core.
[[noreturn]] void end_thread_of_process() {
  try {
    if (std::current_exception()) throw;
  } catch (const std::bad_alloc&) {
    (void)!::write(STDERR_FILENO, kNoMemory, sizeof kNoMemory - 1);
    ::_exit(1);
  } catch (...) {
  }
  std::abort();
}

// Reading from where one writes fails with EBADF, as a closed stream does.
void hold_closed_streams() {
  for (const int stream : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO})
    if (::fcntl(stream, F_GETFD) < 0 && errno == EBADF)
      (void)!::open("/dev/null", stream == STDIN_FILENO ? O_WRONLY : O_RDONLY);
}

void set_up_process() {
  // Both then make writing fail, which has a message and an exit code.
  std::signal(SIGPIPE, SIG_IGN);
  std::signal(SIGXFSZ, SIG_IGN);
  hold_closed_streams();
  std::set_terminate(end_thread_of_process);
  end_where_files_are_cut("tutti");
}

// `answered`: the code where there was no verb to run.
int finish(int answered, const Status& status) {
  const Status flushed = flush_output();
  if (!status) std::fprintf(stderr, "tutti: %s\n", printable(status.error().message()).c_str());
  // A reader that went away has seen what it wanted; it needs no message.
  else if (!flushed && first_write_error != EPIPE)
    std::fprintf(stderr, "tutti: %s\n", flushed.error().message().c_str());
  if (status) return flushed || answered ? answered : int(ErrorCode::failed);
  return int(basic_code(status.error().code()));
}

int report_exception() {
  try {
    throw;
  } catch (const std::bad_alloc&) {
    std::fputs(kNoMemory, stderr);
  } catch (const std::system_error& error) {  // a thread that could not be started, say
    std::fprintf(stderr, "tutti: the system refused: %s; raise its limits or close something\n",
                 error.what());
  } catch (const std::exception& error) {
    std::fprintf(stderr, "tutti: %s; this is a defect, please report it\n", error.what());
  } catch (...) {
    std::fputs("tutti: something unknown was thrown; this is a defect, please report it\n", stderr);
  }
  return int(ErrorCode::failed);
}

}  // namespace

int run_process(const std::function<int()>& run) {
  set_up_process();
  try {
    return run();
  } catch (...) {
    return report_exception();
  }
}

int run_verb(CLI::App& app, const Verb& chosen, int argc, char** argv) {
  app.failure_message(usage_message);
  refuse_values_of_flags(app);
  write_help_in_words(app);
  try {
    parse_command_line(app, argc, argv);
  } catch (const CLI::ParseError& error) {  // help is one, too
    std::ostringstream help;
    const int code = app.exit(error, help, std::cerr) == 0 ? 0 : int(ErrorCode::usage);
    print_bytes(help.str().data(), help.str().size());
    return finish(code, {});
  }
  return finish(0, chosen());
}

void print_bytes(const void* bytes, size_t size) {
  errno = 0;
  if (std::fwrite(bytes, 1, size, stdout) != size && first_write_error == 0)
    first_write_error = reader_is_gone() ? EPIPE : errno;
}

void print_text(const std::string& text) {
  static const bool terminal = ::isatty(STDOUT_FILENO);
  const std::string shown = terminal ? printable(text) : text;
  print_bytes(shown.data(), shown.size());
}

void print_line(const std::string& text) {
  print_text(text + "\n");
}

Status flush_output() {
  errno = 0;
  const bool failed_now = std::fflush(stdout) != 0 || std::ferror(stdout);
  if (!failed_now && first_write_error == 0) return {};
  if (first_write_error == 0) first_write_error = reader_is_gone() ? EPIPE : errno;
  const std::string why =
      first_write_error ? " (" + std::string(std::strerror(first_write_error)) + ")" : "";
  return failed("standard output could not be written" + why + "; what arrived there is not whole");
}

}  // namespace tutti
