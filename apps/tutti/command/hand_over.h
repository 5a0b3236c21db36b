// Verbs that another program does.
#pragma once

#include <string>
#include <vector>

#include "base/result.h"

namespace tutti {

// Becomes `program`; comes back only where that fails.
Status hand_over(const std::string& program, std::vector<std::string> arguments);

// Becomes tutti-tools, for what `tutti VERB` does. Comes back also where it is not found.
Status hand_to_tools(const std::string& verb, std::vector<std::string> arguments);

}  // namespace tutti
