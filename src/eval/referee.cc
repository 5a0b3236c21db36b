#include "eval/referee.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "engine/speech/ctc_text.h"
#include "format/package/model_package.h"
#include "media/picture/fit_picture.h"
#include "model/judge.h"
#include "model/spec/spec_json.h"
#include "runtime/memory/weights.h"
#include "runtime/ops/cpu_ops.h"

namespace tutti {
namespace {

Result<std::vector<std::string>> read_classes(const std::string& card) {
  const auto json = nlohmann::json::parse(card, nullptr, /*allow_exceptions=*/false);
  std::vector<std::string> classes;
  if (json.is_object() && json.contains("classes") && json["classes"].is_array())
    for (const auto& name : json["classes"])
      if (name.is_string()) classes.push_back(name);
  if (classes.size() < 2 || classes.size() > 100000)
    return bad_input("its card lists no classes; it is no judge. Make one with tutti-train judge");
  return classes;
}

class CpuReferee : public Referee {
 public:
  CpuReferee(std::vector<std::string> classes, const ModelSpec& config, Judge<CpuOps> judge,
             WeightStorage weights, int threads)
      : classes_(std::move(classes)),
        config_(config),
        weights_(std::move(weights)),
        judge_(std::move(judge)),
        pool_(threads),
        ops_(arena_, pool_) {}

  const std::vector<std::string>& labels() const override { return classes_; }

  Result<Seen> look(const Picture& picture) override {
    BatchBuilder builder(config_);
    builder.begin_sequence();
    builder.image(fit_picture(fit_picture(picture, kPaintSize), kImageSize));
    const Batch batch = builder.build();
    Seen seen;
    TUTTI_CHECK(run([&] {
      const CpuTensor features = judge_.features(ops_, batch);
      const CpuTensor logits = judge_.class_logits(ops_, features);
      if (!ops_.computing()) return;
      seen.label =
          int(std::max_element(logits.row(0), logits.row(0) + logits.cols()) - logits.row(0));
      seen.features.assign(features.row(0), features.row(0) + features.cols());
    }));
    return seen;
  }

  Result<std::string> hear(const Mel& mel) override {
    BatchBuilder builder(config_);
    builder.begin_sequence();
    builder.audio(mel);
    const Batch batch = builder.build();
    std::string text;
    TUTTI_CHECK(run([&] {
      const CpuTensor logits = judge_.ctc_logits(ops_, batch.audio);
      if (ops_.computing()) text = ctc_text(logits.matrix());
    }));
    return text;
  }

 private:
  template <class Pass>
  Status run(const Pass& pass) {
    TUTTI_CHECK(ops_.reserve(pass));
    pass();
    return ops_.status();
  }

  std::vector<std::string> classes_;
  ModelSpec config_;
  WeightStorage weights_;
  Judge<CpuOps> judge_;
  ThreadPool pool_;
  Arena arena_;
  CpuOps ops_;
};

Result<std::unique_ptr<Referee>> load_referee(const std::string& path, int threads) {
  TUTTI_ASSIGN(const ModelPackage package, ModelPackage::open(path));
  TUTTI_ASSIGN(const ModelSpec config, parse_model_spec(package.config_json));
  TUTTI_ASSIGN(std::vector<std::string> classes, read_classes(package.card));
  WeightSource source([&](const std::string& name, int rows, int cols) {
    return package.read_f32(name, {rows, cols});
  });
  Judge<CpuOps> judge(Scope(source, ""), config, int(classes.size()));
  TUTTI_CHECK(source.status());
  return std::unique_ptr<Referee>(
      new CpuReferee(std::move(classes), config, std::move(judge), source.take(), threads));
}

}  // namespace

Result<std::unique_ptr<Referee>> Referee::load(const std::string& path, int threads) {
  auto referee = load_referee(path, threads);
  if (!referee) return referee.error().with_context("loading the judge " + path);
  return referee;
}

}  // namespace tutti
