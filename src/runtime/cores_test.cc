#include "runtime/cores.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

namespace tutti {
namespace {

// A made-up /sys under a folder of its own.
class Cores : public testing::Test {
 protected:
  Cores() : root(testing::TempDir() + "cores_test_" + std::to_string(getpid())) {}
  ~Cores() override { std::filesystem::remove_all(root); }

  void write(const std::string& path, const std::string& content) const {
    const std::filesystem::path file = root + "/sys/" + path;
    std::filesystem::create_directories(file.parent_path());
    std::ofstream(file) << content << "\n";
  }
  void cpu(int number, const std::string& file, const std::string& content) const {
    write("devices/system/cpu/cpu" + std::to_string(number) + "/" + file, content);
  }

  std::string root;
};

TEST_F(Cores, WithoutAnyWordOfTheSystemEveryProcessorCounts) {
  EXPECT_EQ(default_threads({0, 1, 2}, root), 3);
  EXPECT_EQ(default_threads({}, root), 1);
}

TEST_F(Cores, LittleCoresAreLeftOut) {
  for (int i = 0; i < 6; ++i) cpu(i, "cpu_capacity", i < 2 ? "1024" : i < 4 ? "900" : "380");
  EXPECT_EQ(default_threads({0, 1, 2, 3, 4, 5}, root), 4);
  EXPECT_EQ(default_threads({4, 5}, root), 2);  // these are the fastest that it may use
}

TEST_F(Cores, HybridProcessorsByTheirClocksAndHardwareThreadsOnce) {
  for (int i = 0; i < 4; ++i) {
    cpu(i, "cpufreq/cpuinfo_max_freq", "5100000");
    cpu(i, "topology/thread_siblings_list", i < 2 ? "0-1" : "2-3");
  }
  for (int i = 4; i < 8; ++i) cpu(i, "cpufreq/cpuinfo_max_freq", "3800000");
  EXPECT_EQ(default_threads({0, 1, 2, 3, 4, 5, 6, 7}, root), 2);
  EXPECT_EQ(default_threads({1}, root), 1);
}

TEST_F(Cores, AControlGroupsShareIsTheMost) {
  write("fs/cgroup/cpu.max", "150000 100000");
  EXPECT_EQ(default_threads({0, 1, 2, 3}, root), 2);
  write("fs/cgroup/cpu.max", "max 100000");
  EXPECT_EQ(default_threads({0, 1, 2, 3}, root), 4);
  write("fs/cgroup/cpu.max", "5000 100000");
  EXPECT_EQ(default_threads({0, 1, 2, 3}, root), 1);
}

TEST(CoresOfThisMachine, AreAtLeastOne) {
  EXPECT_GE(default_threads(), 1);
}

}  // namespace
}  // namespace tutti
