// Builds the shards from the command line: tutti_build_shards DATA OUT [open|all] [hours].
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "data/build/build_shards.h"

int main(int argc, char** argv) {
  if (argc < 3) {
    std::fprintf(stderr, "usage: %s DATA OUT [open|all] [hours of synthetic speech]\n", argv[0]);
    return 2;
  }
  tutti::BuildOptions options;
  if (argc > 3 && std::strcmp(argv[3], "open") == 0) options.licences = tutti::Licences::open;
  if (argc > 4) options.synthetic_hours = std::atof(argv[4]);
  options.progress = [](const std::string& source, double done) {
    std::fprintf(stderr, "%3.0f %% %s\n", done * 100, source.c_str());
  };
  const auto made = tutti::build_shards(argv[1], argv[2], options);
  if (!made) {
    std::fprintf(stderr, "%s\n", made.error().message().c_str());
    return int(made.error().code());
  }
  for (const auto& source : made->sources) {
    std::printf("%-5s %-18s %-8s %7zu records %7zu left out %7.0f s %9.3f MB\n",
                source.split.c_str(), source.name.c_str(), source.kind.c_str(), source.records,
                source.left_out, source.seconds, double(source.bytes) / 1e6);
  }
  std::printf("train %.2f MB, eval %.2f MB\n", made->train_bytes / 1e6, made->eval_bytes / 1e6);
  return 0;
}
