// POST /v1/chat/completions, /v1/explain and /v1/score.
#include "serve/contract/tables/chat.h"

#include "serve/contract/tables/messages.h"

namespace tutti::tables {
namespace {

const char* const kMessages =
    "The model is asked what the last user message says, and reads what led to it: what the user "
    "said and showed and what the assistant answered, the newest first, whole turns, as far back "
    "as fits the model's context with room for the answer. Where the last message shows nothing, "
    "the pictures, sounds, videos and clouds of the latest one that does are kept. Of media, the "
    "newest 16 at most count. Turns whose answer has no text, turns of tools, system and developer "
    "messages and what comes behind the last user message are checked and not read.";

Field messages() {
  return field::list("messages", chat_message(), kMessages).need();
}

ShapePtr audio() {
  return share(
      {"",
       {any_voice(), field::choice("format", {"wav", "mp3", "flac", "opus", "aac", "pcm16"}, "wav",
                                   "Streams are pcm16: 24 kHz, mono, 16 bits.")}});
}

ShapePtr chat_answer() {
  return share({"",
                {field::text("id", ""), field::text("object", "chat.completion"),
                 field::integer("created", 0, field::kLargest, {}, "Unix time."),
                 field::text("model", "The one that answered, by its own name."),
                 field::list("choices", type::object,
                             "index, message, logprobs (null) and finish_reason: stop or length."),
                 field::object("usage", nullptr, "Tokens read and written."),
                 field::text("system_fingerprint",
                             "The server's version: with it and a seed, answers repeat."),
                 field::object("timings", nullptr,
                               "first_token_seconds and seconds. Beyond OpenAI's API.")}});
}

std::vector<Field> chat_only() {
  const char* never = "this model gives none; leave it out";
  const char* text = "answers are plain text; leave it out";
  return {
      field::refused("logprobs", "[false, 0]", never),
      field::refused("top_logprobs", "[0]", never),
      field::refused("prompt_logprobs", "[0]", never),
      field::refused("response_format", R"([{"type": "text"}])", text),
      field::refused("store", "[false]", "this server keeps no answers; send store: false"),
      field::refused("reasoning_effort", R"(["none", "minimal"])",
                     "the model does not reason; leave it out"),
      field::refused("reasoning", "[{}]", "the model does not reason; leave it out"),
      field::refused("verbosity", R"(["medium"])", "send max_completion_tokens"),
      field::refused("web_search_options", "[]", "this server opens no connection; leave it out"),
      field::refused("best_of", "[1]", "send n, and choose"),
      field::refused("echo", "[false]", "/v1/completions has it"),
      field::ignored("parallel_tool_calls", "The model calls no tools."),
      field::ignored("prediction", "It would make an answer faster, not another one."),
      field::ignored("metadata", "Nothing is kept that it could describe."),
      field::ignored("timings_per_token", "timings comes with every answer."),
      field::ignored("return_progress", "Prompts are read in one piece."),
  };
}

// A conversation that is read, of requests that write nothing.
std::vector<Field> read_alone() {
  std::vector<Field> fields = {model_field(), messages()};
  const char* never = "nothing is written here, so it would change nothing; leave it out";
  for (Field& field : text_fields()) {
    if (field.name == "task" || field.name == "language") {
      field.about = "As in chat.";
      fields.push_back(std::move(field));
    } else {
      fields.push_back(field::refused(field.name, "[]", never));
    }
  }
  append(fields,
         {field::refused("max_tokens", "[]", never),
          field::refused("max_completion_tokens", "[]", never), field::refused("n", "[1]", never),
          field::refused("stop", "[[]]", never), field::refused("stream", "[false]", never)});
  append(fields, refused_tools());
  append(fields, harmless_fields());
  fields.push_back(field::ignored("metadata", "Nothing is kept that it could describe."));
  return fields;
}

}  // namespace

std::vector<Operation> chat(const Facts& facts) {
  std::vector<Field> fields = {model_field(), messages()};
  const std::string longest =
      "Longest answer, in tokens. More than --max-tokens (1024), or than the context has room "
      "for, is cut to that, and finish_reason is length where the answer ends there. A "
      "transcript of sound alone, a token a letter, is cut only where this is sent.";
  fields.push_back(field::integer("max_completion_tokens", 1, field::kLargest, 64, longest));
  fields.push_back(field::integer("max_tokens", 1, field::kLargest, 64,
                                  "The older name of max_completion_tokens, which is the one "
                                  "that counts where both are there."));
  append(fields, text_fields());
  append(fields,
         {field::integer("n", 1, facts.limits.most_choices, 1,
                         "Answers to choose from; each has its own seed."),
          stop(), field::flag("stream", false, "Answer as server-sent events, as it comes about."),
          field::object("stream_options", stream_options(), "Of streams."),
          [] {
            Field modalities = field::list("modalities", type::text,
                                           "[\"text\", \"audio\"] also speaks the answer.");
            modalities.choices = {"text", "audio"};
            modalities.otherwise = Json::parse(R"(["text"])");
            modalities.hint = "pictures come from /v1/images/generations";
            return modalities;
          }(),
          field::object("audio", audio(),
                        "Needed for audio, and goes with nothing else. An answer that the voice "
                        "cannot say (docs/languages.md) comes as a transcript with empty sound.")});
  append(fields, refused_tools());
  append(fields, chat_only());
  append(fields, refused_names({"max_output_tokens"}, "max_completion_tokens"));
  append(fields, refused_names({"input", "prompt"}, "messages"));
  append(fields, refused_samplers("max_completion_tokens"));
  append(fields, harmless_fields());
  Operation chat{
      "chat", "POST", "/v1/chat/completions", "Chat",
      "Text, pictures, sounds, videos and clouds of points in; text, or text and speech, out."};
  chat.body = share({"", std::move(fields)});
  chat.answers = {{"application/json", chat_answer()}, {"text/event-stream", nullptr}};
  chat.computes = true;
  return {chat};
}

std::vector<Operation> explain() {
  Operation explain{"explain", "POST", "/v1/explain", "Explain",
                    "An extension: each modality's share of attention in each layer while the "
                    "model reads the messages, and the share of its tokens that each layer "
                    "computed."};
  explain.body = share({"", read_alone()});
  explain.answers = {
      {"application/json", share({"",
                                  {field::text("object", "explanation"), field::text("model", ""),
                                   field::list("layers", type::object,
                                               "attention[asking][asked], shares of one, and ran, "
                                               "the share of tokens that were computed.")}})}};
  explain.computes = true;
  return {explain};
}

std::vector<Operation> score(const Facts& facts) {
  std::vector<Field> fields = read_alone();
  fields.insert(fields.begin() + 2, field::list("answers", type::text, "What might be answered.")
                                        .or_list(type::text, size_t(facts.limits.most_answers), 1)
                                        .not_empty()
                                        .need());
  Operation score{"score", "POST", "/v1/score", "Score",
                  "An extension: how likely the model finds each of several answers to the "
                  "messages, for closed sets of answers. Nothing is written."};
  score.body = share({"", std::move(fields)});
  score.answers = {
      {"application/json",
       share(
           {"",
            {field::text("object", "scores"), field::text("model", ""),
             field::list("scores", type::object,
                         "answer, index, and log_probability: the natural logarithm of the "
                         "probability of the whole answer, its end included."),
             field::integer("best", 0, field::kLargest, {}, "Index of the likeliest answer.")}})}};
  score.computes = true;
  return {score};
}

}  // namespace tutti::tables
