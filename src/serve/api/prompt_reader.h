// The messages of a chat, or the input of a response, as what the model reads.
//
// It is asked the last user message and reads what led to it: what the user said and showed and
// what the assistant answered, as far back as the model's context reaches (engine/text_prompt.h).
// It was taught no instructions, so system and developer messages are checked and not read; nor is
// what an assistant said after the last user message; calls of tools and what these gave are read
// over. Nothing is decoded here: a Draft names what is to be (decode_queue.h).
#pragma once

#include "serve/api/text_options.h"

namespace tutti {

// A conversation, and how its last message is to be answered: what chats, responses and
// explanations read alike.
struct Question {
  ServedPtr model;
  TextOptions options;
  Draft draft;
};

// model, task, language and the conversation, whose name is `messages`; `options` has what the
// request says besides. What is wrong is told to the fields' Checker.
Question read_question(const Fields& request, const char* messages, TextOptions options,
                       const Api& api);

// Parts of "messages" or, for a response, "input". Its texts are measured before they are copied.
Draft read_messages(const Fields& request, const char* name, const LoadedModel& model,
                    const Api& api);

// How many pictures, sounds, videos and the like a list of parts brings, counted before any is
// decoded.
int count_media(const Json& parts);

// One content part: {"type": "text" | "input_text" | "input_audio" | a field or type of kMediaUrls,
// ...}.
std::optional<Draft> read_part(const Fields& part);

// Refuses what the model does not take, before it is decoded.
void check_taken(const Fields& request, const Draft& draft, const LoadedModel& model);

// Refuses a text that the model's context cannot hold, before any is copied: the field itself, the
// texts and text parts of its list, or its own text where it is a part.
void check_texts(const Fields& request, const char* name, const LoadedModel& model);

}  // namespace tutti
