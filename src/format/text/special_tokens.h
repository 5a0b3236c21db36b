// The ids that every Tutti vocabulary begins with. They are part of the file format: a model
// trained with them depends on their order, so new ones go to the end, and a new model is trained.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

namespace tutti {

enum SpecialToken : int32_t {
  token_unknown = 0,
  token_begin = 1,  // <s>
  token_end = 2,    // </s>, the end of an answer
  token_text = 3,
  token_image,
  token_audio,
  token_video,
  token_speak,
  token_paint,
  token_caption,
  token_name,
  token_transcribe,
  token_answer,
  token_user,
  token_assistant,
  special_token_count,
};

// Spelling of each id, as in the tokenizer file.
inline constexpr std::array<std::string_view, special_token_count> special_token_names = {
    "<unk>",   "<s>",          "</s>",     "<text>",  "<image>",
    "<audio>", "<video>",      "<speak>",  "<paint>", "<caption>",
    "<name>",  "<transcribe>", "<answer>", "<user>",  "<assistant>"};

}  // namespace tutti
