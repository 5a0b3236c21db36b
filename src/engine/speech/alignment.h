// When each byte of a spoken text is said, and where a long text may be cut.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace tutti {

// log_durations: ln(1 + speech tokens of 40 ms) of each byte, as the model predicts them; values
// that are no number or beyond two seconds are cut. Returns the byte said during each token: token
// i says the byte whose interval holds i + 0.5. At least one token for a text that is not empty.
std::vector<int32_t> align_speech(std::span<const float> log_durations, float speed);

// Cuts UTF-8 text into pieces of at most `longest` bytes (at least 4), together the whole text.
// Prefers to cut behind a sentence, then behind a space, and never inside a character.
std::vector<std::string> split_speech(std::string_view text, size_t longest);

}  // namespace tutti
