// The messages of a chat, the items of a response, and the parts of both.
#include "serve/contract/tables/messages.h"

#include "serve/contract/tables/media_urls.h"

namespace tutti::tables {
namespace {

const char* const kDetail = "A picture is always seen whole.";
const char* const kUp = "Which axis of the file points up: y in most OBJ files.";

std::vector<Field> part_extras() {
  return {field::ignored("cache_control", "Each request reads its conversation anew.")};
}

ShapePtr part(std::string name, std::vector<Field> fields) {
  append(fields, part_extras());
  return share({std::move(name), std::move(fields)});
}

// {"url": ...}, or the URL itself.
Field media(const char* name, std::string about, std::vector<Field> more) {
  std::vector<Field> fields = {field::text("url", "data:TYPE;base64,...").need()};
  append(fields, std::move(more));
  Field url = field::text(name, std::move(about)).or_object(share({"", std::move(fields)}));
  return url.need();
}

Field no_upload(const char* name) {
  return field::refused("file_id", "[]",
                        std::string("uploads are not references here; send the bytes as ") + name +
                            ": data:TYPE;base64,...");
}

ShapePtr text_part(std::string name, Field::Text words) {
  const bool may_be_empty = words == Field::Text::any;
  Field text = field::text(
      "text", may_be_empty ? "What was said; may be empty." : "What is said; not empty.");
  text.needed = true;
  text.words = words;
  return part(std::move(name),
              {std::move(text), field::ignored("annotations", "Of answers that come back."),
               field::ignored("logprobs", "Of answers that come back.")});
}

ShapePtr shown_part(const MediaUrl& url) {
  std::vector<Field> detail;
  if (url.detailed) detail.push_back(field::ignored("detail", kDetail));
  std::vector<Field> fields = {no_upload(url.field), media(url.field, url.about, detail)};
  append(fields, detail);
  if (url.turned) fields.push_back(field::choice("up", {"y", "z"}, "z", kUp));
  return part(url.schema, std::move(fields));
}

ShapePtr sound_part() {
  return part(
      "SoundPart",
      {no_upload("input_audio"),
       field::object("input_audio",
                     share({"",
                            {field::text("data", "A sound file in base64, or its data URL.").need(),
                             field::ignored("format", "It is told from the bytes.")}}),
                     "A sound file.")
           .need()});
}

Field content(bool needed, ShapePtr part) {
  Field content = field::text("content", "A text or parts.").or_list(type::object, SIZE_MAX);
  content.shape = std::move(part);
  content.needed = needed;
  return content;
}

Shape read_over(std::string name, std::string about) {
  Shape shape{std::move(name), {}, std::move(about)};
  shape.open = true;
  return shape;
}

// Of an answer that comes back only the text is read.
ShapePtr answer_part() {
  Shape part{"AnswerPart", {}, "A piece of an answer that comes back: its text is read."};
  part.tag = "type";
  std::vector<std::string> silent = {"refusal", "output_image", "input_audio", "output_audio"};
  for (const MediaUrl& url : kMediaUrls) silent.insert(silent.end(), {url.field, url.type});
  part.variants = {
      {{"text", "input_text", "output_text"}, text_part("AnswerTextPart", Field::Text::any), ""},
      {std::move(silent),
       share(read_over("SilentPart", "Of an answer that comes back; read over.")), ""}};
  return share(std::move(part));
}

// What providers put into an answer and clients send back as they got it.
std::vector<Field> answer_extras() {
  const char* over = "Read over: the model reads what was said.";
  std::vector<Field> all;
  for (const char* name :
       {"refusal", "annotations", "tool_calls", "function_call", "reasoning", "reasoning_content",
        "reasoning_details", "thinking_blocks", "provider_specific_fields", "images"})
    all.push_back(field::ignored(name, over));
  return all;
}

ShapePtr spoken() {
  return share({"",
                {field::text("transcript", "What was said; read where content says nothing."),
                 field::ignored("id", "No sound is kept."),
                 field::ignored("data", "The transcript is read."),
                 field::ignored("expires_at", "No sound is kept."),
                 field::ignored("format", "No sound is kept.")}});
}

ShapePtr message_of(std::string name, std::vector<Field> fields) {
  fields.push_back(field::ignored("name", "The model does not tell speakers apart."));
  append(fields, part_extras());
  return share({std::move(name), std::move(fields)});
}

std::vector<Variant> roles(std::vector<Field> answer) {
  std::vector<Field> assistant = {content(false, answer_part())};
  append(assistant, std::move(answer));
  append(assistant, answer_extras());
  return {
      {{"user"}, message_of("UserMessage", {content(true, content_part())}), ""},
      {{"assistant"}, message_of("AssistantMessage", std::move(assistant)), ""},
      {{"system", "developer"}, message_of("Instructions", {content(true, content_part())}), ""}};
}

}  // namespace

ShapePtr content_part() {
  Shape part{"Part", {}, "A piece of content. The names of chat and of responses mean the same."};
  part.tag = "type";
  const char* file = "files are not read; send a picture as image_url, a sound as input_audio";
  part.variants = {
      {{"text", "input_text", "output_text"}, text_part("TextPart", Field::Text::not_empty), ""},
      {{"input_audio"}, sound_part(), ""},
      {{"refusal"}, nullptr, "it is of answers; send what is said as text"},
      {{"file", "input_file"}, nullptr, file},
      {{"audio_url"}, nullptr, "send input_audio: {\"data\": the sound in base64}"},
      {{"image"}, nullptr, "send image_url: {\"url\": \"data:...\"}"}};
  for (const MediaUrl& url : kMediaUrls)
    part.variants.push_back({{url.field, url.type}, shown_part(url), ""});
  return share(std::move(part));
}

ShapePtr chat_message() {
  Shape message{"Message", {}, "A message of a conversation."};
  message.tag = "role";
  message.variants = roles({field::object(
      "audio", spoken(), "An answer that was spoken, as it came: its transcript is read.")});
  message.variants.push_back(
      {{"tool", "function"},
       share(
           read_over("ToolMessage", "What a tool answered: read over, the model knows no tools.")),
       ""});
  return share(std::move(message));
}

ShapePtr response_item() {
  Shape message{
      "ItemMessage",
      {field::ignored("id", "No item is kept."), field::ignored("status", "Items are whole."),
       field::ignored("phase", "The model reads what was said.")},
      "A message of a response's input."};
  message.tag = "role";
  message.variants = roles({});
  Shape item{"Item", {}, "An item of a response's input."};
  item.tag = "type";
  item.usual = "message";
  item.variants = {
      {{"message"}, share(std::move(message)), ""},
      {{"function_call",
        "function_call_output",
        "custom_tool_call",
        "custom_tool_call_output",
        "reasoning",
        "web_search_call",
        "file_search_call",
        "code_interpreter_call",
        "image_generation_call",
        "computer_call",
        "computer_call_output",
        "local_shell_call",
        "local_shell_call_output",
        "shell_call",
        "shell_call_output",
        "apply_patch_call",
        "apply_patch_call_output",
        "mcp_call",
        "mcp_list_tools",
        "mcp_approval_request",
        "mcp_approval_response",
        "compaction"},
       share(read_over("ToolItem", "A turn of tools or of reasoning, of other models: read over.")),
       ""},
      {{"item_reference"},
       nullptr,
       "this server keeps no items to refer to; send the item itself: {\"type\": \"message\", "
       "\"role\": ..., \"content\": ...} (clients do so with store: false)"}};
  return share(std::move(item));
}

}  // namespace tutti::tables
