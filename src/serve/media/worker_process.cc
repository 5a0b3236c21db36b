#include "serve/media/worker_process.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cmath>
#include <cstdlib>
#include <cstring>
#include <ctime>

namespace tutti {
namespace {

constexpr auto start_time = std::chrono::seconds(20);  // 74 ms measured on two busy cores

#if defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define TUTTI_SHADOW_MEMORY
#endif
#elif defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define TUTTI_SHADOW_MEMORY
#endif
#ifdef TUTTI_SHADOW_MEMORY
constexpr bool memory_can_be_limited = false;  // its shadow takes terabytes of address space
#else
constexpr bool memory_can_be_limited = true;
#endif

// Descriptors of a spawn that go with the scope.
struct SpawnPlan {
  posix_spawn_file_actions_t files;
  posix_spawnattr_t attributes;

  SpawnPlan(int socket) {
    posix_spawn_file_actions_init(&files);
    posix_spawn_file_actions_adddup2(&files, socket, 0);
    for (const int output : {1, 2})
      posix_spawn_file_actions_addopen(&files, output, "/dev/null", O_WRONLY, 0);
    posix_spawn_file_actions_addclosefrom_np(&files, 3);
    posix_spawnattr_init(&attributes);
    // A group of its own: Ctrl-C in the server's terminal must not end workers before their work.
    posix_spawnattr_setflags(
        &attributes, POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
    sigset_t signals;
    sigemptyset(&signals);
    posix_spawnattr_setsigmask(&attributes, &signals);
    sigfillset(&signals);
    posix_spawnattr_setsigdefault(&attributes, &signals);
  }
  ~SpawnPlan() {
    posix_spawn_file_actions_destroy(&files);
    posix_spawnattr_destroy(&attributes);
  }
};

// Nothing of our environment, which may hold keys, but what the program's loader needs.
Result<pid_t> spawn(const IsolationOptions& options, int socket) {
  std::string program = options.program, argument = options.argument;
  const char* path = std::getenv("LD_LIBRARY_PATH");
  std::string libraries = std::string("LD_LIBRARY_PATH=") + (path ? path : "");
  char* const arguments[] = {program.data(), argument.data(), nullptr};
  char* const environment[] = {path ? libraries.data() : nullptr, nullptr};
  const SpawnPlan plan(socket);
  pid_t id = 0;
  const int code =
      posix_spawn(&id, program.c_str(), &plan.files, &plan.attributes, arguments, environment);
  if (code != 0)
    return failed("a media worker cannot be started from " + program + " (" + std::strerror(code) +
                  "); raise the limits on processes or memory");
  return id;
}

// Both limits, or what the server itself was given where that is less.
bool limit(pid_t id, __rlimit_resource resource, rlim_t most) {
  rlimit now = {};
  if (prlimit(id, resource, nullptr, &now) != 0) return false;
  const rlim_t least = std::min(most, now.rlim_max);
  const rlimit both = {least, least};
  return prlimit(id, resource, &both, nullptr) == 0;
}

// The model's threads come first wherever there are too few cores. By 10 a mixed load of eight
// clients got 5 % less done than by 0 (two cores of a Zen 4); by 5 it gets as much.
void yield_to_server(pid_t id) {
  constexpr int kLess = 5, kLeast = 19;
  const int now = getpriority(PRIO_PROCESS, 0);
  setpriority(PRIO_PROCESS, id_t(id), std::min(now + kLess, kLeast));  // always allowed
}

}  // namespace

Result<std::unique_ptr<WorkerProcess>> WorkerProcess::start(const IsolationOptions& options) {
  int ends[2];
  if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0)
    return failed(std::string("no socket for a media worker (") + std::strerror(errno) +
                  "); raise the limit on open files");
  const Result<pid_t> id = spawn(options, ends[1]);
  close(ends[1]);
  if (!id) {
    close(ends[0]);
    return id.error();
  }
  std::unique_ptr<WorkerProcess> worker(new WorkerProcess(*id, ends[0], options.processor_seconds));
  yield_to_server(*id);
  TUTTI_CHECK(worker->greet(options));
  return worker;
}

WorkerProcess::~WorkerProcess() {
  close(socket_);
  kill(id_, SIGKILL);
  while (waitpid(id_, nullptr, 0) < 0 && errno == EINTR) {
  }
}

// Limits are set from here, where what runs in the worker cannot change them.
Status WorkerProcess::greet(const IsolationOptions& options) {
  wire::Hello hello;
  const auto deadline = std::chrono::steady_clock::now() + start_time;
  if (wire::receive(socket_, &hello, sizeof hello, deadline) != wire::Transfer::done ||
      hello.magic != wire::Hello::expected_magic || hello.size > wire::longest_message)
    return failed("a media worker did not start; check that " + options.program + " " +
                  options.argument + " can run");
  std::string message(hello.size, '\0');
  if (wire::receive(socket_, message.data(), message.size(), deadline) != wire::Transfer::done)
    return failed("a media worker died while starting");
  if (!message.empty()) return failed(message);
  const bool limited = (!memory_can_be_limited || limit(id_, RLIMIT_AS, options.memory_bytes)) &&
                       limit(id_, RLIMIT_FSIZE, 0) && limit(id_, RLIMIT_CORE, 0) &&
                       limit(id_, RLIMIT_NOFILE, 3) && limit(id_, RLIMIT_CPU, rlim_t(lifetime()));
  if (!limited)
    return failed(
        std::string("a media worker cannot be limited (") + std::strerror(errno) +
        "); start the server where prlimit() may be used: as the user who owns its files, "
        "in a container with the default seccomp profile");
  return {};
}

void WorkerProcess::interrupt() const {
  shutdown(socket_, SHUT_RDWR);
  kill(id_, SIGKILL);
}

bool WorkerProcess::used_up() const {
  return processor_time() + 2 * std::ceil(processor_seconds_) > lifetime();
}

double WorkerProcess::processor_time() const {
  clockid_t clock;
  timespec used = {};
  if (clock_getcpuclockid(id_, &clock) == 0) clock_gettime(clock, &used);
  return double(used.tv_sec) + double(used.tv_nsec) * 1e-9;
}

bool WorkerProcess::alive() const {
  pollfd state = {socket_, POLLIN, 0};
  return poll(&state, 1, 0) == 0;  // it has nothing to say: what can be read is its end
}

// A worker that was taken over may go on until it has used this up, should the server die.
void WorkerProcess::allow_processor_time() const {
  rlimit both = {};
  if (prlimit(id_, RLIMIT_CPU, nullptr, &both) != 0) return;
  both.rlim_cur =
      std::min(rlim_t(processor_time() + std::ceil(processor_seconds_)) + 1, both.rlim_max);
  prlimit(id_, RLIMIT_CPU, &both, nullptr);
}

wire::Transfer WorkerProcess::exchange(const wire::Request& request,
                                       std::span<const uint8_t> upload, wire::Deadline deadline,
                                       Result<Answer>& answer) const {
  using wire::Transfer;
  Answer got;
  Transfer state = wire::send(socket_, &request, sizeof request, deadline);
  if (state == Transfer::done) state = wire::send(socket_, upload.data(), upload.size(), deadline);
  if (state == Transfer::done)
    state = wire::receive(socket_, &got.reply, sizeof got.reply, deadline);
  if (state != Transfer::done) return state;
  if (const Status checked = wire::check(got.reply, request); !checked) {
    answer = checked.error();
    return state;
  }
  got.bytes.resize(size_t(got.reply.size));
  state = wire::receive(socket_, got.bytes.data(), got.bytes.size(), deadline);
  answer = std::move(got);
  return state;
}

Result<WorkerProcess::Answer> WorkerProcess::ask(const wire::Request& request,
                                                 std::span<const uint8_t> upload,
                                                 wire::Deadline deadline, Failure& failure) {
  ++uploads_;
  allow_processor_time();
  Result<Answer> answer = Answer();
  const wire::Transfer state = exchange(request, upload, deadline, answer);
  failure = Failure::none;
  if (state == wire::Transfer::late) {
    failure = Failure::timeout;
    return bad_input(std::string(kUploadName) +
                     ": decoding it takes too long; send a shorter or smaller one");
  }
  if (state == wire::Transfer::closed) {
    failure = Failure::crash;
    return bad_input(
        std::string(kUploadName) +
        ": its decoder crashed or used up its time, so it is damaged or hostile; export "
        "it again, or convert it to PNG, WAV, MP4 or PLY");
  }
  if (!answer) failure = Failure::crash;
  return answer;
}

}  // namespace tutti
