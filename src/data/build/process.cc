#include "data/build/process.h"

#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>

extern char** environ;

namespace tutti {
namespace {

constexpr size_t kMostOutput = size_t(256) << 20;

struct Pipe {
  int read = -1;
  int write = -1;

  ~Pipe() {
    close_end(read);
    close_end(write);
  }
  bool make() { return ::pipe2(&read, O_CLOEXEC) == 0; }
  static void close_end(int& end) {
    if (end >= 0) ::close(end);
    end = -1;
  }
};

// A child that exits early must not kill us with SIGPIPE; the write then fails with EPIPE.
class IgnoreSigpipe {
 public:
  IgnoreSigpipe() {
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGPIPE);
    pthread_sigmask(SIG_BLOCK, &set, &before_);
  }
  ~IgnoreSigpipe() {
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGPIPE);
    const timespec now{};
    sigtimedwait(&set, nullptr, &now);
    pthread_sigmask(SIG_SETMASK, &before_, nullptr);
  }

 private:
  sigset_t before_;
};

bool drain(int& end, std::string& to) {
  std::array<char, 65536> buffer;
  const ssize_t n = ::read(end, buffer.data(), buffer.size());
  if (n > 0) to.append(buffer.data(), size_t(n));
  if (n == 0 || (n < 0 && errno != EINTR && errno != EAGAIN)) Pipe::close_end(end);
  return to.size() <= kMostOutput;
}

// Feeds and reads all three pipes at once, so that neither side waits for the other.
bool exchange(Pipe& in, Pipe& out, Pipe& err, const std::string& input, std::string& output,
              std::string& problem) {
  const IgnoreSigpipe guard;
  ::fcntl(in.write, F_SETFL, O_NONBLOCK);
  size_t sent = 0;
  if (input.empty()) Pipe::close_end(in.write);
  while (out.read >= 0 || err.read >= 0) {
    std::array<pollfd, 3> fds{
        {{out.read, POLLIN, 0}, {err.read, POLLIN, 0}, {in.write, POLLOUT, 0}}};
    if (::poll(fds.data(), fds.size(), -1) < 0 && errno != EINTR) return false;
    if (fds[0].revents && !drain(out.read, output)) return false;
    if (fds[1].revents && !drain(err.read, problem)) return false;
    if (!fds[2].revents) continue;
    const ssize_t n = ::write(in.write, input.data() + sent, input.size() - sent);
    if (n > 0) sent += size_t(n);
    const bool broken = n < 0 && errno != EINTR && errno != EAGAIN;
    if (sent == input.size() || broken) Pipe::close_end(in.write);
  }
  return true;
}

}  // namespace

Result<std::string> run_program(const std::vector<std::string>& arguments,
                                const std::string& input) {
  Pipe in, out, err;
  if (!in.make() || !out.make() || !err.make()) {
    return failed(std::string("no pipe to run ") + arguments[0] + ": " + std::strerror(errno));
  }
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, in.read, 0);
  posix_spawn_file_actions_adddup2(&actions, out.write, 1);
  posix_spawn_file_actions_adddup2(&actions, err.write, 2);
  std::vector<char*> argv;
  for (const std::string& argument : arguments) argv.push_back(const_cast<char*>(argument.c_str()));
  argv.push_back(nullptr);
  pid_t child = 0;
  const int problem = posix_spawnp(&child, argv[0], &actions, nullptr, argv.data(), environ);
  posix_spawn_file_actions_destroy(&actions);
  if (problem != 0) {
    return failed("cannot run '" + arguments[0] + "': " + std::strerror(problem) +
                  "; install it or put it into PATH");
  }
  Pipe::close_end(in.read);
  Pipe::close_end(out.write);
  Pipe::close_end(err.write);
  std::string output, said;
  const bool complete = exchange(in, out, err, input, output, said);
  if (!complete) ::kill(child, SIGKILL);
  int status = 0;
  while (::waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  if (!complete) return failed("'" + arguments[0] + "' wrote more than 256 MiB");
  if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) {
    return failed("'" + arguments[0] + "' failed: " + said.substr(0, 400));
  }
  return output;
}

}  // namespace tutti
