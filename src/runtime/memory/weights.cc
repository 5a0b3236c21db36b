#include "runtime/memory/weights.h"

#include <algorithm>
#include <mutex>

namespace tutti {
namespace {

Status check_size(const std::string& name, int rows, int cols, size_t values) {
  if (values == size_t(rows) * size_t(cols)) return {};
  return failed("weight " + name + " has " + std::to_string(values) + " values; expected " +
                std::to_string(rows) + " x " + std::to_string(cols));
}

}  // namespace

size_t WeightStorage::bytes() const {
  size_t bytes = 0;
  for (const AlignedFloats& tensor : floats) bytes += tensor.size() * sizeof(float);
  for (const Weight& weight : matrices) bytes += weight.packed.bytes();
  return bytes;
}

CpuTensor WeightSource::get(const std::string& name, int rows, int cols, const ParamSpec& spec) {
  return spec.product && rows >= kPanelRows ? matrix(name, rows, cols, spec.layout.gated)
                                            : floats(name, rows, cols);
}

CpuTensor WeightSource::floats(const std::string& name, int rows, int cols) {
  if (error_) return {};
  Result<std::vector<float>> values = read_(name, rows, cols);
  if (!values) {
    error_ = values.error();
    return {};
  }
  if (const Status good = check_size(name, rows, cols, values->size()); !good) {
    error_ = good.error();
    return {};
  }
  Result<AlignedFloats> memory = AlignedFloats::allocate(values->size());
  if (!memory) {
    error_ = memory.error().with_context("loading weight " + name);
    return {};
  }
  std::copy(values->begin(), values->end(), memory->data());
  storage_.floats.push_back(*std::move(memory));
  return CpuTensor::view(storage_.floats.back().data(), rows, cols);
}

CpuTensor WeightSource::matrix(const std::string& name, int rows, int cols, bool gated) {
  if (error_) return {};
  storage_.matrices.emplace_back();
  const Job job = {name, rows, cols, gated, &storage_.matrices.back()};
  if (read_matrix_) {
    jobs_.push_back(job);
  } else if (const Status status = run(job); !status) {
    error_ = status.error();
    return {};
  }
  return CpuTensor::of_weight(*job.weight, rows, cols);
}

Result<Weight> WeightSource::read_f32(const Job& job) const {
  TUTTI_ASSIGN(const std::vector<float> values, read_(job.name, job.rows, job.cols));
  TUTTI_CHECK(check_size(job.name, job.rows, job.cols, values.size()));
  Weight weight;
  TUTTI_ASSIGN(weight.packed,
               PackedWeights::f32({values.data(), job.rows, job.cols, size_t(job.cols)}));
  return weight;
}

Status WeightSource::run(const Job& job) const {
  Result<Weight> weight = read_matrix_ ? read_matrix_(job.name, job.rows, job.cols) : read_f32(job);
  if (!weight) return weight.error();
  if (weight->packed.rows() != job.rows || weight->packed.cols() != job.cols)
    return failed("weight " + job.name + " has another shape than " + std::to_string(job.rows) +
                  " x " + std::to_string(job.cols));
  if (job.gated) {
    TUTTI_ASSIGN(weight->packed, PackedWeights::interleave(weight->packed));
  }
  *job.weight = *std::move(weight);
  job.weight->name = job.name;
  return {};
}

// Jobs are dealt round: neighbours are of one kind, so each thread gets its share of the big ones.
Status WeightSource::pack(ThreadPool& threads) {
  TUTTI_CHECK(status());
  std::mutex mutex;
  const int size = threads.size();
  threads.run(size, [&](int, int begin, int end) {
    for (int share = begin; share < end; ++share)
      for (size_t i = size_t(share); i < jobs_.size(); i += size_t(size)) {
        const Status packed = run(jobs_[i]);
        if (packed) continue;
        const std::lock_guard lock(mutex);
        if (!error_) error_ = packed.error();
        return;
      }
  });
  jobs_.clear();
  return status();
}

}  // namespace tutti
