// A table of n-grams from a stranger's model file: it is refused, or any text has a probability
// that is no more than 1 behind any other.
#include <cstdlib>

#include "format/text/ngram.h"
#include "format/text/ngram_maker.h"
#include "fuzz_target.h"

std::vector<std::string> fuzz_seeds() {
  const std::vector<std::string> texts = {"go left", "go right", "gr\xc3\xbc\xc3\x9f dich"};
  std::vector<std::string> seeds;
  for (const int order : {1, 2, 6}) {
    auto table = tutti::make_ngram_table(texts, {.order = order});
    if (!table) std::abort();
    seeds.push_back(std::move(*table));
  }
  return seeds;
}

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const auto table = tutti::NgramTable::open(std::as_bytes(std::span(data, size)));
  if (!table) {
    if (table.error().message().empty()) std::abort();
    return 0;
  }
  tutti::NgramTable::State state = table->start();
  for (const char byte : std::string_view("go right, gr\xc3\xbc\xff\0 x\n left", 22)) {
    if (!(table->log_probability(state, uint8_t(byte)) <= 0)) std::abort();
    state = table->next(state, uint8_t(byte));
  }
  return 0;
}
