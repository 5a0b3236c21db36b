#include "serve/api/prompt_reader.h"

#include <algorithm>

#include "base/quote.h"
#include "format/languages.h"
#include "runtime/prompt.h"
#include "serve/api/data_url.h"
#include "serve/api/history.h"

namespace tutti {
namespace {

constexpr size_t kLongestStop = 1024;
const std::vector<std::string> kRoles = {"user", "assistant", "system", "developer", "tool"};

std::optional<Draft> upload_of(Fields& fields, Part::Kind kind,
                               Result<std::vector<uint8_t>> bytes) {
  if (bytes) return Draft(MediaUpload{kind, *std::move(bytes), fields.path()});
  fields.refuse(bytes.error());
  return std::nullopt;
}

// {"image_url": {"url": "data:..."}} as in chat, {"image_url": "data:..."} as in responses.
std::optional<Draft> part_of_url(Fields& part, const char* name, Part::Kind kind) {
  const bool plain = part.json(name).is_string();
  Fields holder = plain ? part : part.object(name);
  const std::string url = plain ? part.required_text(name) : holder.required_text("url");
  if (url.empty()) return std::nullopt;
  Result<Upload> upload = read_data_url(url);
  if (!upload) {
    holder.refuse(upload.error());
    return std::nullopt;
  }
  return upload_of(holder, kind, std::move(upload->bytes));
}

std::optional<Draft> part_of_audio(Fields& part) {
  Fields audio = part.object("input_audio");
  const std::string data = audio.required_text("data");
  if (data.empty()) return std::nullopt;
  return upload_of(audio, Part::Kind::audio, decode_base64(data));
}

// Content is a string or an array of parts. Stops at the first that cannot be read.
Draft read_content(Fields& message) {
  Draft draft;
  const Json& content = message.json("content");
  if (content.is_string()) {
    if (!content.get_ref<const std::string&>().empty())
      draft.append(Draft(Part::of_text(content.get<std::string>())));
    return draft;
  }
  if (message.has("content") && !content.is_array())
    message.refuse("content", "must be a string or an array of parts");
  for (Fields& part : message.objects("content")) {
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

// What an assistant said. Anything but text (a refusal, a reference to sound) says nothing: the
// server keeps none of it.
Draft read_answer(Fields& message) {
  const Json& content = message.json("content");
  if (content.is_string()) return Draft(Part::of_answer(content.get<std::string>()));
  std::string text;
  if (content.is_array())
    for (Fields& part : message.objects("content")) text += part.text("text");
  return Draft(Part::of_answer(text));
}

// Its role.
std::string check_message(Fields& message) {
  const std::string role = message.choice("role", kRoles, "");
  if (!message.has("content") && role != "assistant") message.refuse("content", "is needed");
  return role;
}

// The last turn is read whole. What it says and shows is measured before any of it is decoded.
void check_last(Fields& request, const char* name, const Draft& last, const Api& api) {
  const LoadedModel& model = api.engine().model();
  int64_t rows = 1;  // of what is asked, at least
  size_t bytes = 0;
  for (const Part& part : last.prompt) {
    rows += media_rows(model.config, part);
    bytes += part.text.size();
  }
  Status fits = check_length(model, bytes, "the last user message");
  if (fits) fits = check_context(model.config, rows, "what the last user message shows");
  if (!fits)
    request.refuse(name, "cannot be read: " + fits.error().message(), "context_length_exceeded");
}

}  // namespace

std::optional<Draft> read_part(Fields& part) {
  const std::string type = part.text("type");
  if (type == "text" || type == "input_text" || type == "output_text")
    return Draft(Part::of_text(part.text("text")));
  if (type == "image_url" || type == "input_image")
    return part_of_url(part, "image_url", Part::Kind::picture);
  if (type == "video_url" || type == "input_video")
    return part_of_url(part, "video_url", Part::Kind::clip);
  if (type == "input_audio") return part_of_audio(part);
  part.refuse("type", "is " + quote(type) + "; it can be text, image_url, input_audio, video_url",
              "unsupported_value");
  return std::nullopt;
}

Draft read_messages(Fields& request, const char* name, const Api& api) {
  if (request.json(name).is_string()) {
    Draft draft(Part::of_text(request.required_text(name)));
    check_last(request, name, draft, api);
    return draft;
  }
  std::vector<Fields> messages = request.objects(name);
  auto last = messages.rend();  // of the user's
  for (auto message = messages.rbegin(); message != messages.rend(); ++message) {
    const std::string role = check_message(*message);
    if (role == "user" && last == messages.rend()) last = message;
  }
  if (last == messages.rend()) {
    request.refuse(name, "must hold a message whose role is user", "missing_required_parameter");
    return {};
  }
  if (count_media(last->json()) > api.limits().most_parts) {
    request.refuse(name, "bring more than " + std::to_string(api.limits().most_parts) +
                             " pictures, sounds and videos");
    return {};
  }
  History history(api);
  for (auto message = last; message != messages.rend(); ++message) {
    const std::string role = message->text("role");
    if (role != "user" && role != "assistant") continue;
    const int media = role == "user" ? count_media(message->json()) : 0;
    if (message != last && !history.wants(media, count_bytes(message->json()))) break;
    Draft draft = role == "user" ? read_content(*message) : read_answer(*message);
    if (message == last) {
      if (draft.empty()) request.refuse(name, "are empty: the last user message says nothing");
      check_last(request, name, draft, api);
      if (request.refused()) return {};
    }
    history.add(std::move(draft));
  }
  return history.take();
}

void check_model(Fields& request, const Api& api, bool required) {
  if (!required && !request.has("model")) return;
  const std::string model = request.required_text("model");
  if (model.empty() || model == api.options().model) return;
  request.refuse("model", "is " + quote(model) + "; this server has " + api.options().model,
                 "model_not_found");
}

TextOptions read_text_options(Fields& request, const Api& api, const char* max_tokens_name) {
  static const std::vector<std::pair<std::string, TextOptions::Task>> tasks = {
      {"automatic", TextOptions::Task::automatic},
      {"name", TextOptions::Task::name},
      {"caption", TextOptions::Task::caption},
      {"answer", TextOptions::Task::answer},
      {"transcribe", TextOptions::Task::transcribe}};
  TextOptions options;
  // Clients ask for 4096 without thinking of it: more than can be had is as much as can be had.
  options.max_tokens = int(std::min<int64_t>(request.integer(max_tokens_name, 64, 1, INT32_MAX),
                                             api.limits().most_tokens));
  options.temperature = float(request.number("temperature", 0, 0, 2));
  options.top_p = float(request.number("top_p", 1, 1e-6, 1));
  options.top_k = int(request.integer("top_k", 0, 0, 1 << 20));
  options.seed = uint64_t(request.integer("seed", 0, INT64_MIN, INT64_MAX));
  if (auto known = resolve_language(request.text("language", options.language)))
    options.language = *std::move(known);
  else
    request.refuse("language", known.error().message(), "unsupported_value");
  const std::string task =
      request.choice("task", {"automatic", "name", "caption", "answer", "transcribe"}, "automatic");
  for (const auto& [name, value] : tasks)
    if (name == task) options.task = value;
  return options;
}

std::vector<std::string> read_stop(Fields& request) {
  const Json& stop = request.json("stop");
  std::vector<std::string> all;
  const auto take = [&](const Json& one) {
    const std::string* text = one.is_string() ? &one.get_ref<const std::string&>() : nullptr;
    if (text && !text->empty() && text->size() <= kLongestStop && all.size() < 4) {
      all.push_back(*text);
      return true;
    }
    request.refuse("stop", "must be a string of 1 to " + std::to_string(kLongestStop) +
                               " bytes, or an array of up to four");
    return false;
  };
  if (stop.is_array())
    (void)std::all_of(stop.begin(), stop.end(), take);
  else if (!stop.is_null())
    take(stop);
  return all;
}

void refuse_tools(Fields& request) {
  const char* instead = "this model calls no tools; leave it out";
  request.unsupported("tools", Json::array(), instead);
  request.unsupported("functions", Json::array(), instead);
  request.unsupported("function_call", "none", instead);
  if (request.json("tool_choice") != "auto") request.unsupported("tool_choice", "none", instead);
}

bool only_transcribes(const Prompt& prompt, const TextOptions& options) {
  const size_t parts = prompt.size();
  return parts > 0 && prompt.back().kind == Part::Kind::audio &&
         (parts == 1 || prompt[parts - 2].kind == Part::Kind::answer) &&
         (options.task == TextOptions::Task::automatic ||
          options.task == TextOptions::Task::transcribe);
}

}  // namespace tutti
