// Runs a fuzz target without libFuzzer, so that every build tests it:
//
//   X_fuzz_test                    seeds, then fuzz_mutations() of them, the same each time
//   X_fuzz_test --write-seeds DIR  writes the seeds as a corpus for libFuzzer
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <random>

#include "fuzz_target.h"

__attribute__((weak)) int fuzz_mutations() {
  return 20'000;
}

namespace {

// What parsers of sizes get wrong: edges of the integer types, digits, structure.
void mutate(std::string& input, std::mt19937_64& random) {
  const size_t at = input.empty() ? 0 : random() % input.size();
  switch (random() % 7) {
    case 0:
      if (!input.empty()) input[at] = char(input[at] ^ (1 << random() % 8));
      break;
    case 1:
      if (!input.empty()) input[at] = char(random());
      break;
    case 2:
      input.resize(at);
      break;
    case 3:
      input.insert(at, input.substr(at, random() % 64));
      break;
    case 4:
      input.erase(at, random() % 16);
      break;
    case 5:
      if (!input.empty()) input[at] = "0123456789[]{}\",:-.eE/"[random() % 22];
      break;
    case 6: {
      const uint64_t edges[] = {0,         1,          127,       255,       65535,
                                INT32_MAX, UINT32_MAX, INT64_MAX, UINT64_MAX};
      const uint64_t edge = edges[random() % 9];
      for (size_t i = 0; i < 8 && at + i < input.size(); ++i) input[at + i] = char(edge >> (8 * i));
    }
  }
}

void run(const std::string& input) {
  LLVMFuzzerTestOneInput(reinterpret_cast<const uint8_t*>(input.data()), input.size());
}

int write_seeds(const std::filesystem::path& folder) {
  std::filesystem::create_directories(folder);
  int number = 0;
  for (const std::string& seed : fuzz_seeds()) {
    std::ofstream out(folder / ("seed-" + std::to_string(number++)), std::ios::binary);
    out.write(seed.data(), std::streamsize(seed.size()));
    if (!out.flush()) return 1;
  }
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc == 3 && std::string(argv[1]) == "--write-seeds") return write_seeds(argv[2]);
  const std::vector<std::string> seeds = fuzz_seeds();
  for (const std::string& seed : seeds) run(seed);
  std::mt19937_64 random(20'000);
  const int mutations = fuzz_mutations();
  for (int i = 0; i < mutations; ++i) {
    std::string input = seeds[random() % seeds.size()];
    for (uint64_t k = 0, count = 1 + random() % 6; k < count; ++k) mutate(input, random);
    run(input);
  }
  std::printf("%zu seeds and %d mutations ran\n", seeds.size(), mutations);
  return 0;
}
