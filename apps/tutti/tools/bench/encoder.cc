// tutti bench encoder: a batch of pictures' tokens through the product's blocks in the shape of a
// vision transformer.
#include "encoder.h"

#include <cstdio>

#include "../../command/outputs.h"
#include "../../command/process_exit.h"
#include "../../command/values.h"
#include "base/rng.h"
#include "common.h"
#include "random_model.h"
#include "runtime/kernels/isa.h"

namespace tutti::bench {
namespace {

struct EncoderOptions {
  CommonOptions common;
  std::string shape = "vit-s16";
  int batch = 1;
};

constexpr double kRunSeconds = 0.1;  // a run repeats the batch until it takes about so long

// Seconds of one batch.
Result<Timing> measure(const RandomEncoder& encoder, CpuOps& ops, int batch) {
  const Shape& shape = encoder.shape;
  Rng rng(1);
  std::vector<float> input(size_t(batch) * size_t(shape.tokens) * size_t(shape.spec.width));
  for (float& value : input) value = float(rng.normal());
  AttentionPlan plan;
  for (int picture = 0; picture < batch; ++picture)
    add_windows(plan, picture * shape.tokens, std::vector<Position>(size_t(shape.tokens)),
                shape.tokens);
  const auto pass = [&] {
    (void)encoder.forward(ops, ops.constant(input, batch * shape.tokens, shape.spec.width), plan);
  };
  TUTTI_CHECK(ops.reserve(pass));
  const auto encode = [&] {
    ops.repeat();
    pass();
  };
  pass();
  const double start = now();
  encode();
  const int repeats = std::max(1, int(kRunSeconds / (now() - start)));
  Timing timing = time_runs([&] {
    for (int i = 0; i < repeats; ++i) encode();
  });
  for (double& seconds : timing.seconds) seconds /= repeats;
  TUTTI_CHECK(ops.status());
  return timing;
}

Json to_json(const EncoderOptions& options, const RandomEncoder& model, const Timing& timing,
             int threads, const Ceilings& ceilings) {
  const Shape& shape = model.shape;
  const ModelSpec& spec = shape.spec;
  const int batch = options.batch;
  const double operations =
      2.0 * batch * spec.layers *
      (shape.tokens * shape.layer_products() + shape.attention_products(shape.tokens));
  Json json = {{"bench", "encoder"},
               {"shape", shape.name},
               {"architecture",
                {{"width", spec.width},
                 {"layers", spec.layers},
                 {"heads", spec.attention_heads()},
                 {"ffn", shape.ffn()},
                 {"tokens", shape.tokens},
                 {"blocks", "pre-norm RMS norm, GELU (tanh form), no biases, no patch embedding"}}},
               {"parameters", model.parameters()},
               {"batch", batch}};
  json.update(to_json(options.common, threads, ceilings));
  json.update(timing.to_json());
  json["pictures_per_second"] = batch / timing.median();
  json["gops"] = operations / timing.median() / 1e9;
  json["of_ceiling"] = json["gops"].get<double>() / json["ceiling"]["gops"].get<double>();
  return json;
}

Status run_encoder(const EncoderOptions& options) {
  TUTTI_CHECK(select_isa());
  TUTTI_ASSIGN(const Shape shape, find_shape(options.shape, /*encoder=*/true));
  ThreadPool threads(options.common.threads);
  TUTTI_ASSIGN(const Ceilings ceilings, measure_ceilings(threads));
  const Precision precision = options.common.precision();
  TUTTI_ASSIGN(const RandomEncoder model, RandomEncoder::make(shape, precision, threads));
  Arena arena;
  CpuOps ops(arena, threads);
  ops.kept = multiplied_in(precision);
  TUTTI_ASSIGN(const Timing timing, measure(model, ops, options.batch));
  const Json json = to_json(options, model, timing, threads.size(), ceilings);
  if (options.common.json) {
    print_line(json_line(json));
    return {};
  }
  std::printf("%s: %.1f M parameters, %d tokens; %s\n", shape.name.c_str(),
              double(model.parameters()) / 1e6, shape.tokens,
              describe(options.common, threads.size(), ceilings).c_str());
  std::printf("batch %d  %8.2f ms  %7.1f pictures/s  %7.1f GOP/s  %3.0f %% of the ceiling\n",
              options.batch, 1e3 * timing.median(), json["pictures_per_second"].get<double>(),
              json["gops"].get<double>(), 100 * json["of_ceiling"].get<double>());
  return {};
}

}  // namespace

void add_encoder(CLI::App& verb, Verb& chosen) {
  CLI::App* encoder =
      verb.add_subcommand("encoder", "Time encoding pictures, by a vision transformer.");
  auto options = std::make_shared<EncoderOptions>();
  encoder->add_option("--shape", options->shape, "default vit-s16")
      ->check(one_of(shape_names(true)))
      ->type_name("SHAPE");
  options->common.add_options(*encoder);
  encoder->add_option("--batch", options->batch, "pictures at once (default 1)")
      ->check(whole(1, 256));
  encoder->callback([options, &chosen] { chosen = [options] { return run_encoder(*options); }; });
}

}  // namespace tutti::bench
