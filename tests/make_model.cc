// Writes a model of random weights and a tokenizer trained on a few lines, for whole-program tests.
//
//   tutti_make_model FILE [tiny|nano [CONTEXT [ADAPTER...]]]
//
// "tiny" answers in a millisecond; "nano" has the shipped model's size. CONTEXT is in tokens; 0: as
// many as that has. ADAPTERs are the names of low-rank adapters, of random values too.
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "format/package/save_model.h"
#include "format/text/tokenizer_trainer.h"
#include "model/model.h"
#include "model/spec/spec_json.h"
#include "runtime/ops/cpu_ops.h"
#include "tests/helpers/random_adapters.h"
#include "tests/helpers/random_weights.h"

namespace {

tutti::Result<std::string> make_tokenizer() {
  // Unigram training wants a few thousand different words: they are made of syllables.
  std::vector<std::string> sentences;
  tutti::Rng rng(7);
  const char* syllables[] = {"ta", "ri", "no", "ke", "lu", "sa", "mo", "pi", "de", "fu"};
  for (int i = 0; i < 600; ++i) {
    std::string line;
    for (int word = 0; word < 8; ++word) {
      if (word) line += ' ';
      for (int n = 1 + rng.below(3); n > 0; --n) line += syllables[rng.below(10)];
    }
    sentences.push_back(line);
  }
  return tutti::train_tokenizer(sentences, 320);
}

tutti::Status make(const std::string& path, bool nano, int context,
                   const std::vector<std::string>& adapters) {
  tutti::ModelSpec config =
      nano ? tutti::ModelSpec() : tutti::with_rows(tutti::tiny_config(), "points", 99, 64);
  if (context > 0) config.context = context;
  std::vector<std::vector<float>> values;
  std::vector<tutti::TensorView> tensors;
  tutti::WeightSource source([&](const std::string& name, int rows, int cols) {
    values.push_back(tutti::weight_values(name, rows, cols));
    tensors.push_back({name,
                       tutti::DType::f32,
                       {rows, cols},
                       reinterpret_cast<const std::byte*>(values.back().data()),
                       values.back().size() * sizeof(float)});
    return tutti::Result<std::vector<float>>(values.back());
  });
  const tutti::Model<tutti::CpuOps> model(tutti::Scope(source, ""), config);
  TUTTI_CHECK(source.status());
  TUTTI_ASSIGN(const std::string tokenizer, make_tokenizer());
  TUTTI_CHECK(tutti::save_model(path, tutti::model_spec_json(config), "Random weights, for tests.",
                                std::as_bytes(std::span(tokenizer)), tensors, tutti::DType::bf16));
  return adapters.empty() ? tutti::Status() : tutti::add_adapters(path, adapters);
}

}  // namespace

int main(int argc, char** argv) {
  const bool nano = argc > 2 && std::strcmp(argv[2], "nano") == 0;
  if (argc < 2 || (argc > 2 && !nano && std::strcmp(argv[2], "tiny") != 0)) {
    std::fprintf(stderr, "usage: %s FILE [tiny|nano [CONTEXT [ADAPTER...]]]\n", argv[0]);
    return 2;
  }
  const tutti::Status status = make(argv[1], nano, argc > 3 ? std::atoi(argv[3]) : 0,
                                    {argv + std::min(argc, 4), argv + argc});
  if (status) return 0;
  std::fprintf(stderr, "%s\n", status.error().message().c_str());
  return int(status.error().code());
}
