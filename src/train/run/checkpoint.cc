#include "train/run/checkpoint.h"

#include <algorithm>
#include <charconv>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <limits>

#include "base/atomic_file.h"
#include "base/quote.h"
#include "format/package/safetensors_write.h"
#include "format/package/tensor_view.h"
#include "train/run/checkpoint_index.h"

namespace tutti {
namespace {

namespace fs = std::filesystem;

constexpr const char* kStep = "step_";

// The tensors of a parameter by the names that checkpoints have for them.
std::vector<std::pair<std::string, torch::Tensor>> tensors_of(const Parameter& parameter) {
  std::vector<std::pair<std::string, torch::Tensor>> all = {
      {"weight." + parameter.name, parameter.value.detach()},
      {"average." + parameter.name, parameter.average}};
  for (const auto& state : parameter.state)
    all.emplace_back("optimizer." + state.name + "." + parameter.name, state.value);
  return all;
}

std::string pieces_file(const std::string& directory, size_t number) {
  return directory + "/pieces_" + std::to_string(number) + ".safetensors";
}

// The whole text, as a number of steps.
std::optional<int> number_of(std::string_view text) {
  int number = 0;
  const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (problem != std::errc() || end != text.data() + text.size() || number < 0) return std::nullopt;
  return number;
}

// Writes the store's pieces as one file and notes them in the index. What is whole in every store
// is the first one's.
Status write_pieces(const std::string& directory, const ParameterStore& store,
                    CheckpointIndex& index) {
  std::vector<torch::Tensor> host;
  std::vector<TensorView> views;
  const int file = index.files++;
  for (const Parameter& parameter : store.parameters()) {
    const bool whole = parameter.regions[0].size == parameter.whole;
    if (whole && file > 0) continue;
    for (const auto& [name, tensor] : tensors_of(parameter))
      for (size_t b = 0; b < parameter.regions.size(); ++b) {
        host.push_back(parameter.region(tensor, b).to(torch::kCPU).contiguous());
        const std::string own = b == 0 ? name : name + "/" + std::to_string(b);
        views.push_back({own, DType::f32, host.back().sizes().vec(),
                         static_cast<const std::byte*>(host.back().data_ptr()),
                         host.back().nbytes()});
        auto& noted = index.tensors[name];
        noted.shape = parameter.whole;
        noted.pieces.push_back({file, own, parameter.regions[b]});
      }
  }
  return write_safetensors(pieces_file(directory, size_t(file)), {}, views);
}

// What the checkpoint `kept` supersedes; the index goes first, so that half of one is none.
void remove_others(const std::string& folder, const fs::path& kept) {
  std::error_code ignored;
  for (const auto& entry : fs::directory_iterator(kept.parent_path(), ignored)) {
    if (entry.path() == kept) continue;
    fs::remove(entry.path() / "index.json", ignored);
    fs::remove_all(entry.path(), ignored);
  }
  fs::remove(folder + "/checkpoint.safetensors", ignored);
}

}  // namespace

Status save_checkpoint(const std::string& folder, int step,
                       std::span<const ParameterStore* const> stores) {
  const std::string all = folder + "/checkpoint";
  const fs::path final_name = all + "/" + kStep + std::to_string(step);
  // The state after so many steps is known already: nothing was learned since it was read.
  if (fs::exists(final_name / "index.json")) return {};
  const std::string temporary = final_name.string() + ".tmp";
  std::error_code error;
  fs::remove_all(final_name, error);
  fs::remove_all(temporary, error);
  fs::create_directories(temporary, error);
  if (error) return failed("cannot make " + temporary + ": " + error.message());
  CheckpointIndex index;
  index.step = step;
  index.updates = stores[0]->updates;
  for (const ParameterStore* store : stores) TUTTI_CHECK(write_pieces(temporary, *store, index));
  TUTTI_CHECK(write_file_atomic(temporary + "/index.json", index.json()));
  TUTTI_CHECK(sync_folder(temporary));
  fs::rename(temporary, final_name, error);
  if (error) return failed("cannot rename " + temporary + ": " + error.message());
  TUTTI_CHECK(sync_folder(all));
  remove_others(folder, final_name);
  return {};
}

Result<std::optional<Checkpoint>> Checkpoint::open(const std::string& folder) {
  int latest = -1;
  std::error_code ignored;
  for (const auto& entry : fs::directory_iterator(folder + "/checkpoint", ignored)) {
    const std::string name = entry.path().filename().string();
    if (!name.starts_with(kStep) || !fs::exists(entry.path() / "index.json")) continue;
    const auto step = number_of(std::string_view(name).substr(std::string_view(kStep).size()));
    if (step) latest = std::max(latest, *step);
  }
  const std::string file = folder + "/checkpoint.safetensors";
  if (latest < 0 && !fs::exists(file)) return std::optional<Checkpoint>();
  TUTTI_ASSIGN(Checkpoint checkpoint, latest < 0 ? open_file(file)
                                                 : open_directory(folder + "/checkpoint/" + kStep +
                                                                  std::to_string(latest)));
  return std::optional<Checkpoint>(std::move(checkpoint));
}

Result<Checkpoint> Checkpoint::open_directory(const std::string& path) {
  std::ifstream file(path + "/index.json", std::ios::binary);
  const std::string text{std::istreambuf_iterator<char>(file), {}};
  auto index = CheckpointIndex::parse(text);
  if (!index) return index.error().with_context(path + "/index.json");
  Checkpoint checkpoint(path);
  checkpoint.step_ = index->step;
  checkpoint.updates_ = index->updates;
  for (int i = 0; i < index->files; ++i) {
    TUTTI_ASSIGN(SafetensorsFile pieces, SafetensorsFile::open(pieces_file(path, size_t(i))));
    checkpoint.files_.push_back(std::move(pieces));
  }
  for (const auto& [name, tensor] : index->tensors) {
    Tensor& saved = checkpoint.tensors_[name];
    saved.shape = tensor.shape;
    for (const auto& piece : tensor.pieces) {
      const TensorView* view = checkpoint.files_[size_t(piece.file)].find(piece.tensor);
      if (!view || view->dtype != DType::f32 ||
          !std::equal(view->shape.begin(), view->shape.end(), piece.region.size.begin(),
                      piece.region.size.end()))
        return bad_input(path + "/index.json: the piece " + quote(piece.tensor) + " of " +
                         quote(name) + " is missing in file " + std::to_string(piece.file) +
                         " or of another shape there; delete this checkpoint");
      const Status finite = validate_finite(*view);
      if (!finite) return finite.error().with_context(pieces_file(path, size_t(piece.file)));
      saved.pieces.push_back({piece.region, reinterpret_cast<const float*>(view->data)});
    }
  }
  return checkpoint;
}

// Version 1: every tensor whole, the numbers of steps and updates among them.
Result<Checkpoint> Checkpoint::open_file(const std::string& path) {
  Checkpoint checkpoint(path);
  TUTTI_ASSIGN(SafetensorsFile file, SafetensorsFile::open(path));
  const auto step = file.metadata().find("tutti.step");
  if (step == file.metadata().end())
    return bad_input(path + ": no step is noted; not a checkpoint");
  const auto steps = number_of(step->second);
  if (!steps)
    return bad_input(path + ": tutti.step is " + quote(step->second) +
                     "; expected the number of steps done; delete this checkpoint");
  checkpoint.step_ = *steps;
  const TensorView* updates = file.find("optimizer.steps");
  if (!updates || updates->dtype != DType::i64 || updates->bytes != sizeof(int64_t))
    return bad_input(path + ": \"optimizer.steps\" is missing; not a checkpoint");
  std::memcpy(&checkpoint.updates_, updates->data, sizeof(int64_t));
  if (checkpoint.updates_ < 0 || checkpoint.updates_ > std::numeric_limits<int>::max())
    return bad_input(path + ": \"optimizer.steps\" is " + std::to_string(checkpoint.updates_) +
                     "; expected a number of steps");
  for (const TensorView& view : file.tensors()) {
    if (view.dtype != DType::f32 || view.shape.size() != 2) continue;
    const Status finite = validate_finite(view);
    if (!finite) return finite.error().with_context(path);
    const std::array<int64_t, 2> shape = {view.shape[0], view.shape[1]};
    checkpoint.tensors_[view.name] = {
        shape, {{{{0, 0}, shape}, reinterpret_cast<const float*>(view.data)}}};
  }
  checkpoint.files_.push_back(std::move(file));
  return checkpoint;
}

Status Checkpoint::check(const std::string& name, const Parameter& parameter) const {
  const auto at = tensors_.find(name);
  if (at != tensors_.end() && at->second.shape == parameter.whole) return {};
  return bad_input(path_ + ": tensor \"" + name +
                   "\" is missing or of another shape than the recipe's model; train into another "
                   "run.output, or delete this checkpoint");
}

void Checkpoint::fill(const std::string& name, const Parameter& parameter,
                      const torch::Tensor& piece) const {
  for (size_t b = 0; b < parameter.regions.size(); ++b) {
    const torch::Tensor target = parameter.region(piece, b);
    const Region& wanted = parameter.regions[b];
    for (const Piece& saved : tensors_.at(name).pieces) {
      std::array<int64_t, 2> from = {}, to = {};  // what both have, in the whole
      for (size_t axis = 0; axis < 2; ++axis) {
        from[axis] = std::max(wanted.first[axis], saved.region.first[axis]);
        to[axis] = std::min(wanted.first[axis] + wanted.size[axis],
                            saved.region.first[axis] + saved.region.size[axis]);
      }
      if (from[0] >= to[0] || from[1] >= to[1]) continue;
      const auto part = [&](const torch::Tensor& x, const Region& region) {
        return x.narrow(0, from[0] - region.first[0], to[0] - from[0])
            .narrow(1, from[1] - region.first[1], to[1] - from[1]);
      };
      const torch::Tensor source =
          torch::from_blob(const_cast<float*>(saved.values),
                           {saved.region.size[0], saved.region.size[1]}, torch::kFloat);
      part(target, wanted).copy_(part(source, saved.region));
    }
  }
}

Status Checkpoint::load(ParameterStore& store) const {
  for (const Parameter& parameter : store.parameters())
    for (const auto& [name, tensor] : tensors_of(parameter)) TUTTI_CHECK(check(name, parameter));
  torch::NoGradGuard no_grad;
  for (const Parameter& parameter : store.parameters())
    for (const auto& [name, tensor] : tensors_of(parameter)) fill(name, parameter, tensor);
  store.updates = updates_;
  return {};
}

}  // namespace tutti
