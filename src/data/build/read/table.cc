#include "data/build/read/table.h"

#include <algorithm>
#include <fstream>
#include <iterator>

#include "base/plain_text.h"

namespace tutti {

Result<std::string> read_whole_file(const std::filesystem::path& file) {
  std::ifstream in(file, std::ios::binary);
  if (!in) return bad_input("cannot read " + file.string());
  std::string text((std::istreambuf_iterator<char>(in)), {});
  if (in.bad()) return failed("reading " + file.string() + " failed half way");
  return text;
}

Result<std::string> read_text_file(const std::filesystem::path& file) {
  TUTTI_ASSIGN(const std::string bytes, read_whole_file(file));
  auto text = read_plain_text(bytes);
  if (!text) return bad_input(file.string() + " " + text.error().message());
  return text;
}

std::vector<std::string_view> split_lines(std::string_view text) {
  std::vector<std::string_view> lines;
  while (!text.empty()) {
    const size_t end = std::min(text.find('\n'), text.size());
    std::string_view line = text.substr(0, end);
    if (line.ends_with('\r')) line.remove_suffix(1);
    lines.push_back(line);
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return lines;
}

std::vector<std::string> split_fields(std::string_view line, char separator) {
  std::vector<std::string> fields;
  while (true) {
    const size_t end = std::min(line.find(separator), line.size());
    fields.emplace_back(line.substr(0, end));
    if (end == line.size()) return fields;
    line.remove_prefix(end + 1);
  }
}

std::string_view trim(std::string_view text) {
  constexpr std::string_view kBlank = " \t\r\n";
  const size_t begin = text.find_first_not_of(kBlank);
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(kBlank) - begin + 1);
}

Result<TableRows> read_table(const std::filesystem::path& file,
                             const std::vector<std::string_view>& columns) {
  TUTTI_ASSIGN(const std::string text, read_text_file(file));
  const std::vector<std::string_view> lines = split_lines(text);
  if (lines.empty()) return bad_input(file.string() + " is empty; a head line was expected");
  const std::vector<std::string> head = split_fields(lines[0], '\t');
  std::vector<size_t> places;
  for (std::string_view column : columns) {
    const auto found = std::find(head.begin(), head.end(), column);
    if (found == head.end()) {
      return bad_input(file.string() + " has no column '" + std::string(column) + "'");
    }
    places.push_back(size_t(found - head.begin()));
  }
  const size_t needed = *std::max_element(places.begin(), places.end()) + 1;
  TableRows rows;
  for (size_t i = 1; i < lines.size(); ++i) {
    const std::vector<std::string> fields = split_fields(lines[i], '\t');
    if (fields.size() < needed) {
      return bad_input(file.string() + " line " + std::to_string(i + 1) + " has " +
                       std::to_string(fields.size()) + " fields, wanted " + std::to_string(needed));
    }
    std::vector<std::string> row;
    for (size_t place : places) row.push_back(fields[place]);
    rows.push_back(std::move(row));
  }
  return rows;
}

}  // namespace tutti
