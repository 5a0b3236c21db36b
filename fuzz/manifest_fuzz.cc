// Any text is either refused or gives a manifest that is written and read back as the same.
#include <cstdlib>

#include "format/package/manifest.h"
#include "fuzz_target.h"

namespace {

// Many times: what takes the square of their number is as slow here as others are in sum.
std::string repeated(const std::string& piece) {
  std::string all = piece;
  for (int i = 1; i < 500; ++i) all += ',' + piece;
  return all;
}

}  // namespace

std::vector<std::string> fuzz_seeds() {
  const std::string hash(64, 'a');
  const std::string head =
      R"({"format":2,"min_reader":2,"requires":["shards"],"spec":{"width":4,"x":[1.5,null]},)"
      R"("tokenizer":{"kind":"sentencepiece","tensor":"t"},"tensors":{"t":")" +
      hash + R"("})";
  return {
      head + "}",
      head + R"(,"shards":[{"file":"a","bytes":7,"sha256":")" + hash + R"("}],"later":{"y":{}}})",
      head + R"(,"adapters":[{"name":"a","target":"t","down":"d","up":"u","scale":0.5}]})",
      head + R"(,"prior":{"weight":0.5,"bonus":1,"ngrams":[{"name":"en","tensor":"t"}]}})",
      head + R"(,"signature":{"algorithm":"ed25519","key_id":"k","value":"v"}})",
      head + R"(,"later":[)" + repeated("{}") + R"(],"deep":)" + std::string(60, '[') +
          std::string(60, ']') + "}",
      head + R"(,"later":{"x":[)" + repeated(R"({"a":[[],{}]})") + "]}}",
      R"({"format":3,"min_reader":3})"};
}

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto manifest = tutti::parse_manifest(text);
  if (!manifest) {
    if (manifest.error().message().empty()) std::abort();
    return 0;
  }
  for (const tutti::Manifest::Shard& shard : manifest->shards)
    if (shard.file.find_first_of("/\\") != shard.file.npos || shard.file == "..") std::abort();
  const std::string written = tutti::manifest_json(*manifest);
  const auto again = tutti::parse_manifest(written);
  if (!again || tutti::manifest_json(*again) != written) std::abort();
  return 0;
}
