// Languages: one code for each whatever a set or a user calls it (ISO 639-1 where there is one,
// else 639-3), and which of them the models made here name and describe things in.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "base/result.h"

namespace tutti {

// "deu" -> "de", "cmn_hans" -> "zh", "Ukranian-NT" -> "uk", "ceb" -> "ceb", "de" -> "de".
std::string language_code(std::string_view name);

// Sorted codes as the models were trained with them (src/data: the names of pictograms in CLDR; the
// captions of photographs and drawn scenes).
std::span<const std::string_view> name_languages();
std::span<const std::string_view> caption_languages();

// The code that a model knows for a language tag (BCP 47; case, underscores and a locale's encoding
// do not matter), of which it knows the language but not always the region or script:
// "en-US" -> "en", "zh_Hant" -> "zh", "DE" -> "de", "nob" -> "no". usage_error with the list where
// it is none that things can be named in; its message is to be put behind the parameter's name.
Result<std::string> resolve_language(std::string_view tag);
// The same where it must be one that captions are written in.
Result<std::string> caption_language(std::string_view tag);

}  // namespace tutti
