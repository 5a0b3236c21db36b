#include "serve/api/prompt_reader.h"

#include "base/quote.h"
#include "serve/api/data_url.h"
#include "serve/api/history.h"
#include "serve/api/media.h"

namespace tutti {
namespace {

const std::vector<std::string> kRoles = {"user", "assistant", "system", "developer", "tool"};

using Decode = std::function<Result<Part>(std::span<const uint8_t>)>;

std::optional<Part> decoded(Fields& fields, Result<std::vector<uint8_t>> bytes,
                            const Decode& decode) {
  if (!bytes) {
    fields.refuse(bytes.error());
    return std::nullopt;
  }
  Result<Part> part = decode(*bytes);
  if (!part) fields.refuse(part.error());
  return part ? std::optional(*std::move(part)) : std::nullopt;
}

// {"image_url": {"url": "data:..."}} as in chat, {"image_url": "data:..."} as in responses.
std::optional<Part> part_of_url(Fields& part, const char* name, const Decode& decode) {
  const bool plain = part.json(name).is_string();
  Fields holder = plain ? part : part.object(name);
  const std::string url = plain ? part.required_text(name) : holder.required_text("url");
  if (url.empty()) return std::nullopt;
  Result<Upload> upload = read_data_url(url);
  if (!upload) {
    holder.refuse(upload.error());
    return std::nullopt;
  }
  return decoded(holder, std::move(upload->bytes), decode);
}

std::optional<Part> part_of_audio(Fields& part, const Decode& decode) {
  Fields audio = part.object("input_audio");
  const std::string data = audio.required_text("data");
  if (data.empty()) return std::nullopt;
  return decoded(audio, decode_base64(data), decode);
}

// Content is a string or an array of parts.
Prompt read_content(Fields& message, const Api& api) {
  Prompt prompt;
  const Json& content = message.json("content");
  if (content.is_string()) {
    if (!content.get_ref<const std::string&>().empty())
      prompt.push_back(Part::of_text(content.get<std::string>()));
    return prompt;
  }
  if (message.has("content") && !content.is_array())
    message.refuse("content", "must be a string or an array of parts");
  for (Fields& part : message.objects("content"))
    if (auto read = read_part(part, api)) prompt.push_back(std::move(*read));
  return prompt;
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

// What an assistant said. Anything but text (a refusal, a reference to sound) says nothing: the
// server keeps none of it.
Prompt read_answer(Fields& message) {
  const Json& content = message.json("content");
  if (content.is_string()) return {Part::of_answer(content.get<std::string>())};
  std::string text;
  if (content.is_array())
    for (Fields& part : message.objects("content")) text += part.text("text");
  return {Part::of_answer(text)};
}

// Its role.
std::string check_message(Fields& message) {
  const std::string role = message.choice("role", kRoles, "");
  if (!message.has("content") && role != "assistant") message.refuse("content", "is needed");
  if (role == "tool") message.refuse("role", "is tool, and this model calls no tools");
  return role;
}

}  // namespace

std::optional<Part> read_part(Fields& part, const Api& api) {
  const std::string type = part.text("type");
  if (type == "text" || type == "input_text" || type == "output_text")
    return Part::of_text(part.text("text"));
  if (type == "image_url" || type == "input_image")
    return part_of_url(part, "image_url", [&](auto bytes) { return picture_part(bytes, api); });
  if (type == "video_url" || type == "input_video")
    return part_of_url(part, "video_url", [&](auto bytes) { return video_part(bytes, api); });
  if (type == "input_audio")
    return part_of_audio(part, [&](auto bytes) { return sound_part(bytes, api); });
  part.refuse("type", "is " + quote(type) + "; it can be text, image_url, input_audio, video_url",
              "unsupported_value");
  return std::nullopt;
}

Prompt read_messages(Fields& request, const char* name, const Api& api) {
  if (request.json(name).is_string()) return {Part::of_text(request.required_text(name))};
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
    if (!history.wants(role == "user" ? count_media(message->json()) : 0)) break;
    Prompt parts = role == "user" ? read_content(*message, api) : read_answer(*message);
    if (message == last && parts.empty())
      request.refuse(name, "are empty: the last user message says nothing");
    history.add(std::move(parts));
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
  options.max_tokens = int(request.integer(max_tokens_name, 64, 1, api.limits().most_tokens));
  options.temperature = float(request.number("temperature", 0, 0, 2));
  options.top_p = float(request.number("top_p", 1, 1e-6, 1));
  options.top_k = int(request.integer("top_k", 0, 0, 1 << 20));
  options.seed = uint64_t(request.integer("seed", 0, INT64_MIN, INT64_MAX));
  options.language = request.text("language", "en");
  if (options.language.size() > 16) request.refuse("language", "must be a code such as en or de");
  const std::string task =
      request.choice("task", {"automatic", "name", "caption", "answer", "transcribe"}, "automatic");
  for (const auto& [name, value] : tasks)
    if (name == task) options.task = value;
  return options;
}

std::vector<std::string> read_stop(Fields& request) {
  const Json& stop = request.json("stop");
  std::vector<std::string> all;
  for (const Json& one : stop.is_array() ? stop : stop.is_null() ? Json::array() : Json{stop})
    if (one.is_string() && !one.get_ref<const std::string&>().empty() && all.size() < 4)
      all.push_back(one.get<std::string>());
    else
      request.refuse("stop", "must be a string that is not empty, or an array of up to four");
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
