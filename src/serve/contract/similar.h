// "Did you mean": the nearest of some names.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace tutti {

// The name that differs least from `word`; case, hyphens and underscores do not count. Empty where
// none is near: at most a third of its letters differ (Levenshtein distance).
std::string most_similar(std::string_view word, const std::vector<std::string>& names);

}  // namespace tutti
