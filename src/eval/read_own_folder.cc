#include "eval/read_own_folder.h"

#include <algorithm>
#include <array>
#include <filesystem>

#include "base/quote.h"
#include "data/build/data_root.h"
#include "data/build/read/table.h"
#include "eval/decode_record.h"
#include "format/text/languages.h"

namespace tutti {

namespace fs = std::filesystem;

namespace {

constexpr std::array kTables = {"captions.tsv", "labels.tsv", "transcripts.tsv",
                                "masks.tsv",    "qa.tsv",     "statements.tsv"};

bool has_table(const fs::path& folder) {
  std::error_code problem;
  return std::any_of(kTables.begin(), kTables.end(),
                     [&](const char* table) { return fs::exists(folder / table, problem); });
}

// A table whose columns may be missing; a cell of a missing column is empty.
struct Table {
  TableRows rows;
  std::vector<std::string> head;

  static Result<Table> read(const fs::path& file) {
    TUTTI_ASSIGN(const std::string text, read_text_file(file));
    const auto lines = split_lines(text);
    if (lines.empty())
      return bad_input(file.string() + " is empty; the first line must name the columns");
    Table table;
    table.head = split_fields(lines[0], '\t');
    const std::vector<std::string_view> all(table.head.begin(), table.head.end());
    TUTTI_ASSIGN(table.rows, read_table(file, all));
    return table;
  }
  bool has(const char* column) const {
    return std::find(head.begin(), head.end(), column) != head.end();
  }
  std::string cell(const std::vector<std::string>& row,
                   std::initializer_list<const char*> columns) const {
    for (const char* column : columns) {
      const auto at = std::find(head.begin(), head.end(), column);
      if (at != head.end()) return row[size_t(at - head.begin())];
    }
    return "";
  }
};

class OwnSet {
 public:
  OwnSet(std::string name, fs::path folder, const EvalDataOptions& options, EvalData& data)
      : name_(std::move(name)), folder_(std::move(folder)), options_(options), data_(data) {}

  Status read() {
    TUTTI_CHECK(
        each("captions.tsv", [&](const Table& t, const auto& row) { return caption(t, row); }));
    TUTTI_CHECK(each("labels.tsv", [&](const Table& t, const auto& row) { return label(t, row); }));
    TUTTI_CHECK(each("masks.tsv", [&](const Table& t, const auto& row) { return mask(t, row); }));
    TUTTI_CHECK(each("qa.tsv", [&](const Table& t, const auto& row) {
      return question(row, t, t.cell(row, {"question"}), t.cell(row, {"answer"}));
    }));
    TUTTI_CHECK(each("statements.tsv", [&](const Table& t, const auto& row) {
      return question(row, t, t.cell(row, {"sentence"}), t.cell(row, {"label"}));
    }));
    return each("transcripts.tsv",
                [&](const Table& t, const auto& row) { return transcript(t, row); });
  }

 private:
  // Runs `take` on every row of a table that is there.
  template <class Take>
  Status each(const char* table, const Take& take) {
    std::error_code problem;
    places_.clear();
    if (!fs::exists(folder_ / table, problem)) return {};
    TUTTI_ASSIGN(Table read, Table::read(folder_ / table));
    // By a hash of the file, so that a limit takes a fair sample of a sorted table.
    const auto place = [&](const auto& row) {
      return stable_hash(read.cell(row, {"file", "wav"}));
    };
    std::stable_sort(read.rows.begin(), read.rows.end(),
                     [&](const auto& a, const auto& b) { return place(a) < place(b); });
    for (const auto& row : read.rows) TUTTI_CHECK(take(read, row));
    return {};
  }

  // Names inside the set only: a table from a stranger must not open other files.
  Result<std::string> inside(const std::string& file) const {
    const fs::path path(file);
    bool climbs = path.is_absolute() || file.empty();
    for (const auto& part : path) climbs = climbs || part == "..";
    if (climbs)
      return bad_input("the set " + name_ + " names the file " + quote(file) +
                       "; file names must be relative to the set and stay in it");
    return (folder_ / path).string();
  }

  bool full(size_t count) const { return options_.limit > 0 && count >= size_t(options_.limit); }

  // The record of a file, decoded when first named; nullptr beyond the limit.
  Result<PictureRecord*> picture(EvalPictures::Kind kind, const std::string& suffix,
                                 RawPicture raw) {
    EvalPictures& set = data_.pictures[name_ + suffix];
    set.kind = kind;
    const auto [place, added] = places_.try_emplace(raw.key, set.records.size());
    if (added) {
      if (full(set.records.size())) {
        places_.erase(place);
        return static_cast<PictureRecord*>(nullptr);
      }
      TUTTI_ASSIGN(raw.file, inside(raw.key));
      TUTTI_ASSIGN(PictureRecord record, decode_record(raw, name_));
      set.records.push_back(std::move(record));
    }
    return &set.records[place->second];
  }

  Status caption(const Table& t, const std::vector<std::string>& row) {
    const bool photos = t.has("caption");
    const std::string text = t.cell(row, {"caption", "name_en", "name"}),
                      lang = t.cell(row, {"lang"});
    RawPicture raw;
    raw.key = t.cell(row, {"file"});
    if (!photos) raw.label = text;
    TUTTI_ASSIGN(
        PictureRecord * record,
        picture(photos ? EvalPictures::Kind::captioned : EvalPictures::Kind::named, "", raw));
    if (record) record->captions.push_back({lang.empty() ? "en" : language_code(lang), text, {}});
    return {};
  }

  Status label(const Table& t, const std::vector<std::string>& row) {
    if (!t.has("file")) return {};  // sounds: no task of the suite names them yet
    RawPicture raw;
    raw.key = t.cell(row, {"file"});
    raw.label = t.cell(row, {"label"});
    data_.pictures[name_].labels.insert(raw.label);
    TUTTI_ASSIGN(PictureRecord * record, picture(EvalPictures::Kind::labelled, "", raw));
    (void)record;
    return {};
  }

  Status mask(const Table& t, const std::vector<std::string>& row) {
    RawPicture raw;
    raw.key = t.cell(row, {"file"});
    TUTTI_ASSIGN(raw.mask, inside(t.cell(row, {"mask"})));
    TUTTI_ASSIGN(PictureRecord * record, picture(EvalPictures::Kind::masked, ".masks", raw));
    (void)record;
    return {};
  }

  Status question(const std::vector<std::string>& row, const Table& t, const std::string& asked,
                  const std::string& answer) {
    RawPicture raw;
    raw.key = t.cell(row, {"file"});
    TUTTI_ASSIGN(PictureRecord * record, picture(EvalPictures::Kind::asked, ".questions", raw));
    EvalPictures& set = data_.pictures[name_ + ".questions"];
    if (record)
      set.questions.push_back(
          {size_t(record - set.records.data()), {"en", asked, {}}, {"en", answer, {}}});
    return {};
  }

  Status transcript(const Table& t, const std::vector<std::string>& row) {
    std::vector<SpeechRecord>& records = data_.speech[name_];
    if (full(records.size())) return {};
    const std::string lang = t.cell(row, {"lang"});
    RawSpeech raw;
    raw.key = t.cell(row, {"wav", "file"});
    raw.transcript = t.cell(row, {"text"});
    raw.language = lang.empty() ? "en" : language_code(lang);
    TUTTI_ASSIGN(raw.file, inside(raw.key));
    TUTTI_ASSIGN(SpeechRecord record, decode_record(raw, name_));
    records.push_back(std::move(record));
    return {};
  }

  std::string name_;
  fs::path folder_;
  const EvalDataOptions& options_;
  EvalData& data_;
  std::map<std::string, size_t> places_;  // file -> record, of the table being read
};

}  // namespace

Result<EvalData> read_own_folder(const std::string& folder, const EvalDataOptions& options) {
  EvalData data;
  data.what = "all records of a folder";
  if (has_table(folder)) {
    TUTTI_CHECK(
        OwnSet(fs::path(folder).lexically_normal().filename().string(), folder, options, data)
            .read());
    return data;
  }
  TUTTI_ASSIGN(const DataRoot root, DataRoot::open(folder));
  std::set<std::string> names;
  std::error_code problem;
  for (const auto& entry : fs::directory_iterator(folder, problem)) {
    const std::string name = entry.path().filename().string();
    if (name.ends_with(".tar.zst")) names.insert(name.substr(0, name.size() - 8));
    if (entry.is_directory(problem) && has_table(entry.path())) names.insert(name);
  }
  for (const std::string& name : names) {
    TUTTI_ASSIGN(const fs::path place, root.folder(name));
    if (has_table(place)) TUTTI_CHECK(OwnSet(name, place, options, data).read());
  }
  if (data.pictures.empty() && data.speech.empty())
    return bad_input(
        folder +
        " holds no tables to evaluate on; expected captions.tsv, labels.tsv, transcripts.tsv, "
        "masks.tsv, qa.tsv or statements.tsv in it or in its folders, or an index.json of shards");
  return data;
}

}  // namespace tutti
