// tutti bench encoder: a batch of pictures' tokens through a plain transformer encoder.
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

struct EncoderOptions {
  CommonOptions common;
  std::string shape = "vit-s16";
  int batch = 1;
};

constexpr double kRunSeconds = 0.1;  // a run repeats the batch until it takes about so long

// Seconds of one batch.
Timing measure(TransformerSession& session, const TransformerShape& shape, int batch) {
  Rng rng(1);
  std::vector<float> input(size_t(batch) * shape.tokens * shape.width);
  for (float& value : input) value = float(rng.normal());
  std::vector<float> x(input);
  const auto encode = [&] {
    std::copy(input.begin(), input.end(), x.begin());
    session.encode({x.data(), batch * shape.tokens, shape.width, size_t(shape.width)});
  };
  encode();
  const double start = now();
  encode();
  const int repeats = std::max(1, int(kRunSeconds / (now() - start)));
  Timing timing = time_runs([&] {
    for (int i = 0; i < repeats; ++i) encode();
  });
  for (double& seconds : timing.seconds) seconds /= repeats;
  return timing;
}

Json to_json(const EncoderOptions& options, const Transformer& model, const Timing& timing,
             int threads, const Ceilings& ceilings) {
  const TransformerShape& shape = model.shape();
  const int batch = options.batch;
  const double operations =
      2.0 * batch * shape.layers *
      (shape.tokens * shape.layer_products() + shape.attention_products(shape.tokens));
  Json json = {{"bench", "encoder"},
               {"shape", shape.name},
               {"architecture",
                {{"width", shape.width},
                 {"layers", shape.layers},
                 {"heads", shape.heads},
                 {"ffn", shape.ffn},
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
  TUTTI_ASSIGN(const TransformerShape shape, find_shape(options.shape, false));
  ThreadPool threads(options.common.threads);
  TUTTI_ASSIGN(const Ceilings ceilings, measure_ceilings(threads));
  TUTTI_ASSIGN(const Transformer model, Transformer::random(shape, options.common.precision()));
  TUTTI_ASSIGN(TransformerSession session,
               TransformerSession::create(model, threads, shape.tokens, options.batch));
  const Timing timing = measure(session, shape, options.batch);
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
  encoder->add_option("--shape", options->shape, "vit-s16 (default)")
      ->check(one_of(shape_names(false)))
      ->type_name("SHAPE");
  options->common.add_options(*encoder);
  encoder->add_option("--batch", options->batch, "pictures at once (default 1)")
      ->check(whole(1, 256));
  encoder->callback([options, &chosen] { chosen = [options] { return run_encoder(*options); }; });
}

}  // namespace tutti::bench
