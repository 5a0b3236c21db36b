#include "serve/api/prompt_reader.h"

#include <algorithm>

#include "engine/prompt.h"
#include "engine/text_prompt.h"
#include "serve/api/history.h"
#include "serve/api/uploads/data_url.h"
#include "serve/api/uploads/decode_upload.h"
#include "serve/contract/tables/media_urls.h"

namespace tutti {
namespace {

// {"image_url": {"url": "data:..."}} as in chat, {"image_url": "data:..."} as in responses.
std::optional<Draft> part_of_url(const Fields& part, const tables::MediaUrl& shown) {
  const char* name = shown.field;
  const Json& said = part.json(name);
  const Json& url = said.is_object() ? part.object(name).json("url") : said;
  Result<std::vector<uint8_t>> bytes = read_data_url(url.get_ref<const std::string&>());
  const UpAxis up = shown.turned && part.text("up", "z") == "y" ? UpAxis::y : UpAxis::z;
  if (bytes) return Draft(MediaUpload{&upload_kind(name), *std::move(bytes), part.path(name), up});
  part.refuse(name, bytes.error());
  return std::nullopt;
}

std::optional<Draft> part_of_audio(const Fields& part) {
  const Fields sound = part.object("input_audio");
  Result<std::vector<uint8_t>> bytes =
      decode_media(sound.json("data").get_ref<const std::string&>());
  if (bytes)
    return Draft(
        MediaUpload{&upload_kind("input_audio"), *std::move(bytes), part.path("input_audio")});
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

int count_media_of(const Json& message) {
  const auto content = message.find("content");
  return content == message.end() ? 0 : count_media(*content);
}

size_t bytes_of(const Json& object, const char* name) {
  const auto text = object.is_object() ? object.find(name) : object.end();
  return object.is_object() && text != object.end() && text->is_string()
             ? text->get_ref<const std::string&>().size()
             : 0;
}

// Bytes of text that a message brings, counted before they are copied.
size_t count_bytes(const Json& message) {
  size_t bytes = bytes_of(message, "content");
  const auto content = message.find("content"), audio = message.find("audio");
  if (content != message.end() && content->is_array())
    for (const Json& part : *content) bytes += bytes_of(part, "text");
  return audio == message.end() ? bytes : bytes + bytes_of(*audio, "transcript");
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

// The last turn is read whole: whether its text can fit, before it is copied.
bool check_last(const Fields& request, const char* name, size_t bytes, const LoadedModel& model) {
  const Status fits = check_length(model, bytes, "the last user message");
  if (!fits)
    request.refuse(name, "cannot be read: " + fits.error().message(), "context_length_exceeded");
  return bool(fits);
}

// And what it shows, before that is decoded.
void check_shown(const Fields& request, const char* name, const Draft& last,
                 const LoadedModel& model) {
  const ModelSpec& config = model.config;
  int64_t rows = 1;  // of what is asked, at least
  for (const Part& part : last.prompt) rows += media_rows(config, part);
  if (const Status fits = check_context(config, rows, "what the last user message shows"); !fits)
    request.refuse(name, "cannot be read: " + fits.error().message(), "context_length_exceeded");
}

}  // namespace

int count_media(const Json& parts) {
  int count = 0;
  for (const Json& part : parts) {
    if (!part.is_object() || !part.contains("type") || !part["type"].is_string()) continue;
    count += part["type"].get_ref<const std::string&>().find("text") == std::string::npos;
  }
  return count;
}

std::optional<Draft> read_part(const Fields& part) {
  const std::string type = part.text("type");
  for (const tables::MediaUrl& url : tables::kMediaUrls)
    if (type == url.field || type == url.type) return part_of_url(part, url);
  if (type == "input_audio") return part_of_audio(part);
  return Draft(Part::of_text(part.text("text")));
}

Draft read_messages(const Fields& request, const char* name, const LoadedModel& model,
                    const Api& api) {
  if (request.refused()) return {};
  if (request.json(name).is_string()) {
    const bool fits = check_last(request, name, request.bytes(name), model);
    return fits ? Draft(Part::of_text(request.text(name))) : Draft();
  }
  const std::vector<Fields> messages = request.objects(name);
  const auto last = std::find_if(messages.rbegin(), messages.rend(),
                                 [](const Fields& message) { return role_of(message) == "user"; });
  if (last == messages.rend()) {
    request.refuse(name, "must hold a message whose role is user", "missing_required_parameter");
    return {};
  }
  if (count_media_of(last->json()) > api.limits().most_parts) {
    request.refuse(name,
                   "bring more than " + std::to_string(api.limits().most_parts) +
                       " pictures, sounds, videos and clouds",
                   "array_above_max_length");
    return {};
  }
  if (!check_last(request, name, count_bytes(last->json()), model)) return {};
  History history(model, api.limits());
  for (auto message = last; message != messages.rend(); ++message) {
    const std::string role = role_of(*message);
    if (role != "user" && role != "assistant") continue;
    const int media = role == "user" ? count_media_of(message->json()) : 0;
    if (message != last && !history.wants(media, count_bytes(message->json()))) break;
    Draft draft = role == "user" ? read_content(*message) : read_answer(*message);
    check_taken(request, draft, model);
    if (message == last) {
      if (draft.empty()) request.refuse(name, "are empty: the last user message says nothing");
      check_shown(request, name, draft, model);
    }
    if (request.refused()) return {};
    history.add(std::move(draft));
  }
  return history.take();
}

void check_taken(const Fields& request, const Draft& draft, const LoadedModel& model) {
  if (const Status taken = check_kinds(draft.prompt, model); !taken)
    request.refuse(problem_of(taken.error(), 0));
}

void check_texts(const Fields& request, const char* name, const LoadedModel& model) {
  const auto check_one = [&](const Json& one, const std::string& param) {
    const size_t bytes =
        one.is_string() ? one.get_ref<const std::string&>().size() : bytes_of(one, "text");
    if (const Status fits = check_length(model, bytes, "it"); !fits)
      request.refuse(param.c_str(), "cannot be read: " + fits.error().message(),
                     "context_length_exceeded");
  };
  const Json& said = request.json(name);
  if (!said.is_array()) return check_one(said, name);
  for (size_t i = 0; i < said.size() && !request.refused(); ++i)
    check_one(said[i], std::string(name) + "[" + std::to_string(i) + "]");
}

Question read_question(const Fields& request, const char* messages, TextOptions options,
                       const Api& api) {
  ServedPtr model = read_model(request, api);
  options.task = read_task(request);
  options.language = read_language(request, options.language);
  Draft draft = read_messages(request, messages, *model->handle, api);
  Question question{std::move(model), std::move(options), std::move(draft)};
  if (!request.refused())
    check_task_fits(request, messages, question.draft.prompt, question.options);
  return question;
}

}  // namespace tutti
