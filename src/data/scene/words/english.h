// English spelling of names from outside: plural, article, fitness for captions.
#pragma once

#include <string>

namespace tutti {

std::string english_plural(const std::string& name);
std::string english_with_article(const std::string& name);

// One to three plain words that seem singular: "cat", "fire engine"; not "keycap: 3", "eyes".
bool nameable(const std::string& name_en);
// Equal, or one occurs in the other as words ("cat" and "cat face"): not fit for one scene.
bool names_clash(const std::string& a, const std::string& b);

}  // namespace tutti
