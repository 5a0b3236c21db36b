// Results to files, written beside their names and renamed, or to standard output for "-".
#pragma once

#include <functional>
#include <nlohmann/json.hpp>
#include <string>

#include "base/media_types.h"
#include "base/result.h"

namespace tutti {

// usage_error where `path` has no extension that the kind of output can be saved with.
Status check_picture_path(const std::string& path);
Status check_sound_path(const std::string& path);

Status put_picture(const std::string& path, const Picture& picture);
Status put_sound(const std::string& path, const Sound& sound);
Status put_text(const std::string& path, const std::string& text);

// Where `write` puts a result: in `named`, the file that the user asked for, or where that is empty
// in a new file called `otherwise`, or picture-2.png, picture-3.png and so on where that name is
// taken: what nobody named replaces nothing. Where writing fails, no new file stays. The file.
Result<std::string> put_output(const std::string& named, const std::string& otherwise,
                               const std::function<Status(const std::string&)>& write);

// "wrote FILE" on standard error; nothing of standard output ("-").
void say_written(const std::string& path);

// One object on one line; text that is not UTF-8 (a file name) is repaired rather than refused.
std::string json_line(const nlohmann::ordered_json& json);

}  // namespace tutti
