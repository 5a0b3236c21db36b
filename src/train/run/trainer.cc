#include "train/run/trainer.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <future>
#include <nlohmann/json.hpp>
#include <thread>

#include "base/atomic_file.h"
#include "format/event_file.h"
#include "format/picture_file.h"
#include "train/backend/cpu_features.h"
#include "train/backend/torch_errors.h"
#include "train/run/check_examples.h"
#include "train/run/checkpoint.h"
#include "train/run/micro_batch.h"
#include "train/run/samples.h"
#include "train/run/start_model.h"

namespace tutti {
namespace {

namespace fs = std::filesystem;
using Clock = std::chrono::steady_clock;

double seconds_since(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

// Independent streams of random numbers for the examples and the noise of a step.
Rng step_rng(uint64_t seed, int step, int purpose) {
  Rng mixed(seed * 0x9e3779b97f4a7c15u + uint64_t(step) * 2 + uint64_t(purpose));
  return Rng(mixed.next());
}

torch::ScalarType compute_type(const Recipe& recipe, torch::Device device) {
  if (recipe.precision == "bf16") return torch::kBFloat16;
  if (recipe.precision == "fp32") return torch::kFloat;
  return device.is_cuda() || cpu_multiplies_bf16() ? torch::kBFloat16 : torch::kFloat;
}

class TorchTrainer : public Trainer {
 public:
  TorchTrainer(const Recipe& recipe, TrainerInputs inputs, torch::Device device)
      : recipe_(recipe),
        inputs_(std::move(inputs)),
        ops_(device, compute_type(recipe, device)),
        store_(recipe.seed, device),
        model_(Scope<ParameterStore>(store_, ""), recipe.model),
        objectives_(make_objectives(recipe.objectives)),
        optimizer_(store_, recipe.optimizer, ops_.compute()) {
    ops_.set_quantize(recipe.quantize);
  }

  Status open() {
    std::error_code error;
    fs::create_directories(recipe_.output + "/samples", error);
    if (error)
      return bad_input("run.output: cannot make " + recipe_.output + ": " + error.message());
    for (const auto& objective : objectives_)
      TUTTI_CHECK(objective->open(recipe_.model, ops_.device(), ops_.compute()));
    TUTTI_CHECK(open_start());
    TUTTI_CHECK(open_weights());
    TUTTI_ASSIGN(EventWriter events, EventWriter::create(recipe_.output + "/events"));
    events_.emplace(std::move(events));
    log_.open(recipe_.output + "/log.jsonl", std::ios::app);
    if (!log_) return failed("cannot append to " + recipe_.output + "/log.jsonl");
    return {};
  }

  Status run(const std::function<bool()>& stop) override {
    return errors_of_torch("training", [&] { return run_steps(stop); });
  }

  Result<std::map<std::string, double>> evaluate(const std::vector<Example>& examples) override {
    return errors_of_torch("evaluating", [&] { return losses_of(examples); });
  }

  int step() const override { return step_; }

 private:
  struct Prepared {
    std::vector<DrawnExample> examples;
    std::vector<MicroBatch> batches;
  };

  Status run_steps(const std::function<bool()>& stop) {
    auto next = prepare(step_);
    auto saved = Clock::now();
    reset_meters();
    while (step_ < recipe_.steps) {
      TUTTI_ASSIGN(Prepared prepared, next.get());
      next = prepare(step_ + 1);
      TUTTI_CHECK(train_step(prepared));
      ++step_;
      if (step_ % recipe_.log_every == 0 || step_ == recipe_.steps) TUTTI_CHECK(report());
      if (step_ % recipe_.sample_every == 0) TUTTI_CHECK(write_samples(prepared.examples));
      const bool stopping = stop();
      if (stopping || seconds_since(saved) > 60.0 * recipe_.checkpoint_minutes) {
        TUTTI_CHECK(save());
        saved = Clock::now();
      }
      if (stopping) return {};
    }
    return save();
  }

  Result<std::map<std::string, double>> losses_of(const std::vector<Example>& examples) {
    TUTTI_CHECK(check_examples(recipe_.model, recipe_.objectives, examples));
    Rng rng = step_rng(recipe_.seed, 0, 1);
    NoiseOptions options = recipe_.noise;
    options.drop_text = 0;
    const auto drawn = draw_noise(examples, options, rng);
    return tutti::evaluate(
               ops_, model_, objectives_,
               make_micro_batches(recipe_.model, objectives_, drawn, recipe_.micro_batches))
        .values;
  }

  Status open_start() {
    const std::vector<std::string>& parts = recipe_.train_only;
    if (!recipe_.start_from.empty()) {
      TUTTI_ASSIGN(StartModel start, StartModel::open(recipe_.start_from, recipe_.model));
      start_.emplace(std::move(start));
      TUTTI_CHECK(check_tokenizer());
    }
    if (parts.empty() || (start_ ? start_->train_only(store_, parts) : store_.train_only(parts)))
      return {};
    return bad_input("run.train_only: a part is in no weight's name; names are in tutti inspect");
  }

  // Pieces that mean something else to the file than to the examples.
  Status check_tokenizer() const {
    const auto &file = start_->tokenizer(), &shards = inputs_.tokenizer;
    if (shards.empty() || std::equal(file.begin(), file.end(), shards.begin(), shards.end()))
      return {};
    return bad_input("run.start_from: " + recipe_.start_from +
                     " has another tokenizer than the shards; build them with tutti data build "
                     "--tokenizer-of " +
                     recipe_.start_from);
  }

  Status open_weights() {
    TUTTI_ASSIGN(const auto checkpoint, Checkpoint::open(recipe_.output));
    if (checkpoint) {
      TUTTI_CHECK(checkpoint->load(store_));
      step_ = checkpoint->step();
      if (start_ && !recipe_.train_only.empty()) TUTTI_CHECK(start_->check_kept(store_));
    } else if (start_) {
      TUTTI_CHECK(start_->load(store_));
    } else {
      for (const auto& objective : objectives_)
        TUTTI_CHECK(objective->begin_weights(store_, recipe_.model));
    }
    return {};
  }

  std::future<Result<Prepared>> prepare(int step) {
    return std::async(std::launch::async, [this, step]() -> Result<Prepared> {
      Prepared out;
      Rng draws = step_rng(recipe_.seed, step, 0), noise = step_rng(recipe_.seed, step, 1);
      std::vector<Example> examples = inputs_.examples(step, draws);
      TUTTI_CHECK(check_examples(recipe_.model, recipe_.objectives, examples));
      out.examples = draw_noise(std::move(examples), recipe_.noise, noise);
      out.batches =
          make_micro_batches(recipe_.model, objectives_, out.examples, recipe_.micro_batches);
      return out;
    });
  }

  Status train_step(Prepared& prepared) {
    const StepLosses losses = learn(ops_, model_, objectives_, prepared.batches);
    for (const auto& [name, value] : losses.values) sums_[name] += value;
    if (!losses.active) return check_idle();
    idle_ = 0;
    const double norm = optimizer_.step(rate_at(recipe_, step_));
    TUTTI_CHECK(check_norm(norm));
    norm_ += norm;
    // A young average forgets faster, so that it is not a picture of the first steps for long.
    store_.update_average(std::min(recipe_.average_decay, (1.0 + step_) / (10.0 + step_)));
    for (const MicroBatch& batch : prepared.batches) tokens_ += batch.batch->rows();
    ++counted_;
    return {};
  }

  // The optimizer leaves the weights alone where the norm is not finite.
  Status check_norm(double norm) {
    if (std::isfinite(norm)) skipped_ = 0;
    if (std::isfinite(norm) || ++skipped_ < most_in_a_row()) return {};
    return bad_input("the gradient norm is " +
                     std::string(std::isnan(norm) ? "no number" : "infinite") + " at step " +
                     std::to_string(step_) + " and was not finite in the last " +
                     std::to_string(skipped_) +
                     " steps, which changed no weight; go on from an earlier model with lower "
                     "[optimizer] rates, or find the loss that is not finite in " +
                     recipe_.output + "/log.jsonl");
  }

  Status check_idle() {
    if (++idle_ < most_in_a_row()) return {};
    return bad_input(
        "step " + std::to_string(step_) +
        " has no loss that is active: what [mix] draws has no target that [objective] weighs "
        "and run.train_only lets learn; change one of them");
  }

  // A step may by chance have nothing to learn from, or gradients that overflow, and is passed
  // over; so many in a row are no chance.
  int most_in_a_row() const { return std::min(10, recipe_.steps); }

  void reset_meters() {
    sums_.clear();
    norm_ = tokens_ = counted_ = 0;
    ops_.set_flops(0);
    since_ = Clock::now();
  }

  Status report() {
    StepReport r;
    r.step = step_;
    r.steps = recipe_.steps;
    r.seconds = seconds_since(since_);
    const double counted = std::max(1.0, counted_);  // steps may all have been idle
    for (const auto& [name, sum] : sums_) r.losses[name] = sum / counted;
    r.gradient_norm = norm_ / counted;
    r.rate = rate_at(recipe_, step_);
    r.tokens_per_second = tokens_ / r.seconds;
    r.gflops = 3.0 * ops_.forward_flops() / r.seconds / 1e9;
    nlohmann::json line = {{"step", r.step},     {"gradient_norm", r.gradient_norm},
                           {"rate", r.rate},     {"tokens_per_second", r.tokens_per_second},
                           {"gflops", r.gflops}, {"seconds", r.seconds},
                           {"losses", r.losses}};
    log_ << line.dump() << std::endl;
    for (const auto& [name, value] : r.losses)
      TUTTI_CHECK(events_->scalar("loss/" + name, step_, float(value)));
    TUTTI_CHECK(events_->scalar("tokens_per_second", step_, float(r.tokens_per_second)));
    if (inputs_.report) inputs_.report(r);
    reset_meters();
    return {};
  }

  Status write_samples(const std::vector<DrawnExample>& examples) {
    Rng rng(recipe_.seed);
    const std::string at = recipe_.output + "/samples/" + std::to_string(step_);
    for (const auto& [name, picture] :
         {std::pair{"pictures", sample_pictures(ops_, model_, examples, rng)},
          std::pair{"speech", sample_speech(ops_, model_, examples, rng)}}) {
      if (!picture.width) continue;
      TUTTI_CHECK(events_->picture(name, step_, picture));
      const std::string png = encode_png(picture);
      TUTTI_CHECK(write_file_atomic(at + "-" + name + ".png", png));
    }
    reset_meters();
    return {};
  }

  Status save() {
    const ParameterStore* const stores[] = {&store_};
    TUTTI_CHECK(save_checkpoint(recipe_.output, step_, stores));
    KeptParts kept;
    if (start_ && !recipe_.train_only.empty()) {
      TUTTI_ASSIGN(kept, start_->kept(store_));
    }
    return store_.save(recipe_.output + "/model.safetensors", recipe_.model, inputs_.card,
                       inputs_.tokenizer, stored(), kept);
  }

  DType stored() const {
    return recipe_.store == "f32" ? DType::f32 : recipe_.store == "bf16" ? DType::bf16 : DType::i8;
  }

  Recipe recipe_;
  TrainerInputs inputs_;
  TorchOps ops_;
  ParameterStore store_;
  Model<TorchOps> model_;
  ObjectiveList objectives_;
  Optimizer optimizer_;
  std::optional<StartModel> start_;
  int step_ = 0, idle_ = 0, skipped_ = 0;
  std::optional<EventWriter> events_;
  std::ofstream log_;
  std::map<std::string, double> sums_;
  double norm_ = 0, tokens_ = 0, counted_ = 0;
  Clock::time_point since_;
};

}  // namespace

Result<std::unique_ptr<Trainer>> Trainer::create(const Recipe& recipe, TrainerInputs inputs) {
  // libtorch counts cores its own way and may see one where there are two.
  const int cores = int(std::thread::hardware_concurrency());
  torch::set_num_threads(recipe.threads > 0 ? recipe.threads : std::max(1, cores));
  const torch::Device device(torch::cuda::is_available() ? torch::kCUDA : torch::kCPU);
  return errors_of_torch("making the model", [&]() -> Result<std::unique_ptr<Trainer>> {
    auto trainer = std::make_unique<TorchTrainer>(recipe, std::move(inputs), device);
    TUTTI_CHECK(trainer->open());
    return std::unique_ptr<Trainer>(std::move(trainer));
  });
}

}  // namespace tutti
