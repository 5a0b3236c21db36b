// What a model file and a model share, where the file may lack some of the model's groups and
// modalities: which parameters the file ought to have, and where the rows of tables with a row for
// each group, or each pair of groups, lie in it.
#pragma once

#include <array>
#include <map>
#include <string>
#include <vector>

#include "format/package/model_package.h"
#include "model/spec.h"

namespace tutti {

class SharedParameters {
 public:
  using Shape = std::array<int64_t, 2>;

  // bad_input names what the file has and a model of `spec` lacks, or has otherwise.
  static Result<SharedParameters> of(const ModelPackage& package, const ModelSpec& spec);

  // That the file has, with their shapes there.
  const std::map<std::string, Shape>& shapes() const { return shapes_; }

  // Of each of the `rows` rows that a parameter has in the model, which of the file's it is; -1: a
  // new one.
  std::vector<int64_t> rows_of(const std::string& name, int64_t rows) const;
  // The same of a table with a row for each group.
  std::vector<int64_t> rows_of_groups() const {
    return {group_in_file_.begin(), group_in_file_.end()};
  }
  int groups_in_file() const { return groups_in_file_; }

 private:
  enum class Table { of_groups, of_pairs };  // of pairs: the group that asks first

  Status compare(const ModelPackage& package, const ModelSpec& spec, const ModelSpec& file);

  std::vector<int> group_in_file_;  // of each group of the model; -1: new
  int groups_in_file_ = 0;
  std::map<std::string, Shape> shapes_;
  std::map<std::string, Table> tables_;
};

// "run.start_from: WHAT" and what may differ.
Error start_differs(const std::string& what);

}  // namespace tutti
