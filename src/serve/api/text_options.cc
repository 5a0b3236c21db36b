#include "serve/api/text_options.h"

#include <algorithm>
#include <map>

#include "base/quote.h"
#include "engine/text_prompt.h"
#include "format/text/languages.h"
#include "serve/contract/check.h"

namespace tutti {

namespace {

// What may name a model has neither quotes nor backslashes, so a shell takes it in quotes as it is.
std::string how_to_call_it(const std::string& model, const std::string& other) {
  if (!check_model_name(model)) return "";
  const bool plain = safe_name(model) == model && safe_name(other) == other;
  const std::string pair = model + "=" + other;
  return ", or start it with --alias " + (plain ? pair : "'" + pair + "'");
}

}  // namespace

std::string no_such_model(const std::string& model, const Api& api) {
  const std::string served = api.models().names(), first = api.models().default_name();
  if (model.empty()) return "is empty; send " + first;
  return quote(model, 40) + " is not served; this server has " + served + ". Send " +
         (served == first ? "that" : "one of them") + how_to_call_it(model, first);
}

ServedPtr read_model(const Fields& request, const Api& api) {
  if (!request.has("model")) return api.models().find();
  const std::string name = request.text("model");
  ServedPtr model = name.empty() ? nullptr : api.models().find(name);
  if (model) return model;
  request.refuse("model", no_such_model(name, api), "model_not_found");
  return api.models().find();
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

bool read_include_usage(const Fields& request) {
  if (request.has("stream_options") && !request.flag("stream"))
    request.refuse("stream_options", "is of streams; send it with stream: true, or leave it out",
                   "invalid_value");
  return request.object("stream_options").flag("include_usage");
}

}  // namespace tutti
