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
// Whether a stream ends with the number of tokens: "stream_options", which goes with "stream"
// alone.
bool read_include_usage(const Fields& request);
// "language" of names and captions: a tag of one that the model knows, as its code
// (format/text/languages.h).
std::string read_language(const Fields& fields, const std::string& otherwise);
// "language" of speech: English is the only one that the model was taught to hear (en, en-US,
// english).
void check_heard_language(const Fields& fields);
// The model that is asked, the first where none is named. Refuses one that is not served; then it
// is the first, so that the rest of the request can be read.
ServedPtr read_model(const Fields& request, const Api& api);
// "NAME is not served; ...": what is, and how to give it that name.
std::string no_such_model(const std::string& model, const Api& api);

}  // namespace tutti
