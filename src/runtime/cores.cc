#include "runtime/cores.h"

#include <algorithm>
#include <cmath>
#include <fstream>
#include <set>

#if defined(__linux__)
#include <sched.h>
#endif

namespace tutti {
namespace {

constexpr double kFast = 0.8;  // of the fastest core's capacity

// The first number in a file of /sys; `missing` where there is none.
double read_number(const std::string& path, double missing) {
  double value;
  return std::ifstream(path) >> value ? value : missing;
}

// Relative speed: what the system says of the core, or its highest clock, or the same for all.
double capacity(const std::string& cpu) {
  const double told = read_number(cpu + "/cpu_capacity", 0);
  return told > 0 ? told : read_number(cpu + "/cpufreq/cpuinfo_max_freq", 1);
}

// What names the physical core: the list of its hardware threads.
std::string core_of(const std::string& cpu, int number) {
  std::string siblings;
  std::getline(std::ifstream(cpu + "/topology/thread_siblings_list") >> std::ws, siblings);
  return siblings.empty() ? std::to_string(number) : siblings;
}

// Whole processors' worth of time that the control group may use; a large number without a limit.
int quota(const std::string& root) {
  std::ifstream file(root + "/sys/fs/cgroup/cpu.max");
  double allowed, period;
  if (!(file >> allowed >> period) || period <= 0) return 1 << 20;  // "max 100000"
  return std::max(1, int(std::ceil(allowed / period)));
}

}  // namespace

int default_threads(const std::vector<int>& cpus, const std::string& root) {
  double fastest = 0;
  const auto path = [&](int cpu) {
    return root + "/sys/devices/system/cpu/cpu" + std::to_string(cpu);
  };
  for (int cpu : cpus) fastest = std::max(fastest, capacity(path(cpu)));
  std::set<std::string> cores;
  for (int cpu : cpus)
    if (capacity(path(cpu)) >= kFast * fastest) cores.insert(core_of(path(cpu), cpu));
  return std::clamp(int(cores.size()), 1, quota(root));
}

int default_threads() {
  std::vector<int> cpus;
#if defined(__linux__)
  cpu_set_t set;
  if (sched_getaffinity(0, sizeof set, &set) == 0)
    for (int cpu = 0; cpu < CPU_SETSIZE; ++cpu)
      if (CPU_ISSET(cpu, &set)) cpus.push_back(cpu);
#endif
  return default_threads(cpus, "");
}

}  // namespace tutti
