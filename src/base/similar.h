// "Did you mean": the nearest of some names.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace tutti {

// The name that differs least from `word`; case, hyphens and underscores do not count. Empty where
// none is near: at most a third of its letters differ (Damerau-Levenshtein distance).
std::string most_similar(std::string_view word, const std::vector<std::string>& names);

// How many letters have to be put in, left out, replaced or exchanged with their neighbour between
// the two; case, hyphens and underscores do not count. Takes as long as the product of their
// lengths; where these alone differ by more than `most`, none: then some number above `most`.
size_t letters_apart(std::string_view one, std::string_view other, size_t most = SIZE_MAX);

}  // namespace tutti
