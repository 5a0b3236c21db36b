#include "machine.h"

#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <thread>

#include "models.h"

namespace tutti {

namespace fs = std::filesystem;

namespace {

bool runnable(const fs::path& file) {
  std::error_code problem;
  return fs::is_regular_file(file, problem) && access(file.c_str(), X_OK) == 0;
}

// The value of "key : value" in a file of the kernel's, from its first line with that key.
std::string kernel_value(const char* file, const std::string& key) {
  std::ifstream in(file);
  for (std::string line; std::getline(in, line);) {
    if (line.compare(0, key.size(), key) != 0) continue;
    const size_t colon = line.find(':');
    const size_t begin =
        colon == std::string::npos ? colon : line.find_first_not_of(" \t", colon + 1);
    return begin == std::string::npos ? "" : line.substr(begin);
  }
  return "";
}

}  // namespace

Machine describe_machine() {
  Machine machine;
  machine.cpu = kernel_value("/proc/cpuinfo", "model name");
  if (machine.cpu.empty()) machine.cpu = kernel_value("/proc/cpuinfo", "CPU implementer");
  // x86 says "flags", Arm "Features".
  std::istringstream flags(kernel_value("/proc/cpuinfo", "flags") + " " +
                           kernel_value("/proc/cpuinfo", "Features"));
  const std::vector<std::string> wanted = {"avx2",        "fma",         "f16c",     "avx512f",
                                           "avx512_vnni", "avx512_bf16", "avx_vnni", "amx_tile",
                                           "amx_int8",    "amx_bf16",    "asimd",    "asimddp",
                                           "i8mm",        "bf16",        "sve"};
  for (std::string flag; flags >> flag;)
    for (const std::string& one : wanted)
      if (flag == one) machine.features.push_back(flag);
  machine.cores = int(std::thread::hardware_concurrency());
  machine.memory_gb = std::atof(kernel_value("/proc/meminfo", "MemTotal").c_str()) / 1e6;
  machine.free_gb = std::atof(kernel_value("/proc/meminfo", "MemAvailable").c_str()) / 1e6;
  return machine;
}

std::optional<std::string> find_program(const std::string& name) {
  const char* path = std::getenv("PATH");
  std::istringstream folders(path ? path : "");
  for (std::string folder; std::getline(folders, folder, ':');)
    if (!folder.empty() && runnable(fs::path(folder) / name))
      return (fs::path(folder) / name).string();
  return std::nullopt;
}

std::optional<std::string> find_trainer() {
  if (const char* named = std::getenv("TUTTI_TRAIN"); named && *named)
    return runnable(named) ? std::optional<std::string>(named) : std::nullopt;
  const fs::path folder = program_folder();
  for (const fs::path& place :
       {folder / "tutti-train", folder.parent_path() / "tutti-train" / "tutti-train"})
    if (runnable(place)) return place.string();
  return find_program("tutti-train");
}

std::optional<std::string> find_tools() {
  const fs::path beside = fs::path(program_folder()) / "tutti-tools";
  return runnable(beside) ? std::optional(beside.string()) : find_program("tutti-tools");
}

}  // namespace tutti
