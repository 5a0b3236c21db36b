#include "train/run/trainer.h"

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <future>
#include <nlohmann/json.hpp>
#include <thread>

#include "base/atomic_file.h"
#include "format/event_file.h"
#include "format/picture_file.h"
#include "train/checkpoint.h"
#include "train/backend/cpu_features.h"
#include "train/run/samples.h"
#include "train/backend/torch_errors.h"

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
        weights_(recipe.seed, device),
        model_(Scope<Weights>(weights_, ""), recipe.model),
        optimizer_(weights_, recipe.optimizer, ops_.compute()) {
    ops_.set_quantize(recipe.quantize);
  }

  Status open() {
    std::error_code error;
    fs::create_directories(recipe_.output + "/samples", error);
    if (error)
      return bad_input("run.output: cannot make " + recipe_.output + ": " + error.message());
    TUTTI_CHECK(open_teacher());
    TUTTI_CHECK(open_weights());
    if (!recipe_.train_only.empty() && !weights_.train_only(recipe_.train_only))
      return bad_input("run.train_only: a part is in no weight's name; names are in tutti inspect");
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
    std::vector<Example> examples;
    TrainBatch batch;
    GuidedBatches guided;  // for a few-step student's teacher
  };

  Status run_steps(const std::function<bool()>& stop) {
    auto next = prepare(step_);
    auto saved = Clock::now();
    reset_meters();
    while (step_ < recipe_.steps) {
      Prepared prepared = next.get();
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
    torch::NoGradGuard no_grad;
    Rng rng = step_rng(recipe_.seed, 0, 1);
    CollateOptions options = recipe_.collate;
    options.drop_text = 0;
    const TrainBatch batch = collate(recipe_.model, examples, options, rng);
    std::map<std::string, double> losses;
    for (const LossTerm& term : compute_losses(ops_, model_, batch, recipe_.loss).terms)
      losses[term.name] = term.value.item<double>();
    return losses;
  }

  Status open_weights() {
    if (fs::exists(checkpoint_path())) {
      TUTTI_ASSIGN(step_, load_checkpoint(checkpoint_path(), weights_, optimizer_));
    } else if (!recipe_.start_from.empty()) {
      TUTTI_ASSIGN(const ModelPackage package, ModelPackage::open(recipe_.start_from));
      TUTTI_CHECK(weights_.load(package));
    } else if (teacher_ && few_step()) {
      TUTTI_ASSIGN(const ModelPackage package, ModelPackage::open(recipe_.few_step.teacher));
      TUTTI_CHECK(weights_.load(package));
    } else if (teacher_ && recipe_.distill.inherit) {
      TUTTI_ASSIGN(const ModelPackage package, ModelPackage::open(recipe_.distill.teacher));
      TUTTI_CHECK(inherit_weights(weights_, recipe_.model, package));
    }
    return {};
  }

  Status open_teacher() {
    const std::string& path = few_step() ? recipe_.few_step.teacher : recipe_.distill.teacher;
    if (path.empty()) return {};
    TUTTI_ASSIGN(teacher_, Teacher::open(path, ops_.device(), ops_.compute()));
    if (few_step() && teacher_->config.paint_guidance == 1 &&
        teacher_->config.paint_until == recipe_.model.paint_until)
      return bad_input(path +
                       ": goes without guidance, so it learned few steps already; the teacher is "
                       "the model that it was made from, or the student is to run fewer layers "
                       "(model.paint_until)");
    if (teacher_->config.vocabulary != recipe_.model.vocabulary ||
        teacher_->config.hierarchy != recipe_.model.hierarchy)
      return bad_input(path +
                       ": a teacher has the student's vocabulary and hierarchy; this one has " +
                       std::to_string(teacher_->config.vocabulary) + " pieces");
    return {};
  }
  bool few_step() const { return !recipe_.few_step.teacher.empty(); }

  std::string checkpoint_path() const { return recipe_.output + "/checkpoint.safetensors"; }

  std::future<Prepared> prepare(int step) {
    return std::async(std::launch::async, [this, step] {
      Prepared out;
      Rng examples = step_rng(recipe_.seed, step, 0), noise = step_rng(recipe_.seed, step, 1);
      out.examples = inputs_.examples(step, examples);
      if (few_step())
        out.guided = collate_guided(recipe_.model, out.examples, recipe_.collate, noise);
      out.batch = collate(recipe_.model, out.examples, recipe_.collate, noise);
      return out;
    });
  }

  Status train_step(Prepared& prepared) {
    bool learned = false;
    if (few_step()) {
      learned = learn_path(prepared);
    } else {
      TeacherTargets targets;
      if (teacher_) targets = teacher_targets(*teacher_, prepared.batch);
      const StepLosses losses = compute_losses(ops_, model_, prepared.batch, recipe_.loss, targets,
                                               recipe_.distill.weights);
      learned = learn(losses, 1);
    }
    if (!learned) return check_idle();
    idle_ = 0;
    norm_ += optimizer_.step(rate_at(recipe_, step_));
    // A young average forgets faster, so that it is not a picture of the first steps for long.
    weights_.update_average(std::min(recipe_.average_decay, (1.0 + step_) / (10.0 + step_)));
    tokens_ += prepared.batch.batch.rows();
    ++counted_;
    return {};
  }

  // Gradients of `share` of a step's losses; false: none of them is there and weighs anything.
  bool learn(const StepLosses& losses, double share) {
    const bool active = losses.total.defined() && losses.total.requires_grad();
    if (active) (share == 1 ? losses.total : losses.total * share).backward();
    count(losses, share);
    return active;
  }

  // A step may by chance draw nothing to learn from and is passed over; many in a row are no
  // chance.
  Status check_idle() {
    constexpr int kMostIdle = 10;
    if (++idle_ < std::min(kMostIdle, recipe_.steps)) return {};
    return bad_input(
        "step " + std::to_string(step_) +
        " has no loss that is active: what [mix] draws has no target that [loss] weighs "
        "and run.train_only lets learn; change one of them");
  }

  // A few-step student generates, and at each of its steps the teacher shows where to go.
  bool learn_path(Prepared& prepared) {
    FewStepPath path(*teacher_, recipe_.few_step, prepared.guided, prepared.batch);
    const double share = 1.0 / recipe_.few_step.steps;
    bool learned = false;
    while (!path.done()) {
      path.set_targets();
      const StepLosses losses = compute_losses(ops_, model_, prepared.batch, recipe_.loss);
      learned = learn(losses, share) || learned;
      for (const LossTerm& term : losses.terms)
        if (term.name == "paint" || term.name == "speak")
          sums_[term.name + "." + std::to_string(path.step() + 1)] += term.value.item<double>();
      path.follow(losses.paint, losses.speak);
    }
    return learned;
  }

  void count(const StepLosses& losses, double share = 1) {
    for (const LossTerm& term : losses.terms) sums_[term.name] += share * term.value.item<double>();
    if (losses.total.defined()) sums_["total"] += share * losses.total.item<double>();
  }

  void reset_meters() {
    sums_.clear();
    norm_ = tokens_ = counted_ = 0;
    ops_.reset_flops();
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

  Status write_samples(const std::vector<Example>& examples) {
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
    TUTTI_CHECK(save_checkpoint(checkpoint_path(), step_, weights_, optimizer_));
    return weights_.save(recipe_.output + "/model.safetensors", recipe_.model, inputs_.card,
                         inputs_.tokenizer, stored());
  }

  DType stored() const {
    return recipe_.store == "f32" ? DType::f32 : recipe_.store == "bf16" ? DType::bf16 : DType::i8;
  }

  Recipe recipe_;
  TrainerInputs inputs_;
  TorchOps ops_;
  Weights weights_;
  Model<TorchOps> model_;
  Optimizer optimizer_;
  std::unique_ptr<Teacher> teacher_;
  int step_ = 0, idle_ = 0;
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
