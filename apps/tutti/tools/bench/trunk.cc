// tutti bench trunk: reading a prompt and continuing a text, by the product's network in the shape
// of a decoder-only language model. The two are timed apart, each from an empty context, as
// llama-bench does.
#include "trunk.h"

#include <algorithm>
#include <cstdio>
#include <memory>

#include "../../command/outputs.h"
#include "../../command/process_exit.h"
#include "../../command/values.h"
#include "base/rng.h"
#include "common.h"
#include "random_model.h"
#include "runtime/kernels/isa.h"
#include "runtime/memory/sequence_caches.h"

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

// One sequence of a model: reads a prompt from the start, or a token more.
class Reader {
 public:
  static Result<Reader> create(const RandomModel& model, ThreadPool& threads, int capacity) {
    ModelSpec spec = model.shape.spec;
    spec.context = capacity;
    const Precision kept = multiplied_in(model.precision);
    TUTTI_ASSIGN(auto caches, SequenceCaches::create(spec, kept, 1));
    return Reader(model, threads, std::move(caches), kept);
  }

  Status prefill(std::span<const int32_t> tokens) {
    BatchBuilder builder(model_->spec);
    builder.begin_sequence();
    builder.text(tokens);
    const Batch batch = builder.build();
    caches_->truncate(0, 0);
    TUTTI_CHECK(ops_->reserve([&] { forward(batch); }));
    forward(batch);
    length_ = int(tokens.size());
    planned_ = false;
    return ops_->status();
  }

  // Forgets what it has read; the next token is the first.
  void clear() {
    caches_->truncate(0, 0);
    length_ = 0;
  }

  Status decode(int32_t token, int capacity) {
    if (!planned_) {
      BatchBuilder builder(model_->spec);
      builder.begin_sequence();
      builder.text({&token, 1});
      step_ = builder.build();
      step_.set_text_step(0, token, {.past = capacity - 1});
      TUTTI_CHECK(ops_->reserve([&] { forward(step_); }));
      planned_ = true;
    } else {
      ops_->repeat();
    }
    step_.set_text_step(0, token, {.past = length_, .time = float(length_)});
    forward(step_);
    ++length_;
    return ops_->status();
  }

 private:
  Reader(const RandomModel& model, ThreadPool& threads, std::shared_ptr<SequenceCaches> caches,
         Precision kept)
      : model_(&model.model),
        caches_(std::move(caches)),
        arena_(std::make_unique<Arena>()),
        ops_(std::make_unique<CpuOps>(*arena_, threads)) {
    ops_->kept = kept;
  }

  // Logits of the last token.
  void forward(const Batch& batch) {
    const auto out = model_->forward(*ops_, batch, caches_->layers());
    const int rows = batch.rows();
    (void)model_->heads.text_logits(*ops_, ops_->rows(out.trunk.x_ND, rows - 1, rows),
                                    model_->output());
  }

  const Model<CpuOps>* model_;
  std::shared_ptr<SequenceCaches> caches_;
  std::unique_ptr<Arena> arena_;
  std::unique_ptr<CpuOps> ops_;
  Batch step_;
  int length_ = 0;
  bool planned_ = false;
};

Result<TrunkTimes> measure(Reader& reader, ThreadPool& threads, const Shape& shape,
                           const TrunkOptions& options) {
  Rng rng(1);
  std::vector<int32_t> tokens(std::max(options.prefill, options.decode));
  for (int32_t& token : tokens) token = rng.below(shape.spec.vocabulary);
  TrunkTimes times;
  Status status;
  const auto keep = [&](Status done) {
    if (status) status = std::move(done);
  };
  times.prefill =
      time_runs([&] { keep(reader.prefill(std::span(tokens).first(size_t(options.prefill)))); });
  const auto decode = [&] {
    reader.clear();
    for (int i = 0; i < options.decode; ++i)
      keep(reader.decode(tokens[size_t(i)], int(tokens.size())));
  };
  decode();
  if (!status) return status.error();
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
double operations(const Shape& shape, int tokens) {
  return 2 *
         (shape.spec.layers * (tokens * shape.layer_products() + shape.attention_products(tokens)) +
          double(shape.spec.vocabulary) * shape.spec.width);
}

// Of a token, in the mean: every weight, and half of the keys and values.
double bytes_read(const RandomModel& model, int tokens) {
  const ModelSpec& spec = model.shape.spec;
  const double kept = model.precision == Precision::f32 ? 4 : 2;
  return double(model.weight_bytes()) +
         spec.layers * 2.0 * kHeadWidth * spec.kv_heads() * kept * tokens / 2;
}

Json to_json(const TrunkOptions& options, const RandomModel& model, const TrunkTimes& times,
             int threads, const Ceilings& ceilings) {
  const Shape& shape = model.shape;
  const ModelSpec& spec = shape.spec;
  Json json = {{"bench", "trunk"},
               {"shape", shape.name},
               {"architecture",
                {{"width", spec.width},
                 {"layers", spec.layers},
                 {"heads", spec.attention_heads()},
                 {"kv_heads", spec.kv_heads()},
                 {"ffn", shape.ffn()},
                 {"vocabulary", spec.vocabulary},
                 {"blocks", spec.block.qkv_bias
                                ? "pre-norm RMS norm, RoPE, SwiGLU, biases of queries, keys, values"
                                : "pre-norm RMS norm, RoPE, SwiGLU, no biases"},
                 {"embeddings", "tied"},
                 {"kv_cache", multiplied_in(model.precision) == Precision::f32 ? "f32" : "bf16"}}},
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
  TUTTI_ASSIGN(const Shape shape, find_shape(options.shape, /*encoder=*/false));
  ThreadPool threads(options.common.threads);
  TUTTI_ASSIGN(Ceilings ceilings, measure_ceilings(threads));
  TUTTI_ASSIGN(const RandomModel model,
               RandomModel::make(shape, options.common.precision(), threads));
  TUTTI_ASSIGN(Reader reader,
               Reader::create(model, threads, std::max(options.prefill, options.decode)));
  TUTTI_ASSIGN(const TrunkTimes times, measure(reader, threads, shape, options));
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
  trunk
      ->add_option("--shape", options->shape,
                   "default 125m; 500m is that of Qwen2.5-0.5B, 1b that of Llama 3.2 1B")
      ->check(one_of(shape_names(false)))
      ->type_name("SHAPE");
  options->common.add_options(*trunk);
  trunk->add_option("--prefill", options->prefill, "tokens of the prompt (default 512)")
      ->check(whole(1, 8192));
  trunk->add_option("--decode", options->decode, "tokens to continue with (default 128)")
      ->check(whole(1, 8192));
  trunk->callback([options, &chosen] { chosen = [options] { return run_trunk(*options); }; });
}

}  // namespace tutti::bench
