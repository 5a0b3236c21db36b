#include "format/package/package_tensors.h"

#include <algorithm>
#include <utility>

#include "base/quote.h"

namespace tutti {
namespace {

bool by_name(const TensorView& one, const TensorView& other) {
  return one.name < other.name;
}

}  // namespace

PackageTensors::PackageTensors(SafetensorsFile main) : tensors_(main.tensors()) {
  files_.push_back(std::move(main));
}

Status PackageTensors::add(SafetensorsFile shard) {
  std::vector<TensorView> all;
  all.reserve(tensors_.size() + shard.tensors().size());
  std::merge(tensors_.begin(), tensors_.end(), shard.tensors().begin(), shard.tensors().end(),
             std::back_inserter(all), by_name);
  const auto twice = std::adjacent_find(
      all.begin(), all.end(),
      [](const TensorView& one, const TensorView& next) { return one.name == next.name; });
  if (twice != all.end())
    return bad_input("the tensor " + quote(twice->name) + " is in two of its files");
  tensors_ = std::move(all);
  files_.push_back(std::move(shard));
  return {};
}

Status PackageTensors::fill() {
  for (SafetensorsFile& file : files_) TUTTI_CHECK(file.fill());
  return {};
}

const TensorView* PackageTensors::find(std::string_view name) const {
  const auto at =
      std::lower_bound(tensors_.begin(), tensors_.end(), name,
                       [](const TensorView& t, std::string_view n) { return t.name < n; });
  return at != tensors_.end() && at->name == name ? &*at : nullptr;
}

}  // namespace tutti
