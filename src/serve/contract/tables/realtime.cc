// The events that a client of /v1/realtime sends.
#include "serve/contract/tables/realtime.h"

namespace tutti::tables {
namespace {

ShapePtr sound_format() {
  return share({"",
                {field::choice("type", {"audio/pcm"}, "audio/pcm", "16 bits, mono."),
                 field::number_choice("rate", {16000, 24000}, 24000,
                                      "Samples a second; 16000 is the model's own.")}});
}

ShapePtr turn_detection() {
  return share({"",
                {field::choice("type", {"server_vad"}, "server_vad", "How turns are told."),
                 field::number("threshold", 0, 1, {}, "How loud speech is; what was set before."),
                 field::integer("prefix_padding_ms", 0, 5000, {}, "Kept from before the speech."),
                 field::integer("silence_duration_ms", 100, 10000, {}, "Silence that ends a turn."),
                 field::flag("create_response", {}, "Answer when the speaker has ended."),
                 field::flag("interrupt_response", {}, "Stop an answer when somebody speaks."),
                 field::refused("idle_timeout_ms", "[]", "a silent session waits"),
                 field::refused("eagerness", R"(["auto"])", "silence_duration_ms ends a turn")}});
}

ShapePtr transcription() {
  return share({"",
                {field::ignored("model", "The session's model hears."),
                 field::text("language", "English (en) is the only one that the model hears.")
                     .at_most_bytes(35),
                 field::refused("prompt", R"([""])", "the model hears the sound alone")}});
}

ShapePtr sound_output() {
  return share({"",
                {field::object("format", sound_format(), "Of the sound that goes out."), voice(),
                 field::number("speed", 0.25, 4, {}, "2 speaks twice as fast.")}});
}

ShapePtr session_audio() {
  Shape input{
      "",
      {field::object("format", sound_format(), "Of the sound that comes in."),
       field::object("transcription", transcription(), "Tell what was heard; null: do not."),
       field::object("turn_detection", turn_detection(),
                     "null: the client says when a turn has ended."),
       field::refused("noise_reduction", "[]", "sound is heard as it comes")}};
  return share({"",
                {field::object("input", share(std::move(input)), "What comes in."),
                 field::object("output", sound_output(), "What goes out.")}});
}

ShapePtr response_audio() {
  return share({"",
                {field::object("output", sound_output(), "What goes out; the session's otherwise."),
                 field::refused("input", "[{}]",
                                "what comes in is the session's; send "
                                "session.update")}});
}

Field max_tokens() {
  Field most = field::integer("max_output_tokens", 1, field::kLargest, {},
                              "Longest answer, in tokens, or \"inf\". More than --max-tokens is "
                              "cut to that.");
  most.types |= type::text;
  most.choices = {"inf"};
  return most;
}

Field modalities() {
  Field modalities =
      field::list("output_modalities", type::text, "[\"audio\"], which is spoken, or [\"text\"].");
  modalities.choices = {"audio", "text"};
  modalities.most_items = 1;
  modalities.fewest_items = 1;
  return modalities;
}

std::vector<Field> refused_settings() {
  const char* prompts = "this server keeps no prompts, and the model reads none; leave it out";
  std::vector<Field> all = refused_tools();
  append(all, {field::refused("prompt", "[]", prompts),
               field::refused("reasoning", "[]", "the model does not reason"),
               field::refused("include", "[[]]", "this model gives no log probabilities"),
               field::refused("truncation", R"(["auto"])",
                              "the oldest turns are left out where a conversation is too long"),
               field::ignored("parallel_tool_calls", "The model calls no tools."),
               field::ignored("tracing", "Nothing is traced."),
               field::ignored("metadata", "Of a response, it is repeated in it.")});
  return all;
}

// The beta's names, which clients of the released API send without its header; of a session or of a
// response, which has nothing that comes in.
std::vector<Field> refused_beta(bool session) {
  const std::pair<const char*, const char*> names[] = {
      {"turn_detection", "audio.input.turn_detection"},
      {"input_audio_format", "audio.input.format"},
      {"input_audio_transcription", "audio.input.transcription"},
      {"output_audio_format", "audio.output.format"},
      {"voice", "audio.output.voice"},
      {"speed", "audio.output.speed"},
      {"modalities", "output_modalities"},
      {"max_response_output_tokens", "max_output_tokens"}};
  std::vector<Field> all;
  for (const auto& [name, instead] : names) {
    if (!session && std::string_view(instead).starts_with("audio.input")) continue;
    all.push_back(field::refused(
        name, "[]",
        std::string("send ") + instead + ", or connect with the header OpenAI-Beta: realtime=v1"));
  }
  return all;
}

ShapePtr session() {
  std::vector<Field> fields = {
      field::choice("type", {"realtime", "transcription"}, {},
                    "transcription: nothing is answered."),
      model_field(false),
      field::text("instructions", "Shown in the session; the model was taught none.")
          .at_most_bytes(64 << 10),
      modalities(),
      max_tokens(),
      field::object("audio", session_audio(), "Sound."),
      field::text("language", "As in chat. Beyond OpenAI's.").at_most_bytes(35),
      field::number("temperature", 0, 2, {}, "As in chat."),
      field::integer("seed", -field::kUnbounded, field::kUnbounded, {},
                     "As in chat. Beyond OpenAI's.")};
  append(fields, refused_settings());
  append(fields, refused_beta(true));
  for (const char* name : {"id", "object", "expires_at", "client_secret"})
    fields.push_back(field::ignored(name, "Of a session that comes back."));
  return share({"Session", std::move(fields), "What a session is set to."});
}

ShapePtr item_part() {
  Shape part{"RealtimePart", {}, "A piece of an item's content."};
  part.tag = "type";
  const auto sound = [](const char* name, bool needed) {
    Field audio = field::text("audio", "Base64 of 16-bit PCM in the session's format.");
    audio.needed = needed;
    std::vector<Field> fields = {needed ? audio.need()
                                        : field::ignored("audio", "It is not kept.")};
    fields.push_back(needed ? field::ignored("transcript", "What is sent is heard.")
                            : field::text("transcript", "What was said."));
    return share({name, std::move(fields)});
  };
  const Field url = field::text("image_url", "data:TYPE;base64,...").need();
  part.variants = {{{"input_text", "output_text", "text"},
                    share({"RealtimeText", {field::text("text", "What is said.")}}),
                    ""},
                   {{"input_audio"}, sound("RealtimeSound", true), ""},
                   {{"output_audio", "audio"}, sound("RealtimeAnswer", false), ""},
                   {{"input_image"},
                    share({"RealtimePicture",
                           {url, field::ignored("detail", "A picture is always seen whole."),
                            field::refused("file_id", "[]",
                                           "uploads are not references here; send image_url: "
                                           "data:TYPE;base64,...")}}),
                    ""}};
  return share(std::move(part));
}

ShapePtr realtime_item() {
  Field content = field::list("content", item_part(), "What is said and shown.").need();
  content.fewest_items = 1;
  Shape message{"RealtimeMessage",
                {field::choice("role", {"user", "assistant", "system"}, "user", "Who speaks."),
                 std::move(content), field::ignored("status", "Items are whole.")}};
  Shape item{"RealtimeItem",
             {field::text("id", "Chosen by the client, at most 64 bytes.").at_most_bytes(64),
              field::ignored("object", "Of an item that comes back.")},
             "An item of a conversation."};
  item.tag = "type";
  item.usual = "message";
  item.variants = {{{"message"}, share(std::move(message)), ""},
                   {{"function_call", "function_call_output", "mcp_call", "mcp_list_tools",
                     "mcp_approval_request", "mcp_approval_response"},
                    nullptr,
                    "this model calls no tools"}};
  return share(std::move(item));
}

ShapePtr response_wish() {
  std::vector<Field> fields = {
      field::ignored("instructions", "The model was taught none, and reads none."),
      modalities(),
      max_tokens(),
      field::choice("conversation", {"auto", "none"}, "auto", "none: beside the conversation."),
      field::list("input", realtime_item(), "What is answered instead of the conversation."),
      field::number("temperature", 0, 2, {}, "As in chat."),
      field::object("metadata", own_texts(),
                    "Repeated in it. At most 16 texts of up to 512 characters, whose names "
                    "have up to 64."),
      field::object("audio", response_audio(), "How it sounds.")};
  for (Field& one : refused_settings())
    if (one.name != "metadata") fields.push_back(std::move(one));
  append(fields, refused_beta(false));
  return share({"ResponseWish", std::move(fields), "What an answer is to be like."});
}

Variant event(std::vector<std::string> types, std::string name, std::vector<Field> fields) {
  return {std::move(types), share({std::move(name), std::move(fields)}), ""};
}

Field item_id() {
  return field::text("item_id", "Of an item of the conversation.").need();
}

}  // namespace

ShapePtr realtime_event() {
  Shape event_shape{"RealtimeEvent",
                    {field::text("event_id", "Comes back with an error.").at_most_bytes(512)},
                    "What a client of /v1/realtime sends."};
  event_shape.tag = "type";
  event_shape.variants = {
      event({"session.update"}, "SessionUpdate",
            {field::object("session", session(), "What changes.").need()}),
      event({"input_audio_buffer.append"}, "AppendAudio",
            {field::text("audio", "Base64 of 16-bit PCM in the session's format.").need()}),
      event({"input_audio_buffer.commit", "input_audio_buffer.clear"}, "AudioBuffer", {}),
      event({"conversation.item.create"}, "CreateItem",
            {field::object("item", realtime_item(), "What is added.").need(),
             field::text("previous_item_id", "Where it goes; root is the beginning.")}),
      event({"conversation.item.delete", "conversation.item.retrieve"}, "NamedItem", {item_id()}),
      event({"conversation.item.truncate"}, "TruncateItem",
            {item_id(), field::integer("content_index", 0, 1000, 0, "Of the content."),
             field::integer("audio_end_ms", 0, 2147483647, 0, "Where the sound ends.")}),
      event({"response.create"}, "CreateResponse",
            {field::object("response", response_wish(), "What the answer is to be like.")}),
      event({"response.cancel"}, "CancelResponse",
            {field::text("response_id", "The answer under way, where it is not named.")}),
      {{"output_audio_buffer.clear"},
       nullptr,
       "sound goes out as it is spoken; send response.cancel"}};
  return share(std::move(event_shape));
}

}  // namespace tutti::tables
