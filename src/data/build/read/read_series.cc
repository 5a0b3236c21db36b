#include "data/build/read/read_series.h"

#include <algorithm>
#include <charconv>
#include <cstdlib>

#include "base/quote.h"
#include "data/build/read/table.h"

namespace tutti {

namespace fs = std::filesystem;

namespace {

constexpr size_t kMostFrames = 64;  // of a part: a block that fits any budget, and four clips
constexpr size_t kFewestFrames = kClipFrames;

// Cuts a run into parts of about equal length, so that none is too short for a clip.
void add_parts(const RawSeries& run, std::vector<RawSeries>& series) {
  const size_t count = run.files.size();
  if (count < kFewestFrames) return;
  const size_t parts = (count + kMostFrames - 1) / kMostFrames;
  for (size_t i = 0; i < parts; ++i) {
    const auto begin = long(count * i / parts), end = long(count * (i + 1) / parts);
    RawSeries part;
    part.key = run.key + "/" + std::to_string(begin);
    part.split = run.split;
    part.class_names = run.class_names;
    part.files.assign(run.files.begin() + begin, run.files.begin() + end);
    if (!run.classes.empty())
      part.classes.assign(run.classes.begin() + begin, run.classes.begin() + end);
    series.push_back(std::move(part));
  }
}

// "img/0006R0_f01290.jpg" -> 1290.
Result<int> frame_number(const std::string& file) {
  const size_t dot = std::min(file.rfind('.'), file.size());
  size_t begin = dot;
  while (begin > 0 && file[begin - 1] >= '0' && file[begin - 1] <= '9') --begin;
  int number = 0;
  const auto [end, problem] = std::from_chars(file.data() + begin, file.data() + dot, number);
  if (problem == std::errc() && end == file.data() + dot) return number;
  return bad_input(quote(file) + " does not end in the number of its frame");
}

}  // namespace

Result<std::vector<RawSeries>> read_camvid(const fs::path& folder) {
  constexpr int kStep = 30;  // 30 frames a second, one a second kept; one frame is off by one
  TUTTI_ASSIGN(const TableRows rows,
               read_table(folder / "frames.tsv", {"sequence", "file", "segmentation"}));
  TUTTI_ASSIGN(const std::string names, read_whole_file(folder / "classes.txt"));
  std::vector<RawSeries> series;
  RawSeries run;
  std::string sequence;
  int last = 0;
  for (const auto& row : rows) {
    TUTTI_ASSIGN(const int number, frame_number(row[1]));
    if (row[0] != sequence || std::abs(number - last - kStep) > 1) {
      add_parts(run, series);
      run = {};
      run.key = row[0] + "/" + std::to_string(number);
      run.split = split_by_sequence("camvid_seq", row[0]);
      for (std::string_view name : split_lines(names)) run.class_names.emplace_back(trim(name));
    }
    sequence = row[0];
    last = number;
    run.files.push_back((folder / row[1]).string());
    run.classes.push_back((folder / row[2]).string());
  }
  add_parts(run, series);
  return series;
}

Result<std::vector<RawSeries>> read_radar(const fs::path& folder) {
  TUTTI_ASSIGN(const TableRows rows, read_table(folder / "frames.tsv", {"sequence", "file"}));
  std::vector<RawSeries> series;
  RawSeries run;
  for (const auto& row : rows) {
    if (row[0] != run.key) {
      add_parts(run, series);
      run = {};
      run.key = row[0];
      run.split = split_by_sequence("radar_fmi", row[0]);
    }
    run.files.push_back((folder / row[1]).string());
  }
  add_parts(run, series);
  return series;
}

}  // namespace tutti
