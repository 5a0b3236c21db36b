// One code for a language whatever the set calls it: ISO 639-1 where there is one, else 639-3.
#pragma once

#include <string>
#include <string_view>

namespace tutti {

// "deu" -> "de", "cmn_hans" -> "zh", "Ukranian-NT" -> "uk", "ceb" -> "ceb", "de" -> "de".
std::string language_code(std::string_view name);

}  // namespace tutti
