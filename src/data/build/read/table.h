// Tab-separated tables with a head line, as every raw set has them.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace tutti {

Result<std::string> read_whole_file(const std::filesystem::path& file);
// As plain text (base/plain_text.h).
Result<std::string> read_text_file(const std::filesystem::path& file);

// Lines without their ends ("\n" or "\r\n"); a last empty line is left out.
std::vector<std::string_view> split_lines(std::string_view text);
std::vector<std::string> split_fields(std::string_view line, char separator);
std::string_view trim(std::string_view text);

// A table reduced to the wanted columns, in the order they were asked for. Rows that are too short
// to have them are errors that name the line.
using TableRows = std::vector<std::vector<std::string>>;
Result<TableRows> read_table(const std::filesystem::path& file,
                             const std::vector<std::string_view>& columns);

}  // namespace tutti
