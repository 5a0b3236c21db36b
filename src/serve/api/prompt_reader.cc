#include "serve/api/prompt_reader.h"

#include <algorithm>

#include "base/quote.h"
#include "format/languages.h"
#include "runtime/prompt.h"
#include "serve/api/data_url.h"
#include "serve/api/history.h"
#include "serve/contract/check.h"

namespace tutti {
namespace {

// {"image_url": {"url": "data:..."}} as in chat, {"image_url": "data:..."} as in responses.
std::optional<Draft> part_of_url(const Fields& part, const char* name, Part::Kind kind) {
  const Json& said = part.json(name);
  const Json& url = said.is_object() ? part.object(name).json("url") : said;
  Result<std::vector<uint8_t>> bytes = read_data_url(url.get_ref<const std::string&>());
  if (bytes) return Draft(MediaUpload{kind, *std::move(bytes), part.path(name)});
  part.refuse(name, bytes.error());
  return std::nullopt;
}

std::optional<Draft> part_of_audio(const Fields& part) {
  const Fields sound = part.object("input_audio");
  Result<std::vector<uint8_t>> bytes =
      decode_media(sound.json("data").get_ref<const std::string&>());
  if (bytes)
    return Draft(MediaUpload{Part::Kind::audio, *std::move(bytes), part.path("input_audio")});
  sound.refuse("data", bytes.error());
  return std::nullopt;
}

// Content is a string or an array of parts. Stops at the first that cannot be read.
Draft read_content(const Fields& message) {
  Draft draft;
  const Json& content = message.json("content");
  if (content.is_string() && !content.get_ref<const std::string&>().empty())
    draft.append(Draft(Part::of_text(content.get<std::string>())));
  for (const Fields& part : message.objects("content")) {
    auto read = read_part(part);
    if (!read) break;
    draft.append(std::move(*read));
  }
  return draft;
}

// How many pictures, sounds and videos a message brings, counted before any is decoded.
int count_media(const Json& message) {
  const auto content = message.find("content");
  if (content == message.end() || !content->is_array()) return 0;
  int count = 0;
  for (const Json& part : *content) {
    if (!part.is_object() || !part.contains("type") || !part["type"].is_string()) continue;
    count += part["type"].get_ref<const std::string&>().find("text") == std::string::npos;
  }
  return count;
}

// Bytes of text that a message brings, counted before they are copied.
size_t count_bytes(const Json& message) {
  const auto content = message.find("content");
  if (content == message.end()) return 0;
  const auto size = [](const Json& text) {
    return text.is_string() ? text.get_ref<const std::string&>().size() : 0;
  };
  size_t bytes = size(*content);
  if (content->is_array())
    for (const Json& part : *content)
      if (part.is_object() && part.contains("text")) bytes += size(part["text"]);
  return bytes;
}

// What an assistant said: its text, else what it spoke. Anything else (a refusal, a call of a tool)
// says nothing.
Draft read_answer(const Fields& message) {
  const Json& content = message.json("content");
  if (content.is_string()) return Draft(Part::of_answer(content.get<std::string>()));
  std::string text;
  for (const Fields& part : message.objects("content")) text += part.text("text");
  const Fields audio = message.object("audio");
  if (content.is_null() && message.has("audio")) {
    if (!audio.has("transcript"))
      message.refuse("audio",
                     "is not kept by this server; send its transcript with it, or as content",
                     "unsupported_value");
    text = audio.text("transcript");
  }
  return Draft(Part::of_answer(text));
}

// Who speaks; empty for what is no message (a call of a tool, reasoning).
std::string role_of(const Fields& message) {
  const bool is_message = message.text("type", "message") == "message";
  return is_message ? message.text("role") : "";
}

// By its bytes alone, before any of it is copied.
bool check_bytes(const Fields& request, const char* name, size_t bytes, const Api& api) {
  const Status fits = check_length(api.engine().model(), bytes, "the last user message");
  if (!fits)
    request.refuse(name, "cannot be read: " + fits.error().message(), "context_length_exceeded");
  return bool(fits);
}

// The last turn is read whole. What it shows is measured before any of it is decoded.
void check_last(const Fields& request, const char* name, const Draft& last, const Api& api) {
  const LoadedModel& model = api.engine().model();
  int64_t rows = 1;  // of what is asked, at least
  for (const Part& part : last.prompt) rows += media_rows(model.config, part);
  const Status fits = check_context(model.config, rows, "what the last user message shows");
  if (!fits)
    request.refuse(name, "cannot be read: " + fits.error().message(), "context_length_exceeded");
}

}  // namespace

std::optional<Draft> read_part(const Fields& part) {
  const std::string type = part.text("type");
  if (type == "image_url" || type == "input_image")
    return part_of_url(part, "image_url", Part::Kind::picture);
  if (type == "video_url" || type == "input_video")
    return part_of_url(part, "video_url", Part::Kind::clip);
  if (type == "input_audio") return part_of_audio(part);
  return Draft(Part::of_text(part.text("text")));
}

Draft read_messages(const Fields& request, const char* name, const Api& api) {
  if (request.refused()) return {};
  if (request.json(name).is_string()) {
    if (!check_bytes(request, name, request.bytes(name), api)) return {};
    Draft draft(Part::of_text(request.text(name)));
    check_last(request, name, draft, api);
    return draft;
  }
  const std::vector<Fields> messages = request.objects(name);
  const auto last = std::find_if(messages.rbegin(), messages.rend(),
                                 [](const Fields& message) { return role_of(message) == "user"; });
  if (last == messages.rend()) {
    request.refuse(name, "must hold a message whose role is user", "missing_required_parameter");
    return {};
  }
  if (count_media(last->json()) > api.limits().most_parts) {
    request.refuse(name,
                   "bring more than " + std::to_string(api.limits().most_parts) +
                       " pictures, sounds and videos",
                   "array_above_max_length");
    return {};
  }
  if (!check_bytes(request, name, count_bytes(last->json()), api)) return {};
  History history(api);
  for (auto message = last; message != messages.rend(); ++message) {
    const std::string role = role_of(*message);
    if (role != "user" && role != "assistant") continue;
    const int media = role == "user" ? count_media(message->json()) : 0;
    if (message != last && !history.wants(media, count_bytes(message->json()))) break;
    Draft draft = role == "user" ? read_content(*message) : read_answer(*message);
    if (message == last) {
      if (draft.empty()) request.refuse(name, "are empty: the last user message says nothing");
      check_last(request, name, draft, api);
    }
    if (request.refused()) return {};
    history.add(std::move(draft));
  }
  return history.take();
}

std::string no_such_model(const std::string& model, const Api& api) {
  const std::string& served = api.options().model;
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
  read_task(request, options);
  return options;
}

void read_task(const Fields& request, TextOptions& options) {
  static const std::vector<std::pair<std::string, TextOptions::Task>> tasks = {
      {"automatic", TextOptions::Task::automatic},
      {"name", TextOptions::Task::name},
      {"caption", TextOptions::Task::caption},
      {"answer", TextOptions::Task::answer},
      {"transcribe", TextOptions::Task::transcribe}};
  options.language = read_language(request, options.language);
  const std::string task = request.text("task");
  for (const auto& [name, value] : tasks)
    if (name == task) options.task = value;
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
