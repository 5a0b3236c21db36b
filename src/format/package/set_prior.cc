#include "format/package/set_prior.h"

#include <algorithm>

#include "base/quote.h"
#include "format/package/save_model.h"
#include "format/package/verify_package.h"
#include "format/text/ngram.h"

namespace tutti {
namespace {

constexpr std::string_view kTensorPrefix = "tutti.ngram.";

// Adds the tables' tensors; they point into `prior`.
Status add_tables(const NewPrior& prior, std::vector<TensorView>& tensors, Manifest& manifest) {
  Manifest::Prior& listed = manifest.prior = {prior.weight, prior.bonus, {}};
  for (const NewPrior::Table& table : prior.tables) {
    const auto bytes = std::as_bytes(std::span(table.bytes));
    if (const auto opened = NgramTable::open(bytes); !opened)
      return opened.error().with_context("the table " + quote(table.name));
    const std::string tensor = std::string(kTensorPrefix) + table.name;
    tensors.push_back({tensor, DType::u8, {int64_t(bytes.size())}, bytes.data(), bytes.size()});
    listed.tables.push_back({table.name, tensor});
  }
  return {};
}

}  // namespace

Status set_prior(const std::string& input, const std::string& output, const NewPrior& prior) {
  TUTTI_ASSIGN(const ModelPackage package, ModelPackage::open(input));
  // What is damaged would get hashes that fit.
  if (package.manifest.format >= 2)
    if (const Status whole = verify_package(package); !whole)
      return whole.error().with_context("the model " + input);
  KeptParts kept = kept_parts(package);
  std::vector<TensorView> tensors = package.file.tensors();
  std::erase_if(tensors, [&](const TensorView& tensor) {
    return tensor.name == package.manifest.tokenizer.tensor ||
           tensor.name.starts_with(kTensorPrefix);
  });
  TUTTI_CHECK(add_tables(prior, tensors, kept.manifest));
  // F32 stays F32, and save_model() stores all other types as they are.
  return save_model(output, package.config_json, package.card, package.tokenizer,
                    std::move(tensors), DType::f32, kept);
}

}  // namespace tutti
