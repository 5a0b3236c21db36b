// The filter is 60 instructions of classic BPF, so it is written here and needs no library.
#include "serve/media/sandbox.h"

#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstddef>
#include <cstring>
#include <vector>

namespace tutti {
namespace {

#if defined(__x86_64__)
constexpr uint32_t architecture = AUDIT_ARCH_X86_64;
#elif defined(__aarch64__)
constexpr uint32_t architecture = AUDIT_ARCH_AARCH64;
#else
constexpr uint32_t architecture = 0;  // never the kernel's: the worker would be killed at once
#endif

// Allowed whatever the arguments are. sendto and recvfrom work on the one socket that is there.
constexpr int allowed[] = {
    __NR_read,
    __NR_write,
    __NR_sendto,
    __NR_recvfrom,
    __NR_ppoll,
    __NR_close,
    __NR_fstat,
    __NR_lseek,
    __NR_brk,
    __NR_munmap,
    __NR_mremap,
    __NR_madvise,
    __NR_futex,
    __NR_exit,
    __NR_exit_group,
    __NR_rt_sigreturn,
    __NR_rt_sigaction,
    __NR_rt_sigprocmask,
    __NR_sigaltstack,
    __NR_clock_gettime,
    __NR_gettimeofday,
    __NR_clock_nanosleep,
    __NR_nanosleep,
    __NR_getrandom,
    __NR_sched_yield,
    __NR_getpid,
    __NR_gettid,
    __NR_sched_getaffinity,
    __NR_set_robust_list,
#ifdef __NR_rseq
    __NR_rseq,
#endif
#ifdef __NR_poll
    __NR_poll,
#endif
#ifdef __NR_time
    __NR_time,
#endif
};

constexpr uint32_t allow = SECCOMP_RET_ALLOW, refuse = SECCOMP_RET_ERRNO | EPERM;

class Filter {
 public:
  void load(size_t offset) { add(BPF_STMT(BPF_LD | BPF_W | BPF_ABS, uint32_t(offset))); }
  // The low half of an argument, on these little-endian machines; flags fit into it.
  void load_argument(int index) { load(offsetof(seccomp_data, args) + 8 * size_t(index)); }
  void answer(uint32_t action) { add(BPF_STMT(BPF_RET | BPF_K, action)); }
  // The next `count` instructions only where the loaded value equals `value`.
  void only_if(uint32_t value, uint8_t count) {
    add(BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, value, 0, count));
  }
  void unless(uint32_t value, uint8_t count) {
    add(BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, value, count, 0));
  }
  void allow_call(int number) {
    only_if(uint32_t(number), 1);
    answer(allow);
  }
  // Allowed where (argument & mask) == wanted; refused otherwise.
  void allow_call_if(int number, int argument, uint32_t mask, uint32_t wanted) {
    only_if(uint32_t(number), 5);
    load_argument(argument);
    add(BPF_STMT(BPF_ALU | BPF_AND | BPF_K, mask));
    only_if(wanted, 1);
    answer(allow);
    answer(refuse);
  }
  Status install() {
    const sock_fprog program = {static_cast<unsigned short>(code_.size()), code_.data()};
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 ||
        syscall(__NR_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_TSYNC, &program) != 0) {
      return failed(std::string("the kernel cannot lock in a media worker (") +
                    std::strerror(errno) + "); seccomp is needed, which containers may switch off");
    }
    return {};
  }

 private:
  void add(sock_filter instruction) { code_.push_back(instruction); }

  std::vector<sock_filter> code_;
};

}  // namespace

Status enter_sandbox() {
  Filter filter;
  filter.load(offsetof(seccomp_data, arch));
  filter.unless(architecture, 1);
  filter.answer(SECCOMP_RET_KILL_PROCESS);  // 32-bit code, whose calls have other numbers
  filter.load(offsetof(seccomp_data, nr));
  for (const int number : allowed) filter.allow_call(number);
  filter.allow_call_if(__NR_mmap, 2, PROT_EXEC, 0);
  filter.allow_call_if(__NR_mprotect, 2, PROT_EXEC, 0);
  filter.allow_call_if(__NR_clone, 0, CLONE_THREAD, CLONE_THREAD);
  filter.allow_call_if(__NR_prctl, 0, ~0u, PR_SET_NAME);  // FFmpeg names its threads
#ifdef __NR_clone3
  // Its flags are in memory, which a filter cannot see; glibc then uses clone.
  filter.only_if(__NR_clone3, 1);
  filter.answer(SECCOMP_RET_ERRNO | ENOSYS);
#endif
  filter.answer(refuse);
  return filter.install();
}

}  // namespace tutti
