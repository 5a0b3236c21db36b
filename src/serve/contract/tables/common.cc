// Parameters that several endpoints share, and those of other servers that none has.
#include "serve/contract/tables/common.h"

namespace tutti::tables {

void append(std::vector<Field>& all, std::vector<Field> more) {
  for (Field& field : more) all.push_back(std::move(field));
}

Field model_field(bool needed) {
  Field model = field::text("model", "A name that /v1/models gives.").at_most_bytes(kMostNameBytes);
  model.needed = needed;
  return model;
}

std::vector<Field> text_fields() {
  return {
      field::number("temperature", 0, 2, 0, "0, the default, always takes the likeliest token."),
      field::number("top_p", 0, 1, 1, "Choose among the likeliest tokens of this share."),
      field::integer("top_k", -1, 1 << 20, 0,
                     "Choose among the k likeliest tokens; 0 and -1: all. Beyond OpenAI's API."),
      field::integer("seed", -field::kUnbounded, field::kUnbounded, 0,
                     "The same seed gives the same answer."),
      field::choice("task", {"automatic", "name", "caption", "answer", "transcribe"}, "automatic",
                    "What to say: automatic is a transcript of sound alone, an answer where there "
                    "is text, else a caption. Beyond OpenAI's API."),
      field::text("language",
                  "Of names and captions: a tag such as en or de-AT; which there are is in "
                  "docs/languages.md. Beyond OpenAI's API.")
          .at_most_bytes(35)
          .advise("send a tag such as en or de"),
  };
}

Field stop() {
  return field::text("stop", "The answer ends before the first of these; at most 4.")
      .or_list(type::text, 4)
      .not_empty()
      .at_most_bytes(1024);
}

std::vector<Field> refused_samplers(const std::string& longest, bool has_stop) {
  const char* greedy = "this server has temperature, top_p, top_k and seed; leave it out";
  const char* free = "answers are free text; leave it out";
  const char* stop = has_stop ? "send stop, which takes texts"
                              : "/v1/chat/completions has stop, which takes texts";
  std::vector<Field> all = {
      field::refused("frequency_penalty", "[0]", greedy),
      field::refused("presence_penalty", "[0]", greedy),
      field::refused("repetition_penalty", "[0, 1]", greedy),
      field::refused("repeat_penalty", "[0, 1]", greedy),
      field::refused("repeat_last_n", "[0]", greedy),
      field::refused("min_p", "[0]", greedy),
      field::refused("top_a", "[0]", greedy),
      field::refused("typical_p", "[0, 1]", greedy),
      field::refused("tfs_z", "[1]", greedy),
      field::refused("mirostat", "[0]", greedy),
      field::refused("dynatemp_range", "[0]", greedy),
      field::refused("xtc_probability", "[0]", greedy),
      field::refused("dry_multiplier", "[0]", greedy),
      field::refused("length_penalty", "[1]", greedy),
      field::refused("use_beam_search", "[false]", greedy),
      field::refused("samplers", "[[]]", greedy),
      field::refused("logit_bias", "[{}]", greedy),
      field::refused("min_tokens", "[0]", "an answer ends where the model ends it; leave it out"),
      field::refused("ignore_eos", "[false]",
                     "an answer ends where the model ends it; leave it out"),
      field::refused("stop_token_ids", "[[]]", stop),
      field::refused("stop_sequences", "[[]]", stop),
      field::refused("include_stop_str_in_output", "[false]", "an answer ends before its stop"),
      field::refused("skip_special_tokens", "[true]", "answers hold none; leave it out"),
      field::refused("grammar", R"([""])", free),
      field::refused("json_schema", "[{}]", free),
      field::refused("guided_json", "[]", free),
      field::refused("guided_regex", "[]", free),
      field::refused("guided_choice", "[]", free),
      field::refused("guided_grammar", "[]", free),
      field::refused("structured_outputs", "[]", free),
      field::refused("chat_template", R"([""])", "the model has a form of its own; leave it out"),
      field::refused("chat_template_kwargs", "[{}]",
                     "the model has a form of its own; leave it out"),
      field::refused("add_generation_prompt", "[true]", "an answer is always made"),
      field::refused("continue_final_message", "[false]",
                     "what follows the last user message is not read"),
      field::refused("enable_thinking", "[false]", "the model does not reason; leave it out"),
      field::refused("thinking", R"([{"type": "disabled"}])",
                     "the model does not reason; leave it out"),
      field::refused("options", "[{}]", "send its fields beside model"),
      field::refused("extra_body", "[{}]", "send its fields beside model"),
  };
  append(all, refused_names({"n_predict", "num_predict", "max_new_tokens"}, longest));
  append(all, refused_names({"random_seed"}, "seed"));
  return all;
}

std::vector<Field> refused_names(std::initializer_list<const char*> names,
                                 const std::string& instead) {
  std::vector<Field> all;
  for (const char* name : names) all.push_back(field::refused(name, "[]", "send " + instead));
  return all;
}

std::vector<Field> refused_tools() {
  const char* instead = "this model calls no tools; leave it out";
  return {field::refused("tools", "[[]]", instead), field::refused("functions", "[[]]", instead),
          field::refused("function_call", R"(["none", "auto"])", instead),
          field::refused("tool_choice", R"(["none", "auto"])", instead)};
}

std::vector<Field> harmless_fields() {
  return {field::ignored("user", "Nothing is kept about users."),
          field::ignored("safety_identifier", "Nothing is kept about users."),
          field::ignored("prompt_cache_key", "Each request reads its conversation anew."),
          field::ignored("prompt_cache_retention", "Each request reads its conversation anew."),
          field::ignored("prompt_cache_options", "Each request reads its conversation anew."),
          field::ignored("cache_prompt", "Each request reads its conversation anew."),
          field::ignored("service_tier", "All requests are equal."),
          field::ignored("priority", "All requests are equal."),
          field::ignored("request_id", "The answer's x-request-id names the request."),
          field::ignored("keep_alive", "The model is always loaded.")};
}

std::vector<Field> harmless_query() {
  return {field::ignored("api-version", "There is one version; clients of Azure's send theirs.")};
}

Field voice() {
  constexpr size_t kMost = 256;
  Shape named{"",
              {field::text("id", "Of the voice.").at_most_bytes(kMost),
               field::ignored("name", "There is one.")}};
  return field::text("voice", "The model has one voice, whatever the name.")
      .at_most_bytes(kMost)
      .or_object(share(std::move(named)));
}

Field any_voice() {
  return field::ignored("voice", "The model has one voice, whatever the name.");
}

ShapePtr anything() {
  Shape own;
  own.open = true;
  return share(std::move(own));
}

ShapePtr own_texts() {
  Shape own;
  own.open = true;
  own.own = Shape::Own{};
  return share(std::move(own));
}

ShapePtr stream_options() {
  return share({"",
                {field::flag("include_usage", false, "Send the token counts as a last event."),
                 field::ignored("include_obfuscation", "Events are as long as what they say."),
                 field::refused("continuous_usage_stats", "[false]",
                                "token counts come with the last event")}});
}

}  // namespace tutti::tables
