#include "train/losses.h"

#include "train/teacher.h"
#include "train/objectives/vocoder_loss.h"

namespace tutti {
namespace {

using torch::Tensor;

class Losses {
 public:
  Losses(TorchOps& ops, const Model<TorchOps>& model, const TrainBatch& batch,
         const LossWeights& weights, const TeacherTargets& teacher, const DistillWeights& distill)
      : ops_(ops),
        model_(model),
        train_(batch),
        batch_(batch.batch),
        weights_(weights),
        teacher_(teacher),
        distill_(distill) {}

  StepLosses compute() {
    if (batch_.rows() || batch_.images) {
      const auto out = model_.forward(ops_, batch_);
      text(out);
      locate(out);
      flow("paint", out, Kind::paint, model_.heads.paint, train_.paint_clean, train_.paint_weight,
           weights_.paint, teacher_.paint);
      flow("speak", out, Kind::speak, model_.heads.speak, train_.speak_clean, train_.speak_weight,
           weights_.speak, teacher_.speak);
      durations(out);
      contrast(out);
      ctc(out);
      matte(out);
      route(out);
    }
    vocoder();
    StepLosses losses;
    losses.paint = predicted_[0];
    losses.speak = predicted_[1];
    losses.terms = std::move(terms_);
    for (const LossTerm& term : losses.terms) {
      if (term.weight == 0) continue;
      const Tensor weighted = term.value * term.weight;
      losses.total = losses.total.defined() ? losses.total + weighted : weighted;
    }
    return losses;
  }

 private:
  void add(const char* name, const Tensor& value, double weight) {
    terms_.push_back({name, value, weight});
  }

  Tensor floats(const std::vector<float>& values) {
    return torch::from_blob(const_cast<float*>(values.data()), {int64_t(values.size())},
                            torch::kFloat)
        .clone()
        .to(ops_.device());
  }
  Tensor longs(const std::vector<int32_t>& values) {
    return torch::tensor(at::ArrayRef<int32_t>(values), torch::kInt)
        .to(ops_.device(), torch::kLong);
  }

  void text(const ModelOutput<Tensor>& out) {
    if (train_.predict_rows.empty()) return;
    const Tensor rows = ops_.gather_rows(out.trunk.x_ND, train_.predict_rows);
    const Tensor logits = ops_.linear(rows, model_.pieces);
    const Tensor loss =
        ops_.capped_cross_entropy(logits, longs(train_.predict_ids), model_.heads.logit_cap);
    add("text", loss.mean(), weights_.text);
    by_task(loss);
    if (teacher_.text_logits.defined()) imitate_text(logits);
  }

  // A picture's rows say what they cover, in the words that questions and answers use: early, for
  // what a question's rows are to find there must be there before the last layers. By half of the
  // layers, names in questions say where their things are.
  void locate(const ModelOutput<Tensor>& out) {
    say("locate", out.trunk.early_ND, Group::see, train_.locate_rows, train_.locate_ids);
    say("mention", out.trunk.middle_ND, Group::text, train_.mention_rows, train_.mention_ids);
  }

  void say(const char* name, const Tensor& x_ND, Group group, const std::vector<int32_t>& rows,
           const std::vector<int32_t>& ids) {
    if (rows.empty()) return;
    const std::array<int32_t, 2> all = {0, int32_t(rows.size())};
    const Tensor gain =
        model_.trunk.final_norm_GD.narrow(0, model_.config.groups ? int(group) : 0, 1);
    const Tensor normal = ops_.rms_norm(ops_.gather_rows(x_ND, rows), gain, all);
    add(name,
        ops_.capped_cross_entropy(ops_.linear(normal, model_.pieces), longs(ids),
                                  model_.heads.logit_cap)
            .mean(),
        weights_.locate);
  }

  // "text.question" and so on: their mean hides which task learns. Answers about scenes and clips
  // are a word or two each, lost among whole texts, and count once more.
  void by_task(const Tensor& loss) {
    const Tensor task = longs(train_.predict_task);
    for (const auto& [which, name] : {std::pair{Task::text, "text.plain"},
                                      {Task::caption, "text.caption"},
                                      {Task::transcribe, "text.transcribe"},
                                      {Task::question, "text.question"},
                                      {Task::clip, "text.clip"}}) {
      const Tensor mine = loss.masked_select(task == int64_t(which));
      const bool answers = which == Task::question || which == Task::clip;
      if (mine.numel()) add(name, mine.mean(), answers ? weights_.answers : 0);
    }
  }

  // Mean Kullback-Leibler divergence of the student from the teacher, in nats.
  void imitate_text(const Tensor& logits) {
    const Tensor said = torch::log_softmax(ops_.softcap(logits, model_.heads.logit_cap), -1);
    const Tensor wanted = torch::log_softmax(teacher_.text_logits, -1);
    add("text_teacher", (wanted.exp() * (wanted - said)).sum(-1).mean(),
        weights_.text * distill_.logits);
  }

  // Mean of weight * (x_hat - x)^2: the velocity loss of an x-prediction.
  void flow(const char* name, const ModelOutput<Tensor>& out, Kind kind, const Tensor& head,
            const std::vector<float>& clean, const std::vector<float>& row_weight, double weight,
            const Tensor& teacher) {
    if (clean.empty()) return;
    const Tensor predicted = head_values(ops_, batch_, out.trunk.x_ND, kind, head);
    predicted_[kind == Kind::speak] = predicted.detach();
    const auto distance = [&](const Tensor& target) {
      const Tensor error = predicted - target;
      return ((error * error).mean(1) * floats(row_weight)).mean();
    };
    add(name, distance(floats(clean).reshape(predicted.sizes())), weight);
    if (teacher.defined())
      add((std::string(name) + "_teacher").c_str(), distance(teacher), weight * distill_.flow);
  }

  void durations(const ModelOutput<Tensor>& out) {
    if (train_.duration_targets.empty()) return;
    const Tensor target = floats(train_.duration_targets);
    const Tensor known = (target >= 0).to(torch::kFloat);
    const Tensor predicted =
        model_.speech_text.durations(ops_, *out.speech_text).to(torch::kFloat).flatten();
    add("duration", (torch::abs(predicted - target) * known).sum() / (known.sum() + 1e-6),
        weights_.duration);
  }

  // Sigmoid loss on all pairs of one space (SigLIP, arXiv 2303.15343).
  void contrast(const ModelOutput<Tensor>& out) {
    const int64_t pairs = int64_t(train_.pair_left.size());
    if (pairs < 2) return;
    const Tensor e =
        model_.heads.embeddings(ops_, out.trunk.x_ND, train_.pool_rows, train_.pool_bounds);
    if (teacher_.relations.defined())
      add("relations", torch::mse_loss(torch::mm(e, e.t()), teacher_.relations),
          distill_.relations);
    const Tensor left = e.index_select(0, longs(train_.pair_left));
    const Tensor right = e.index_select(0, longs(train_.pair_right));
    const Tensor scale = model_.heads.embed_scale.flatten();
    const Tensor logits = torch::mm(left, right.t()) * (scale[0].exp() * 10) + (scale[1] - 10);
    std::vector<float> label(pairs * pairs), counted(pairs * pairs, 1);
    for (int64_t i = 0; i < pairs; ++i)
      for (int64_t j = 0; j < pairs; ++j) {
        label[i * pairs + j] = i == j ? 1.0f : -1.0f;
        if (i != j && (train_.pair_meaning[i] == train_.pair_meaning[j] ||
                       train_.pair_space[i] != train_.pair_space[j]))
          counted[i * pairs + j] = 0;
      }
    const Tensor y = floats(label).reshape({pairs, pairs}),
                 m = floats(counted).reshape({pairs, pairs});
    add("contrast", -(torch::log_sigmoid(y * logits) * m).sum() / double(pairs), weights_.contrast);
  }

  void ctc(const ModelOutput<Tensor>& out) {
    if (train_.spoken.empty()) return;
    const Tensor logits = model_.heads.ctc_logits(ops_, *out.audio).to(torch::kFloat);
    const Tensor log_p = torch::log_softmax(logits, -1);
    std::vector<Tensor> sequences;
    std::vector<int64_t> lengths, target_lengths, targets;
    for (const auto& spoken : train_.spoken) {
      if (int(spoken.text.size()) * 10 > spoken.rows * kCtcPerToken * 9)
        continue;  // too fast to spell
      sequences.push_back(
          log_p.narrow(0, spoken.first_row * kCtcPerToken, spoken.rows * kCtcPerToken));
      lengths.push_back(spoken.rows * kCtcPerToken);
      target_lengths.push_back(int64_t(spoken.text.size()));
      for (unsigned char byte : spoken.text) targets.push_back(byte);
    }
    if (sequences.empty()) return;
    const Tensor padded = torch::nn::utils::rnn::pad_sequence(sequences);
    const Tensor loss = torch::ctc_loss(padded, torch::tensor(targets), torch::tensor(lengths),
                                        torch::tensor(target_lengths), /*blank=*/256,
                                        at::Reduction::None, /*zero_infinity=*/true);
    const Tensor per_byte = torch::tensor(target_lengths).to(ops_.device(), torch::kFloat);
    add("ctc", (loss / per_byte.clamp_min(1)).mean(), weights_.ctc);
  }

  // Cross-entropy on alpha plus the error of its gradients, which keeps edges crisp.
  void matte(const ModelOutput<Tensor>& out) {
    if (train_.matte_images.empty()) return;
    std::vector<int32_t> rows_64, rows_256, rows_1024;
    for (int32_t image : train_.matte_images) {
      for (int i = 0; i < 64; ++i) rows_64.push_back(image * 64 + i);
      for (int i = 0; i < 256; ++i) rows_256.push_back(image * 256 + i);
      for (int i = 0; i < 1024; ++i) rows_1024.push_back(image * 1024 + i);
    }
    const PictureFeatures<Tensor> features = {ops_.gather_rows(out.pictures->stem_PS, rows_1024),
                                              ops_.gather_rows(out.pictures->local_PC, rows_256),
                                              ops_.gather_rows(out.pictures->tokens_PD, rows_64)};
    const int64_t n = int64_t(train_.matte_images.size());
    const Tensor logits = model_.heads.matte.forward(ops_, features, int(n)).to(torch::kFloat);
    const Tensor alpha = floats(train_.matte_alpha).reshape(logits.sizes());
    const Tensor entropy = torch::binary_cross_entropy_with_logits(logits, alpha);
    const auto picture = [&](const Tensor& x) {
      return x.reshape({n, 32, 32, 4, 4}).permute({0, 1, 3, 2, 4}).reshape({n, 128, 128});
    };
    const Tensor error = picture(torch::sigmoid(logits) - alpha);
    const Tensor edges = (error.narrow(1, 1, 127) - error.narrow(1, 0, 127)).abs().mean() +
                         (error.narrow(2, 1, 127) - error.narrow(2, 0, 127)).abs().mean();
    add("matte", entropy + edges, weights_.matte);
  }

  // Pulls each group's share of routed work to its target; which rows, the tasks decide. One target
  // for all rows together closes whole modalities, and so does a target for probabilities: a mean
  // of 0.4 is reached by 0.4 everywhere, which runs nothing.
  void route(const ModelOutput<Tensor>& out) {
    if (out.trunk.gates_N1.empty()) return;
    Tensor sum;
    for (const Tensor& gate : out.trunk.gates_N1) sum = sum.defined() ? sum + gate : gate;
    const Tensor share_N1 = sum / double(out.trunk.gates_N1.size());
    Tensor distance;
    int present = 0;
    for (int g = 0; g < kGroups; ++g) {
      const int begin = batch_.group_bounds[g], rows = batch_.group_bounds[g + 1] - begin;
      if (!rows) continue;
      const Tensor share = share_N1.narrow(0, begin, rows).mean();
      add((std::string("route.") + kGroupNames[g]).c_str(), share.detach(), 0);
      const Tensor off = torch::abs(share - weights_.route_target[g]);
      distance = distance.defined() ? distance + off : off;
      ++present;
    }
    if (present) add("route", distance / double(present), weights_.route);
  }

  void vocoder() {
    if (train_.vocoder_frames.empty()) return;
    std::vector<int32_t> neighbours;
    int rows = 0;
    for (int32_t frames : train_.vocoder_frames) {
      causal_neighbours(neighbours, rows, frames);
      rows += frames;
    }
    const Tensor mel = ops_.constant(train_.vocoder_mel, rows, kMelBins);
    const Tensor spectrum = model_.vocoder.forward(ops_, mel, neighbours).to(torch::kFloat);
    add("vocoder", vocoder_loss(spectrum, floats(train_.vocoder_samples), train_.vocoder_frames),
        weights_.vocoder);
  }

  TorchOps& ops_;
  const Model<TorchOps>& model_;
  const TrainBatch& train_;
  const Batch& batch_;
  const LossWeights& weights_;
  const TeacherTargets& teacher_;
  const DistillWeights& distill_;
  std::vector<LossTerm> terms_;
  std::array<Tensor, 2> predicted_;  // paint, speak
};

}  // namespace

StepLosses compute_losses(TorchOps& ops, const Model<TorchOps>& model, const TrainBatch& batch,
                          const LossWeights& weights, const TeacherTargets& teacher,
                          const DistillWeights& distill) {
  return Losses(ops, model, batch, weights, teacher, distill).compute();
}

}  // namespace tutti
