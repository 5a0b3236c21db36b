#include "data/build/read/read_text.h"

#include <algorithm>
#include <set>

#include "base/utf8.h"
#include "data/build/read/table.h"
#include "format/text/languages.h"

namespace tutti {

namespace fs = std::filesystem;

namespace {

constexpr int kTextHeldOutPercent = 6;

RawText plain(const std::string& set, const std::string& key, const std::string& language,
              std::string_view text) {
  RawText record;
  record.key = key;
  record.split = split_by_share(set, key, kTextHeldOutPercent);
  record.language = language;
  record.kind = "plain";
  record.text = trim(text);
  return record;
}

// NLTK's files have a few lines in old 8-bit codes, which are left out.
bool is_text(std::string_view line) {
  return !invalid_utf8_at(line);
}

// Lines of an English file; blank ones separate paragraphs and are left out.
TextList read_lines(const fs::path& file, const std::string& set) {
  TUTTI_ASSIGN(const std::string text, read_whole_file(file));
  std::vector<RawText> records;
  for (std::string_view line : split_lines(text)) {
    if (trim(line).size() < 2 || !is_text(line)) continue;
    records.push_back(plain(set, std::string(trim(line)), "en", line));
  }
  return records;
}

// Splits at blank lines and joins what is between: a speech of a play, a paragraph.
TextList read_paragraphs(const fs::path& file, const std::string& set, const std::string& join) {
  TUTTI_ASSIGN(const std::string text, read_whole_file(file));
  std::vector<RawText> records;
  std::string paragraph;
  const auto finish = [&] {
    if (paragraph.size() > 1) records.push_back(plain(set, paragraph, "en", paragraph));
    paragraph.clear();
  };
  for (std::string_view line : split_lines(text)) {
    if (trim(line).empty()) {
      finish();
      continue;
    }
    if (!is_text(line)) continue;
    paragraph += (paragraph.empty() ? "" : join) + std::string(trim(line));
  }
  finish();
  return records;
}

}  // namespace

TextList read_tatoeba(const DataRoot& root) {
  TUTTI_ASSIGN(const fs::path folder, root.folder("text_tatoeba"));
  TUTTI_ASSIGN(const TableRows rows, read_table(folder / "pairs.tsv", {"lang", "text", "english"}));
  std::vector<RawText> records;
  for (const auto& row : rows) {
    records.push_back(plain("tatoeba", row[2], language_code(row[0]), row[2]));
    records.back().kind = "pair";
    records.back().prompt = trim(row[1]);
  }
  return records;
}

TextList read_udhr(const DataRoot& root) {
  TUTTI_ASSIGN(const fs::path folder, root.folder("text_udhr"));
  TUTTI_ASSIGN(const TableRows files, read_table(folder / "list.tsv", {"file"}));
  std::vector<RawText> records;
  for (const auto& row : files) {
    TUTTI_ASSIGN(const std::string text, read_whole_file(folder / row[0]));
    const std::string language = language_code(row[0].substr(0, row[0].find('.')));
    int number = 0;
    for (std::string_view line : split_lines(text)) {
      ++number;
      if (trim(line).empty()) continue;
      records.push_back(plain("udhr", std::to_string(number), language, line));
    }
  }
  return records;
}

TextList read_bible(const DataRoot& root) {
  TUTTI_ASSIGN(const fs::path folder, root.folder("text_bible"));
  std::vector<fs::path> files;
  for (const auto& entry : fs::directory_iterator(folder)) {
    const std::string name = entry.path().filename().string();
    if (name.ends_with("-NT.txt") || name.ends_with("-PART.txt")) files.push_back(entry.path());
  }
  std::sort(files.begin(), files.end());
  std::vector<RawText> records;
  for (const fs::path& file : files) {
    TUTTI_ASSIGN(const std::string text, read_whole_file(file));
    const std::string language = language_code(file.stem().string());
    for (std::string_view line : split_lines(text)) {
      const size_t tab = line.find('\t');
      if (tab == std::string_view::npos || trim(line.substr(tab)).empty()) continue;
      records.push_back(
          plain("bible", std::string(line.substr(0, tab)), language, line.substr(tab)));
    }
  }
  return records;
}

TextList read_multi30k(const DataRoot& root) {
  std::set<std::string, std::less<>> held_out;
  if (root.has("flickr8k")) {
    TUTTI_ASSIGN(const fs::path flickr, root.folder("flickr8k"));
    TUTTI_ASSIGN(const TableRows rows, read_table(flickr / "captions.tsv", {"split", "caption"}));
    for (const auto& row : rows) {
      if (row[0] != "train") held_out.emplace(trim(row[1]));
    }
  }
  TUTTI_ASSIGN(const fs::path folder, root.folder("text_multi30k"));
  const std::vector<std::string_view> languages = {"en", "de", "fr", "cs"};
  TUTTI_ASSIGN(const TableRows rows, read_table(folder / "captions.tsv", languages));
  std::vector<RawText> records;
  for (const auto& row : rows) {
    bool described = false;
    for (const std::string& text : row) described = described || held_out.contains(trim(text));
    for (size_t i = 0; i < languages.size(); ++i) {
      records.push_back(plain("multi30k", row[0], std::string(languages[i]), row[i]));
      RawText& record = records.back();
      if (described) record.split = Split::eval;
      if (i == 0) continue;
      record.kind = "pair";
      record.prompt = record.text;
      record.text = trim(row[0]);
    }
  }
  return records;
}

TextList read_shakespeare(const DataRoot& root) {
  TUTTI_ASSIGN(const fs::path folder, root.folder("text_english"));
  return read_paragraphs(folder / "shakespeare.txt", "shakespeare", "\n");
}

TextList read_state_union(const DataRoot& root) {
  TUTTI_ASSIGN(const fs::path folder, root.folder("text_english"));
  return read_paragraphs(folder / "state_union.txt", "state_union", " ");
}

TextList read_brown(const DataRoot& root) {
  TUTTI_ASSIGN(const fs::path folder, root.folder("text_english"));
  return read_lines(folder / "brown.txt", "brown");
}

TextList read_movie_reviews(const DataRoot& root) {
  TUTTI_ASSIGN(const fs::path folder, root.folder("text_english"));
  TUTTI_ASSIGN(const TableRows rows, read_table(folder / "movie_reviews.tsv", {"label", "text"}));
  std::vector<RawText> records;
  for (const auto& row : rows) {
    if (!is_text(row[1])) continue;
    // Reviews run to 30 kB; the opening carries the judgement well enough for a small model.
    std::string text(trim(row[1]));
    if (text.size() > 1200) text.resize(text.rfind(' ', 1200));
    records.push_back(
        plain("movie_reviews", text, "en", row[0] == "pos" ? "positive" : "negative"));
    records.back().kind = "instruct";
    records.back().prompt = "Is this review positive or negative?\n" + text;
  }
  return records;
}

}  // namespace tutti
