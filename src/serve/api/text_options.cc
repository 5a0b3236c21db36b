#include "serve/api/text_options.h"

#include <algorithm>
#include <map>

#include "base/quote.h"
#include "format/text/languages.h"
#include "engine/text_prompt.h"
#include "serve/contract/check.h"

namespace tutti {

std::string no_such_model(const std::string& model, const Api& api) {
  const std::string& served = api.options().model;
  if (model.empty()) return "is empty; send " + served;
  return quote(model, 40) + " is not served; this server has " + served +
         ". Send that, or start it with --alias " + safe_name(model) + "=" + served;
}

void check_model(const Fields& request, const Api& api) {
  if (!request.has("model") || api.serves(request.text("model"))) return;
  request.refuse("model", no_such_model(request.text("model"), api), "model_not_found");
}

TextOptions read_text_options(const Fields& request, const Api& api, const char* max_tokens_name) {
  TextOptions options;
  // Clients ask for 4096 without thinking of it: more than can be had is as much as can be had.
  options.max_tokens =
      int(std::min<int64_t>(request.integer(max_tokens_name), api.limits().most_tokens));
  options.temperature = float(request.number("temperature"));
  options.top_p = float(std::max(request.number("top_p"), 1e-6));
  options.top_k = int(std::max<int64_t>(request.integer("top_k"), 0));
  options.seed = uint64_t(request.integer("seed"));
  return options;
}

TextOptions::Task read_task(const Fields& request) {
  static const std::map<std::string, TextOptions::Task> tasks = {
      {"automatic", TextOptions::Task::automatic},
      {"name", TextOptions::Task::name},
      {"caption", TextOptions::Task::caption},
      {"answer", TextOptions::Task::answer},
      {"transcribe", TextOptions::Task::transcribe}};
  const auto found = tasks.find(request.text("task"));
  return found == tasks.end() ? TextOptions::Task::automatic : found->second;
}

void check_task_fits(const Fields& request, const char* messages, const Prompt& prompt,
                     const TextOptions& options) {
  if (const Status fits = check_task(prompt, options.task); !fits)
    request.refuse(request.has("task") ? "task" : messages,
                   "cannot be done: " + fits.error().message(), "unsupported_value");
  if (task_of(prompt, options.task) != TextOptions::Task::caption) return;
  if (const auto known = caption_language(options.language); !known)
    request.refuse("language", known.error().message(), "unsupported_value");
}

std::string read_language(const Fields& fields, const std::string& otherwise) {
  const Result<std::string> known = resolve_language(fields.text("language", otherwise));
  if (known) return *known;
  fields.refuse("language", known.error().message(), "unsupported_value");
  return otherwise;
}

void check_heard_language(const Fields& fields) {
  const std::string said = fields.text("language");
  std::string lower = said;
  std::transform(lower.begin(), lower.end(), lower.begin(), ::tolower);
  const Result<std::string> known = resolve_language(said);
  if (said.empty() || lower == "english" || (known && *known == "en")) return;
  fields.refuse(
      "language",
      "is " + quote(said, 40) + ", and this model hears English only; send en, or leave it out",
      "unsupported_value");
}

std::vector<std::string> read_stop(const Fields& request) {
  const Json& stop = request.json("stop");
  if (stop.is_string()) return {stop.get<std::string>()};
  std::vector<std::string> all;
  for (const Json& one : stop) all.push_back(one.get<std::string>());
  return all;
}

bool only_transcribes(const Prompt& prompt, const TextOptions& options) {
  const size_t parts = prompt.size();
  return parts > 0 && prompt.back().kind == Part::Kind::audio &&
         (parts == 1 || prompt[parts - 2].kind == Part::Kind::answer) &&
         (options.task == TextOptions::Task::automatic ||
          options.task == TextOptions::Task::transcribe);
}

}  // namespace tutti
