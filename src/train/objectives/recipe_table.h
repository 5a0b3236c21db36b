// Reads the tables of a recipe: each call is a row of what is known, a key with its type and range;
// what is left over at the end is an error with its place in the file.
//
//   TUTTI_ASSIGN(const RecipeFile file, RecipeFile::open("recipes/nano.toml"));
//   TUTTI_CHECK(file.table("objective.ctc").read("weight", weight, kWeight).finish());
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "base/result.h"

namespace tutti {

// What a number may be; `below`: the upper end is not included. Nothing that is not a number lies
// in a range.
struct Range {
  double low, high;
  bool below = false;

  bool holds(double value) const { return value >= low && (below ? value < high : value <= high); }
};
inline constexpr Range kShare = {0, 1};
inline constexpr Range kDecay = {0, 1, /*below=*/true};  // of a running mean: at 1 it never moves
inline constexpr Range kWeight = {0, 1e4};
inline constexpr Range kGuidance = {0, 100};

// A number as messages say it, with up to 10 digits.
std::string shown(double value);

class RecipeTable;

// A parsed recipe. Copies share it.
class RecipeFile {
 public:
  // bad_input with the line where it is no TOML.
  static Result<RecipeFile> open(const std::string& path);

  // `name` may lead into another table: "objective.text". A table that is not there has no keys.
  RecipeTable table(const std::string& name) const;
  // An error names the first table that is none of `known`: "run", "objective.text".
  Status check_names(const std::vector<std::string>& known) const;
  // Whether the table is there and has the key; one of a list is "model.modalities[0]".
  bool states(const std::string& table, const std::string& key) const;
  // The table as JSON; empty if it is not there.
  std::string json(const std::string& name) const;

 private:
  friend class RecipeTable;
  struct Parsed;
  explicit RecipeFile(std::shared_ptr<const Parsed> parsed) : parsed_(std::move(parsed)) {}
  std::shared_ptr<const Parsed> parsed_;
};

class RecipeTable {
 public:
  ~RecipeTable();

  RecipeTable& read(const char* key, std::string& value);
  RecipeTable& read(const char* key, bool& value);
  // A text out of a few.
  RecipeTable& read(const char* key, std::string& value, std::initializer_list<const char*> known);
  // A number in a range, a whole one for the integers.
  RecipeTable& read(const char* key, double& value, const Range& range);
  RecipeTable& read(const char* key, float& value, const Range& range);
  RecipeTable& read(const char* key, int& value, const Range& range);
  RecipeTable& read(const char* key, uint64_t& value, const Range& range);
  RecipeTable& read(const char* key, std::vector<std::string>& values);
  // Every key of the table, each with a count of at most `most`.
  RecipeTable& read_counts(std::map<std::string, int>& counts, int most);

  // The first problem: of a key that was read, or a key that was not.
  Status finish();

 private:
  friend class RecipeFile;
  struct State;
  explicit RecipeTable(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace tutti
