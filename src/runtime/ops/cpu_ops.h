// The architecture's operations on the CPU: the second model of the Ops concept. Activations are
// FP32; a product runs in the precision of its packed weights (weights.h), and then the coarse ops
// are fused (products.cc). Weights that are plain floats take part too, op by op.
//
//   CpuOps ops(arena, threads);
//   TUTTI_CHECK(ops.reserve([&] { model.forward(ops, batch); }));   // a dry run sizes the arena
//   auto out = model.forward(ops, batch);
//   TUTTI_CHECK(ops.status());                                      // before out's data is read
//
// Each op checks shapes, takes its output from the arena and hands rows to kernels on the thread
// pool; the next instruction set or precision changes the kernels, not this file. An op that fails
// (arena full, shapes that do not match) notes the first error; from there on tensors have shapes
// and no data and nothing is computed, exactly as while planning, so no caller needs to check
// between ops. Ops allocate nothing on the heap once their scratch lists have grown.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "model/ops.h"
#include "runtime/linear/linear.h"
#include "runtime/memory/kv_cache.h"
#include "runtime/memory/tensor.h"
#include "runtime/memory/weights.h"
#include "runtime/ops/attention_pass.h"
#include "runtime/threads.h"

namespace tutti {

// What calibration sees: rows that a product with `weight` reads, by modality group where `bounds`
// has more than one.
class ProductObserver {
 public:
  virtual ~ProductObserver() = default;
  virtual void see(const Weight& weight, ConstMatrix inputs, RowIndex bounds) = 0;
};

// One session; not thread-safe. Arena and pool must outlive it.
class CpuOps {
 public:
  using Tensor = CpuTensor;
  using Cache = KvCache;

  CpuOps(Arena& arena, ThreadPool& threads) : arena_(arena), threads_(&threads) {}

  // From the next plan on; results are the same bits on any number of threads.
  void use_threads(ThreadPool& threads) { threads_ = &threads; }

  // Bytes that `pass` takes from the arena. No tensor of this arena may be alive, nor stay alive.
  template <class Pass>
  size_t plan(const Pass& pass) {
    arena_.begin_plan();
    computing_ = false;
    pass();
    computing_ = !error_;
    return arena_.end_plan();
  }
  // The same, and makes that much room.
  template <class Pass>
  Status reserve(const Pass& pass) {
    reset();
    const size_t bytes = plan(pass);
    TUTTI_CHECK(status());
    return arena_.reserve(bytes);
  }
  // Before the pass of the last reserve() runs once more.
  void repeat() { arena_.repeat_plan(); }
  // Forgets an error.
  void reset() {
    error_.reset();
    computing_ = true;
  }
  // The first error since reserve() or reset().
  Status status() const { return error_ ? Status(*error_) : Status(); }
  // Whether tensors hold data: false while planning and after an error.
  bool computing() const { return computing_; }

  // Where set, products on FP32 weights show it their inputs, and run on one thread. Not owned.
  ProductObserver* observer = nullptr;

  // Whether rows whose gate is closed are skipped, or computed and multiplied by 0: the same bits.
  bool routing = true;

  // The concept; see model/ops.h for what each means.
  Tensor constant(std::span<const float> values, int rows, int cols);
  Tensor linear(const Tensor& x, const Linear<Tensor>& w,
                const RowAdapters<Tensor>* adapters = nullptr);
  Tensor linear_silu(const Tensor& x, const Tensor& w);
  Tensor norm_linear(const Tensor& x, const PreNorm<Tensor>& norm, const Linear<Tensor>& w);
  std::pair<Tensor, Tensor> norm_linear(const Tensor& x, const PreNorm<Tensor>& norm,
                                        const Linear<Tensor>& w, const Linear<Tensor>& v);
  Tensor linear_join(const Tensor& x, const Linear<Tensor>& w, const Join<Tensor>& join);
  Tensor feed_forward(const Tensor& x, const PreNorm<Tensor>& norm,
                      std::span<const Linear<Tensor>> up, Activation activation,
                      std::span<const Linear<Tensor>> down, const Join<Tensor>& join);
  Tensor norm_silu_conv(const Tensor& x, const Tensor& gain, const Tensor& w, Grid grid, int kernel,
                        int stride);
  Tensor route(const Tensor& x, const Tensor& route, const Tensor& bias, RowIndex bounds);
  Tensor embedding(const Tensor& table, RowIndex index);
  Tensor rms_norm(const Tensor& x, const Tensor& gain, RowIndex bounds, float eps = 1e-6f);
  Tensor layer_norm(const Tensor& x, const Tensor& gain, const Tensor& shift, RowIndex bounds,
                    float eps);
  Tensor add(const Tensor& x, const Tensor& z);
  Tensor add_scaled(const Tensor& x, const Tensor& z, const Tensor& scale);
  Tensor modulate(const Tensor& x, const Tensor& modulation, RowIndex index, int first);
  Tensor scale_rows(const Tensor& x, const Tensor& scale);
  Tensor gate(const Tensor& x);
  bool skips() const { return routing; }
  const RunningRows* running_rows(const Tensor& gate, const AttentionPlan& plan, RowIndex bounds,
                                  RowIndex noise_index, int first_noisy);
  Tensor replace_rows(const Tensor& x, RowIndex index, const Tensor& z);
  Tensor sigmoid(const Tensor& x);
  Tensor activate(const Tensor& x, Activation activation);
  Tensor relu2(const Tensor& x);
  Tensor silu(const Tensor& x);
  Tensor softcap(const Tensor& x, float cap);
  Tensor attention(const Tensor& q, const Tensor& kv, const AttentionWeights<Tensor>& weights,
                   const AttentionPlan& plan, Cache* cache);
  Tensor conv2d(const Tensor& x, const Tensor& w, Grid grid, int kernel, int stride);
  Tensor depthwise(const Tensor& x, const Tensor& taps, RowIndex index);
  Tensor gather_rows(const Tensor& x, RowIndex index);
  Tensor concat_rows(std::span<const Tensor> parts);
  Tensor concat_cols(const Tensor& x, const Tensor& z);
  Tensor rows(const Tensor& x, int begin, int end);     // a view
  Tensor cols(const Tensor& x, int begin, int end);     // a view
  Tensor reshape(const Tensor& x, int rows, int cols);  // a view unless x is one of columns
  Tensor segment_mean(const Tensor& x, RowIndex index, RowIndex bounds);
  Tensor normalize_rows(const Tensor& x);
  int row_count(const Tensor& x) const { return x.rows(); }

  // What keys, values and queries are rounded to where there is no cache: FP32 or bf16. With one,
  // the cache says.
  Precision kept = Precision::f32;

 private:
  // Below this many multiply-adds waking another thread costs more than it saves.
  static constexpr size_t kWorthThreads = 30000;

  Tensor make(int rows, int cols);
  bool expect(bool condition, const char* op, const Tensor& x, const Tensor& y);
  void fail(std::string message);
  // body(begin, end) over `rows`, on all threads if it is worth it; `work` in multiply-adds a row.
  // Nothing while planning.
  template <class Body>
  void parallel(int rows, size_t work, const Body& body) {
    if (!computing_ || rows <= 0) return;
    if (rows * work < kWorthThreads)
      body(0, rows);
    else
      threads_->run(rows, [&](int, int begin, int end) { body(begin, end); });
  }
  template <class Kernel>
  Tensor each_row(const Tensor& x, size_t work, const Kernel& kernel);

  struct Input;  // rows of x, prepared for products of one precision
  Input prepare(const Tensor& x, const Weight& w, RowIndex bounds = {});
  Input prepare_norm(const Tensor& x, const PreNorm<Tensor>& norm, const Weight& w);
  InputRows quantize_groups(ConstMatrix x, const Norm* norm, const Weight& w, RowIndex bounds,
                            float* memory);
  Tensor product(const Input& x, const Weight& w, const Epilogue& epilogue);
  Tensor with_bias(Tensor y, const Linear<Tensor>& w);
  Tensor gated_linear(const Tensor& x, const Weight& w);
  // Where rows have adapters (adapted_products.cc).
  void add_low_rank(const Tensor& x, const Linear<Tensor>& w, const RowAdapters<Tensor>& by,
                    Tensor& y);
  Tensor adapted_norm_linear(const Tensor& x, const PreNorm<Tensor>& norm, const Linear<Tensor>& w);
  std::pair<Tensor, Tensor> adapted_norm_linear(const Tensor& x, const PreNorm<Tensor>& norm,
                                                const Linear<Tensor>& w, const Linear<Tensor>& v);
  Tensor adapted_join(const Tensor& x, const Linear<Tensor>& w, const Join<Tensor>& join);
  Tensor adapted_feed_forward(const Tensor& x, const PreNorm<Tensor>& norm,
                              std::span<const Linear<Tensor>> up, Activation activation,
                              std::span<const Linear<Tensor>> down, const Join<Tensor>& join);
  void observe_feed_forward(const Weight& up, Activation activation, const Weight& down,
                            const InputRows& x, Matrix hidden);
  bool check_join(const Tensor& y, const Join<Tensor>& join);
  Tensor plain_linear(const Tensor& x, const Tensor& w);
  Tensor packed_conv(const Tensor& x, const Weight& w, Grid grid, int kernel, int step);
  void round_pixels(const Tensor& x, const Weight& w, int images, float* scales, float* scratch,
                    uint8_t* out, size_t stride);

  Arena& arena_;
  ThreadPool* threads_;
  bool computing_ = true;
  std::optional<Error> error_;
  AttentionLists attention_lists_;
  RunningRows running_;  // scratch of running_rows()
  // Scratch of adapted_feed_forward(): the rows that adapters add to, and what is of each.
  struct AdaptedRows {
    std::vector<int32_t> rows, adapters, bounds, noise_index;
    int first_noisy = 0;
    void select(const RowAdapters<Tensor>& by, const PreNorm<Tensor>& norm,
                std::span<const Linear<Tensor>> up, std::span<const Linear<Tensor>> down);
  };
  AdaptedRows adapted_;
};

static_assert(Ops<CpuOps>);

}  // namespace tutti
