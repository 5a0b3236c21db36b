// What a request says about the answer: its model, how tokens are chosen, the task, the language
// and where it ends. What is wrong is told to the fields' Checker.
#pragma once

#include "serve/api/api.h"
#include "serve/contract/fields.h"

namespace tutti {

// How tokens are chosen, and how many at most: temperature, top_p, top_k, seed and the field that
// `max_tokens_name` names.
TextOptions read_text_options(const Fields& request, const Api& api, const char* max_tokens_name);
TextOptions::Task read_task(const Fields& request);
// Refuses a task that does not fit what is said and shown in `messages`, and a caption in a
// language that the model writes none in.
void check_task_fits(const Fields& request, const char* messages, const Prompt& prompt,
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
