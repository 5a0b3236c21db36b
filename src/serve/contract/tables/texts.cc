// POST /v1/completions and /v1/embeddings.
#include "serve/contract/tables/texts.h"

#include "serve/contract/tables/messages.h"

namespace tutti::tables {
namespace {

// Of texts alone: nothing is shown that could be named, captioned or heard.
std::vector<Field> plain_text_fields() {
  std::vector<Field> fields = text_fields();
  for (Field& field : fields) {
    if (field.name == "task")
      field = field::choice("task", {"automatic", "answer"}, "automatic",
                            "A text is always answered. Beyond OpenAI's API.");
    if (field.name == "language")
      field = field::ignored("language", "Of names and captions; the prompt shows nothing.");
  }
  return fields;
}

}  // namespace

std::vector<Operation> completions(const Facts& facts) {
  const int most = facts.limits.most_choices;
  const std::string together = "prompts times n is at most " + std::to_string(most) + ".";
  std::vector<Field> fields = {
      model_field(),
      field::text("prompt", "A text or several; " + together)
          .or_list(type::text, SIZE_MAX, 1)
          .advise("token ids are not read")
          .not_empty()
          .need(),
      field::integer("max_tokens", 1, field::kLargest, 64,
                     "Longest answer, in tokens. More than --max-tokens (1024), or than the "
                     "context has room for, is cut to that, and finish_reason is length where "
                     "the answer ends there.")};
  append(fields, plain_text_fields());
  append(fields, {field::integer("n", 1, most, 1, "Answers to each prompt; " + together),
                  field::integer("best_of", 1, most, {}, "As many as n, or leave it out."), stop(),
                  field::flag("echo", false, "Begin with the prompt."),
                  field::flag("stream", false, "Answer as server-sent events, as it comes about."),
                  field::object("stream_options", stream_options(), "Of streams."),
                  field::refused("suffix", R"([""])", "this model does not fill in; leave it out"),
                  field::refused("logprobs", "[0, false]", "this model gives none; leave it out"),
                  field::ignored("metadata", "Nothing is kept that it could describe.")});
  append(fields, refused_names({"max_completion_tokens", "max_output_tokens"}, "max_tokens"));
  append(fields, refused_names({"messages", "input"}, "prompt"));
  append(fields, refused_samplers("max_tokens"));
  append(fields, harmless_fields());
  Operation complete{"complete", "POST", "/v1/completions", "Complete",
                     "The older shape: a text for a text."};
  complete.body = share({"", std::move(fields)});
  complete.answers = {
      {"application/json",
       share({"",
              {field::text("id", ""), field::text("object", "text_completion"),
               field::integer("created", 0, field::kLargest, {}, "Unix time."),
               field::text("model", "The one that answered, by its own name."),
               field::list("choices", type::object, "text, index and finish_reason."),
               field::object("usage", nullptr, "Tokens read and written.")}})},
      {"text/event-stream", nullptr}};
  complete.computes = true;
  return {complete};
}

std::vector<Operation> embeddings(const Facts& facts) {
  const auto most = size_t(facts.limits.most_inputs);
  Field input = field::text("input", "A text or a content part, or up to " + std::to_string(most) +
                                         " of them; parts are beyond OpenAI's API.")
                    .or_object(content_part());
  input.or_list(type::text | type::object, most, 1)
      .advise("token ids are not read")
      .not_empty()
      .need();
  std::vector<Field> fields = {
      model_field(), std::move(input),
      field::choice("encoding_format", {"float", "base64"}, "float",
                    "base64: little-endian floats."),
      field::integer("dimensions", 1, field::kLargest, nullptr, "The model's own, and no other."),
      field::ignored("metadata", "Nothing is kept that it could describe.")};
  append(fields, harmless_fields());
  Operation embed{
      "embed", "POST", "/v1/embeddings", "Embed",
      "Unit vectors of texts, pictures, sounds, videos and clouds of points, all in one space."};
  embed.body = share({"", std::move(fields)});
  embed.answers = {{"application/json",
                    share({"",
                           {field::text("object", "list"),
                            field::list("data", type::object, "object, index and embedding."),
                            field::text("model", "The one that answered, by its own name."),
                            field::object("usage", nullptr, "Tokens of the texts.")}})}};
  embed.computes = true;
  return {embed};
}

}  // namespace tutti::tables
