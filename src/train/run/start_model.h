// The model file that a run starts from (run.start_from). It may lack groups and modalities that
// the run's model has: what the file has is taken over, tables with a row for each group by the
// groups' names, wherever new groups stand in the list, and the rest begins fresh.
//
//   TUTTI_ASSIGN(StartModel start, StartModel::open(recipe.start_from, recipe.model));
//   TUTTI_CHECK(start.load(store));
//   TUTTI_CHECK(start.train_only(store, recipe.train_only));
//   TUTTI_CHECK(store.save(path, recipe.model, card, tokenizer, dtype, start.kept(store)));
//
// What the file has and the run does not train is written again byte for byte, in the type in which
// it is stored: rounded again, an INT8 matrix would be another.
#pragma once

#include <deque>
#include <set>
#include <string>
#include <vector>

#include "format/package/save_model.h"
#include "train/backend/parameter_store.h"
#include "train/run/shared_parameters.h"

namespace tutti {

class StartModel {
 public:
  // bad_input names what the file has and a model of `spec` lacks, or has otherwise.
  static Result<StartModel> open(const std::string& path, const ModelSpec& spec);

  // Masters and averages. bad_input names a parameter that the file ought to have.
  Status load(ParameterStore& store) const;
  // bad_input unless what is not trained is as in the file: a resumed run began with another file.
  Status check_kept(const ParameterStore& store) const;

  // As ParameterStore::train_only(); what the file lacks is trained too, in tables those rows
  // alone.
  bool train_only(ParameterStore& store, const std::vector<std::string>& parts);

  // After train_only(): the tensors and notes of the file that the new one has as they are, and the
  // tables that grew, with the averages of `store` as new rows. Points into this; valid until the
  // next call.
  Result<KeptParts> kept(const ParameterStore& store);

  std::span<const std::byte> tokenizer() const { return package_.tokenizer; }

 private:
  StartModel(std::string path, ModelPackage package, SharedParameters shared)
      : path_(std::move(path)), package_(std::move(package)), shared_(std::move(shared)) {}
  // Of each row of a parameter, which row of the file's it is; -1: a new one.
  std::vector<int64_t> rows_of(const Parameter& parameter) const;
  Result<std::vector<float>> values_of(const std::string& name) const;
  Status grow(const Parameter& parameter, const std::vector<int64_t>& rows,
              std::vector<TensorView>& tensors);
  void grow_input_scale(TensorView& tensor);
  void replace(TensorView& tensor, std::vector<std::byte> stored, const std::vector<int64_t>& rows);
  static TensorView* find(std::vector<TensorView>& tensors, const std::string& name);

  std::string path_;
  ModelPackage package_;
  SharedParameters shared_;
  std::set<std::string> trained_;             // parameters of which no row is kept
  std::deque<std::vector<std::byte>> bytes_;  // of tables that grew
};

}  // namespace tutti
