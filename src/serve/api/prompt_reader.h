// The messages of a chat, or the input of a response, as what the model reads.
//
// It is asked the last user message and reads what led to it: what the user said and showed and
// what the assistant answered, as far back as the model's context reaches (runtime/text_prompt.h).
// It was taught no instructions, so system and developer messages are checked and not read; nor is
// what an assistant said after the last user message; calls of tools and what these gave are read
// over. Nothing is decoded here: a Draft names what is to be (decode_queue.h).
#pragma once

#include "serve/api/api.h"
#include "serve/contract/fields.h"

namespace tutti {

// A conversation, and how its last message is to be answered: what chats, responses and
// explanations read alike.
struct Question {
  TextOptions options;
  Draft draft;
};

// `messages` is the name of the conversation, `max_tokens` that of the longest answer. What is
// wrong is told to the fields' Checker.
Question read_question(const Fields& request, const char* messages, const char* max_tokens,
                       const Api& api);

// Parts of "messages" or, for a response, "input". Its texts are measured before they are copied.
Draft read_messages(const Fields& request, const char* name, const Api& api);

// How many pictures, sounds and videos a list of parts brings, counted before any is decoded.
int count_media(const Json& parts);

// One content part: {"type": "text" | "input_text" | "image_url" | "input_image" | "input_audio" |
// "video_url" | "input_video", ...}.
std::optional<Draft> read_part(const Fields& part);

// Refuses a text that the model's context cannot hold, before any is copied: the field itself, the
// texts and text parts of its list, or its own text where it is a part.
void check_texts(const Fields& request, const char* name, const Api& api);

// model, max_tokens, temperature, top_p, top_k, seed, task, language: the same for all text.
TextOptions read_text_options(const Fields& request, const Api& api, const char* max_tokens_name);
// task and language alone.
void read_task(const Fields& request, TextOptions& options);
// Refuses a task that does not fit what is said and shown in `messages`, and a caption in a
// language that the model writes none in.
void check_task(const Fields& request, const char* messages, const Prompt& prompt,
                const TextOptions& options);
// "stop": a string or up to four.
std::vector<std::string> read_stop(const Fields& request);
// "language" of names and captions: a tag of one that the model knows, as its code
// (format/languages.h).
std::string read_language(const Fields& fields, const std::string& otherwise);
// "language" of speech: English is the only one that the model was taught to hear (en, en-US,
// english).
void check_heard_language(const Fields& fields);
// Refuses a model that is not served; one that is not named is.
void check_model(const Fields& request, const Api& api);
// "NAME is not served; ...": what is, and how to let it have that name.
std::string no_such_model(const std::string& model, const Api& api);

// A last turn of sound alone, with nothing else asked, is spelled out by the CTC head: in
// tutti-nano it hears better than the text decoder (docs/evaluation.md).
bool only_transcribes(const Prompt& prompt, const TextOptions& options);

}  // namespace tutti
