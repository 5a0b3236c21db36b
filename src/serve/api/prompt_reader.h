// The messages of a chat, or the input of a response, as what the model reads.
//
// It is asked the last user message and reads what led to it: what the user said and showed and
// what the assistant answered, as far back as the model's context reaches (runtime/text_prompt.h).
// It was taught no instructions, so system and developer messages are checked and not read; nor is
// what an assistant said after the last user message; calls of tools and what these gave are read
// over. Nothing is decoded here: a Draft names what is to be (decode_queue.h).
#pragma once

#include "serve/api/api.h"
#include "serve/api/fields.h"

namespace tutti {

// Parts of "messages" or, for a response, "input". What is wrong is told to the fields' Checker.
Draft read_messages(Fields& request, const char* name, const Api& api);

// One content part: {"type": "text" | "input_text" | "image_url" | "input_image" | "input_audio" |
// "video_url" | "input_video", ...}.
std::optional<Draft> read_part(Fields& part);

// model, max_tokens, temperature, top_p, top_k, seed, task, language: the same for all text.
TextOptions read_text_options(Fields& request, const Api& api, const char* max_tokens_name);
// "stop": a string or up to four.
std::vector<std::string> read_stop(Fields& request);
// Tools are not ignored: a client that needs them must know.
void refuse_tools(Fields& request);
// Refuses a model that is not served; missing is allowed where `required` is false.
void check_model(Fields& request, const Api& api, bool required = true);

// A last turn of sound alone, with nothing else asked, is spelled out by the CTC head: in
// tutti-nano it hears better than the text decoder (docs/evaluation.md).
bool only_transcribes(const Prompt& prompt, const TextOptions& options);

}  // namespace tutti
