#include "eval/tasks/scene_tasks.h"

#include <algorithm>
#include <cmath>

#include "base/utf8.h"
#include "eval/metrics/text_metrics.h"
#include "eval/scene_items.h"
#include "format/text/tokenizer.h"

namespace tutti {
namespace {

constexpr uint64_t kSceneSeed = 20260101, kClipSeed = 20260102;
constexpr int kQuestionsOfAKind = 120;
constexpr int kClips = 120;

struct Answers {
  int right = 0, n = 0;
  std::map<std::string, int> truth;

  void add(bool correct, const std::string& meant) {
    right += correct;
    ++n;
    ++truth[meant];
  }
  double accuracy() const { return n ? double(right) / n : 0; }
  // What always giving the commonest answer gets.
  double majority() const {
    int most = 0;
    for (const auto& [answer, count] : truth) most = std::max(most, count);
    return n ? double(most) / n : 0;
  }
};

Result<Answers> ask(const TaskContext& context, const std::vector<AskedPicture>& asked) {
  TextOptions options;
  options.task = TextOptions::Task::answer;
  options.max_tokens = 16;
  Answers answers;
  for (const AskedPicture& one : asked) {
    TUTTI_ASSIGN(const TextResult said,
                 context.engine.describe(
                     {Part::of_picture(one.picture), Part::of_text(one.question)}, options));
    answers.add(normalise_text(said.text) == normalise_text(one.answer), one.answer);
  }
  return answers;
}

// The phrase that comes first in a caption, or -1.
int first_action(const std::string& caption, const std::vector<std::string>& actions) {
  int best = -1;
  size_t place = std::string::npos;
  for (size_t i = 0; i < actions.size(); ++i)
    if (const size_t at = caption.find(actions[i]); at < place) {
      place = at;
      best = int(i);
    }
  return best;
}

// At a character's border, short enough for the context with room for the markers.
Result<std::string> cut(const Engine& engine, std::string text, size_t most) {
  for (;; most /= 2) {
    text.resize(character_end(text, most));
    TUTTI_ASSIGN(const auto ids, engine.tokenizer().encode(text));
    if (int(ids.size()) + 4 <= engine.config().context) return text;
  }
}

}  // namespace

Status eval_scenes(TaskContext& context) {
  TUTTI_ASSIGN(const EvalScenes scenes, EvalScenes::create(context.data));
  const int count = int(context.limited(kQuestionsOfAKind));
  std::map<std::string, double> details;
  double sum = 0, chance = 0;
  int n = 0;
  // "relation" is asked openly ("What is left of the cat?") and as yes or no, half and half.
  for (const auto& [kind, share] : {std::pair{"count", 1.0},
                                    {"colour", 1.0},
                                    {"relation", 0.5},
                                    {"relation_holds", 0.5},
                                    // For the details alone.
                                    {"total", 0.0},
                                    {"exists", 0.0},
                                    {"where", 0.0}}) {
    const int wanted = std::max(2, int(share > 0 ? count * share : count * 0.5));
    const auto asked = scenes.questions(kind, wanted, kSceneSeed);
    TUTTI_ASSIGN(const Answers answers, ask(context, asked));
    details[kind] = answers.accuracy();
    details[std::string(kind) + "_majority"] = answers.majority();
    sum += share * answers.accuracy();
    chance += share * answers.majority();
    if (share > 0) n += answers.n;
  }
  constexpr double kThree = 3;  // count, colour and relation weigh the same
  context.report.results.push_back(
      {"scene_questions", sum / kThree, n, chance / kThree, 0.75, false, details});
  return {};
}

Status eval_clips(TaskContext& context) {
  TUTTI_ASSIGN(const EvalScenes scenes, EvalScenes::create(context.data));
  const auto actions = EvalScenes::actions();
  TextOptions options;
  options.task = TextOptions::Task::caption;
  options.max_tokens = 40;
  Answers direction, action;
  for (const SeenClip& clip : scenes.clips(int(context.limited(kClips)), kClipSeed)) {
    const int truth = first_action(clip.caption, actions);
    if (truth < 0) continue;
    TUTTI_ASSIGN(const TextResult said,
                 context.engine.describe({Part::of_clip(clip.frames)}, options));
    const bool right = first_action(said.text, actions) == truth;
    action.add(right, actions[size_t(truth)]);
    if (truth < 4) direction.add(right, actions[size_t(truth)]);
  }
  if (!action.n) return context.skip("clip_captions", "no clip could be made");
  context.report.results.push_back(
      {"clip_captions", action.accuracy(), action.n, action.majority(), 0.75});
  if (direction.n)
    context.report.results.push_back(
        {"clip_captions.direction", direction.accuracy(), direction.n, direction.majority(), 0.75});
  return {};
}

Status eval_text(TaskContext& context) {
  constexpr size_t kLongest = 400;  // bytes: most lines, and far within the context
  constexpr size_t kOfALanguage = 20;
  double nats = 0, bytes = 0;
  long n = 0;
  std::map<std::string, double> details;
  for (const auto& [language, texts] : context.data.texts) {
    double of_nats = 0, of_bytes = 0;
    for (size_t i = 0; i < std::min(context.limited(texts.size()), kOfALanguage); ++i) {
      TUTTI_ASSIGN(const std::string text, cut(context.engine, texts[i], kLongest));
      if (text.empty()) continue;
      // An empty prompt: the text as it stands in training, between <s> and </s>.
      TUTTI_ASSIGN(const auto likelihood, context.engine.score({}, {text}, {}));
      of_nats -= likelihood[0];
      of_bytes += double(text.size());
      ++n;
    }
    if (of_bytes > 0) details[language] = of_nats / std::log(2.0) / of_bytes;
    nats += of_nats;
    bytes += of_bytes;
  }
  if (bytes == 0) return context.skip("text_bits_per_byte", "no plain text");
  context.report.results.push_back(
      {"text_bits_per_byte", nats / std::log(2.0) / bytes, n, 8.0, std::nullopt, true, details});
  return {};
}

}  // namespace tutti
