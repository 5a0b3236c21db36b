// POST /v1/responses.
#include "serve/contract/tables/responses.h"

#include "serve/contract/tables/messages.h"

namespace tutti::tables {
namespace {

ShapePtr text_settings() {
  const char* plain = "answers are plain text; leave it out";
  Shape format{"",
               {field::choice("type", {"text"}, "text", "Answers are plain text.").advise(plain),
                field::refused("name", "[]", plain), field::refused("description", "[]", plain),
                field::refused("schema", "[]", plain), field::refused("strict", "[]", plain)}};
  return share({"",
                {field::object("format", share(std::move(format)), "Of the answer."),
                 field::refused("verbosity", R"(["medium"])", "send max_output_tokens"),
                 field::refused("stop", "[[]]", plain)}});
}

std::vector<Field> stateless() {
  const char* kept = "this server keeps no responses; send the whole input";
  return {
      field::refused("previous_response_id", "[]", kept),
      field::refused("conversation", "[]", kept),
      field::refused("background", "[false]", kept),
      field::refused("store", "[false]",
                     "this server keeps no responses; send store: false, and the whole input "
                     "with each request"),
      field::refused("prompt", "[]", "this server keeps no prompts; send what it says as input"),
      field::refused("context_management", "[[]]",
                     "the oldest turns are left out where a conversation is too long")};
}

std::vector<Field> response_only() {
  const char* reason = "the model does not reason; leave it out";
  Shape reasoning{"",
                  {field::refused("effort", R"(["none", "minimal"])", reason),
                   field::refused("summary", R"(["auto", "none"])", reason),
                   field::refused("generate_summary", R"(["auto"])", reason)}};
  Field include = field::list("include", type::text, "What answers of this model never hold.");
  include.choices = {"reasoning.encrypted_content",   "web_search_call.action.sources",
                     "web_search_call.results",       "file_search_call.results",
                     "code_interpreter_call.outputs", "computer_call_output.output.image_url"};
  include.hint = "this model gives no log probabilities and repeats no input";
  return {
      field::object("text", text_settings(), "How to answer."),
      std::move(include),
      field::object("reasoning", share(std::move(reasoning)), "The model does not reason."),
      field::choice("truncation", {"auto"}, "auto",
                    "The oldest turns are left out where a conversation is too long.")
          .advise("leave it out"),
      field::refused("top_logprobs", "[0]", "this model gives none; leave it out"),
      field::refused("stop", "[[]]", "/v1/chat/completions has it"),
      field::refused("moderation", "[]", "this server judges nothing; leave it out"),
      field::ignored("parallel_tool_calls", "The model calls no tools."),
      field::ignored("max_tool_calls", "The model calls no tools."),
      field::ignored("stream_options", "Events are as long as what they say."),
  };
}

// Those that the answer repeats are short texts.
std::vector<Field> harmless_or_repeated() {
  std::vector<Field> fields = harmless_fields();
  for (Field& field : fields)
    if (field.name == "user" || field.name == "safety_identifier" ||
        field.name == "prompt_cache_key")
      field = field::text(field.name, "Repeated in the answer, at most 512 bytes. " + field.about)
                  .at_most_bytes(512);
  return fields;
}

ShapePtr response_answer() {
  return share(
      {"",
       {field::text("id", ""), field::text("object", "response"),
        field::text("status", "completed; incomplete where the answer was cut; failed in streams."),
        field::list("output", type::object, "One message of the assistant's."),
        field::object("usage", nullptr, "Tokens read and written.")}});
}

}  // namespace

std::vector<Operation> responses() {
  Field input = field::text("input",
                            "A text, or items as in chat with input_text, input_image, "
                            "input_audio, input_video and output_text parts; earlier ones are "
                            "read as in chat.")
                    .or_list(type::object, SIZE_MAX);
  input.shape = response_item();
  input.needed = true;
  std::vector<Field> fields = {
      model_field(), std::move(input),
      field::integer("max_output_tokens", 1, field::kLargest, 64,
                     "Longest answer, in tokens. More than --max-tokens (1024), or than the "
                     "context has room for, is cut to that, and status is incomplete where the "
                     "answer ends there. A transcript of sound alone, a token a letter, is cut "
                     "only where this is sent.")};
  append(fields, text_fields());
  append(
      fields,
      {field::flag("stream", false, "Answer as server-sent events, as it comes about."),
       field::text("instructions",
                   "Repeated in the answer, at most 64 KiB; the model was taught none and does not "
                   "read them.")
           .at_most_bytes(64 << 10),
       field::object(
           "metadata", own_texts(),
           "Repeated in the answer. At most 16 texts of up to 512 characters, whose names "
           "have up to 64.")});
  append(fields, response_only());
  append(fields, stateless());
  append(fields, refused_tools());
  append(fields, refused_names({"max_tokens", "max_completion_tokens"}, "max_output_tokens"));
  append(fields, refused_names({"messages"}, "input"));
  append(fields, refused_samplers("max_output_tokens", false));
  append(fields, harmless_or_repeated());
  Operation respond{"respond", "POST", "/v1/responses", "Respond",
                    "What the official client needs, with streaming. Nothing is kept: each "
                    "request brings its whole conversation."};
  respond.body = share({"", std::move(fields)});
  respond.answers = {{"application/json", response_answer()}, {"text/event-stream", nullptr}};
  respond.computes = true;
  return {respond};
}

}  // namespace tutti::tables
