// tutti bench trunk: reading a prompt and continuing a text, by a plain decoder-only transformer.
// The two are timed apart, each from an empty context, as llama-bench does.
#include <algorithm>
#include <cstdio>

#include "../outputs.h"
#include "../process_exit.h"
#include "../values.h"
#include "base/rng.h"
#include "bench.h"
#include "bench/transformer.h"
#include "runtime/kernels/isa.h"

namespace tutti::bench {
namespace {

struct TrunkOptions {
  CommonOptions common;
  std::string shape = "125m";
  int prefill = 512, decode = 128;
};

constexpr int kRuns = 5;

struct TrunkTimes {
  Timing prefill, decode;
  double read;  // bytes a second, measured between the runs of decode
};

Result<TrunkTimes> measure(TransformerSession& session, ThreadPool& threads,
                           const TransformerShape& shape, const TrunkOptions& options) {
  Rng rng(1);
  std::vector<int32_t> tokens(std::max(options.prefill, options.decode));
  for (int32_t& token : tokens) token = rng.below(shape.vocabulary);
  TrunkTimes times;
  times.prefill = time_runs([&] {
    session.clear();
    session.prefill(std::span(tokens).first(options.prefill));
  });
  const auto decode = [&] {
    session.clear();
    for (int i = 0; i < options.decode; ++i) session.decode(tokens[i]);
  };
  decode();
  std::vector<double> rates;
  for (int run = 0; run < kRuns; ++run) {
    TUTTI_ASSIGN(const double rate, measure_read(threads));
    rates.push_back(rate);
    const double start = now();
    decode();
    times.decode.seconds.push_back(now() - start);
  }
  std::sort(rates.begin(), rates.end());
  std::sort(times.decode.seconds.begin(), times.decode.seconds.end());
  times.read = rates[kRuns / 2];
  return times;
}

// Multiplies and adds of a prompt: every layer for every token, the head for the last.
double operations(const TransformerShape& shape, int tokens) {
  return 2 * (shape.layers * (tokens * shape.layer_products() + shape.attention_products(tokens)) +
              double(shape.vocabulary) * shape.width);
}

// Of a token, in the mean: every weight, and half of the keys and values.
double bytes_read(const Transformer& model, int tokens) {
  const TransformerShape& shape = model.shape();
  const double kept = model.precision() == Precision::f32 ? 4 : 2;
  return double(model.weight_bytes()) +
         shape.layers * 2 * kHeadColumns * shape.kv_heads * kept * tokens / 2;
}

Json to_json(const TrunkOptions& options, const Transformer& model, const TrunkTimes& times,
             int threads, const Ceilings& ceilings) {
  const TransformerShape& shape = model.shape();
  Json json = {{"bench", "trunk"},
               {"shape", shape.name},
               {"architecture",
                {{"width", shape.width},
                 {"layers", shape.layers},
                 {"heads", shape.heads},
                 {"kv_heads", shape.kv_heads},
                 {"ffn", shape.ffn},
                 {"vocabulary", shape.vocabulary},
                 {"blocks", "pre-norm RMS norm, RoPE, SwiGLU, no biases"},
                 {"embeddings", "tied"},
                 {"kv_cache", model.precision() == Precision::f32 ? "f32" : "bf16"}}},
               {"parameters", model.parameters()},
               {"weight_bytes", model.weight_bytes()}};
  json.update(to_json(options.common, threads, ceilings));
  const double gops = operations(shape, options.prefill) / times.prefill.median() / 1e9;
  Json prefill = times.prefill.to_json();
  prefill["tokens"] = options.prefill;
  prefill["tokens_per_second"] = options.prefill / times.prefill.median();
  prefill["gops"] = gops;
  prefill["of_ceiling"] = gops / json["ceiling"]["gops"].get<double>();
  json["prefill"] = prefill;
  const double rate =
      bytes_read(model, options.decode) * options.decode / times.decode.median() / 1e9;
  Json decode = times.decode.to_json();
  decode["tokens"] = options.decode;
  decode["tokens_per_second"] = options.decode / times.decode.median();
  decode["gb_per_second"] = rate;
  decode["of_ceiling"] = rate / json["ceiling"]["gb_per_second"].get<double>();
  json["decode"] = decode;
  return json;
}

void print(const Json& json, const std::string& machine) {
  std::printf("%s: %.1f M parameters, %s embeddings; %s\n",
              json["shape"].get<std::string>().c_str(), json["parameters"].get<double>() / 1e6,
              json["architecture"]["embeddings"].get<std::string>().c_str(), machine.c_str());
  const Json &prefill = json["prefill"], &decode = json["decode"];
  std::printf("prefill %5d tokens  %9.1f tokens/s  %7.1f GOP/s  %3.0f %% of the ceiling\n",
              prefill["tokens"].get<int>(), prefill["tokens_per_second"].get<double>(),
              prefill["gops"].get<double>(), 100 * prefill["of_ceiling"].get<double>());
  std::printf("decode  %5d tokens  %9.1f tokens/s  %7.1f GB/s   %3.0f %% of the ceiling\n",
              decode["tokens"].get<int>(), decode["tokens_per_second"].get<double>(),
              decode["gb_per_second"].get<double>(), 100 * decode["of_ceiling"].get<double>());
}

Status run_trunk(const TrunkOptions& options) {
  TUTTI_CHECK(select_isa());
  TUTTI_ASSIGN(const TransformerShape shape, find_shape(options.shape, true));
  ThreadPool threads(options.common.threads);
  TUTTI_ASSIGN(Ceilings ceilings, measure_ceilings(threads));
  TUTTI_ASSIGN(const Transformer model, Transformer::random(shape, options.common.precision()));
  TUTTI_ASSIGN(
      TransformerSession session,
      TransformerSession::create(model, threads, std::max(options.prefill, options.decode)));
  TUTTI_ASSIGN(const TrunkTimes times, measure(session, threads, shape, options));
  ceilings.read = times.read;
  const Json json = to_json(options, model, times, threads.size(), ceilings);
  if (options.common.json)
    print_line(json_line(json));
  else
    print(json, describe(options.common, threads.size(), ceilings));
  return {};
}

}  // namespace

void add_trunk(CLI::App& verb, Verb& chosen) {
  CLI::App* trunk = verb.add_subcommand(
      "trunk", "Time reading and continuing text, by a decoder-only transformer.");
  auto options = std::make_shared<TrunkOptions>();
  trunk->add_option("--shape", options->shape, "25m, 125m (default) or 500m")
      ->check(one_of(shape_names(true)))
      ->type_name("SHAPE");
  options->common.add_options(*trunk);
  trunk->add_option("--prefill", options->prefill, "tokens of the prompt (default 512)")
      ->check(whole(1, 8192));
  trunk->add_option("--decode", options->decode, "tokens to continue with (default 128)")
      ->check(whole(1, 8192));
  trunk->callback([options, &chosen] { chosen = [options] { return run_trunk(*options); }; });
}

}  // namespace tutti::bench
