#include "run_flags.h"

#include "format/text/languages.h"

namespace tutti {
namespace {

struct Rule {
  const char* flag;
  bool (*counts)(const Asked&);
  const char* with;  // what it goes with
};

bool samples(const Asked& asked) {
  return asked.writes() && !asked.transcribes();
}
bool chooses(const Asked& asked) {
  return samples(asked) && asked.temperature > 0;
}
bool draws(const Asked& asked) {
  return asked.to == "image" || asked.to == "speech";
}

constexpr const char* kWritten = "text that the model writes, and here it writes none";
constexpr const char* kSampled =
    "text that is sampled token by token; neither a transcript of sound alone nor what is not text "
    "is";
constexpr const char* kChosen =
    "--temperature above 0; without it the likeliest token is always taken";

// --seed is not among them: whoever sets it always, and gets the same answer, got what was asked
// for.
constexpr Rule kRules[] = {
    {"--adapter", [](const Asked& a) { return a.to != "mask" && !a.transcribes(); },
     "what the trunk answers, and neither masks nor a transcript of sound alone is"},
    {"--task", [](const Asked& a) { return a.writes(); }, kWritten},
    {"--language", [](const Asked& a) { return a.describes(); },
     "names and captions (--task name or caption, or a picture, clip or cloud without --text)"},
    {"--max-tokens", samples, kSampled},
    {"--temperature", samples, kSampled},
    {"--top-k", chooses, kChosen},
    {"--top-p", chooses, kChosen},
    {"--up", [](const Asked& a) { return a.prompt.clouds > 0; }, "--points"},
    {"--steps", draws, "--to image or speech"},
    {"--guidance", draws, "--to image or speech"},
    {"--speed", [](const Asked& a) { return a.to == "speech"; }, "--to speech"},
    {"--size", [](const Asked& a) { return a.to == "image"; }, "--to image"},
};

}  // namespace

bool Asked::transcribes() const {
  return to == "text" && prompt.sounds == 1 && prompt.all() == 1 &&
         (task == "auto" || task == "transcribe");
}

bool Asked::writes() const {
  return to == "text" || (to == "speech" && prompt.all() > prompt.texts);
}

bool Asked::describes() const {
  if (!writes()) return false;
  if (task != "auto") return task == "name" || task == "caption";
  return prompt.texts == 0 && prompt.pictures + prompt.clouds > 0;
}

Status check_flags(const CLI::App& verb, const Asked& asked) {
  for (const Rule& rule : kRules) {
    const CLI::Option* option = verb.get_option_no_throw(rule.flag);
    if (option && option->count() > 0 && !rule.counts(asked))
      return usage_error(std::string(rule.flag) + " would change nothing: it goes with " +
                         rule.with + "; leave it out");
  }
  return {};
}

Result<std::string> language_of(const Asked& asked, const std::string& tag) {
  auto code =
      asked.describes() && asked.task != "name" ? caption_language(tag) : resolve_language(tag);
  if (!code) return usage_error("--language " + code.error().message());
  return code;
}

}  // namespace tutti
