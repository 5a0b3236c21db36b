// Uploads become pictures, samples, frames and clouds in processes of their own, so that a defect
// of a decoder costs one request and reaches nothing.
//
//   TUTTI_ASSIGN(const IsolatedDecoder decoder, IsolatedDecoder::start({}));
//   Result<Picture> photo = decoder.load_picture(upload_bytes, limits);
//
// The same bits and the same messages as those of media/, and besides:
//   - the worker's memory, processor time and wall time are limited (IsolationOptions);
//   - it holds one socket and no other file, cannot open files or sockets, start processes, signal
//     others, or make memory executable (sandbox.h), and has none of our environment;
//   - a worker that crashes or takes too long is killed and replaced; the upload that did it is
//     ErrorCode::bad_input; one that needs more memory than there is: no_memory;
//   - another thread can end it at any time (DecodeStop): then it is ErrorCode::cancelled;
//   - a worker yields to the server's own threads wherever both want a core;
//   - what comes back is checked against the limits that were asked for (wire.h).
// A worker serves many uploads before it is replaced: one that an upload has taken over could see
// the next ones, and nothing else. requests_per_worker = 1 rules that out, for a process start
// (74 ms measured on two busy cores) an upload. It is replaced in the background; uploads meanwhile
// have the other workers.
//
// Thread-safety: every function from any thread. Calls block until decoded; calls beyond the number
// of workers wait for one, and are ErrorCode::busy when that takes longer than seconds.
#pragma once

#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <vector>

#include "base/media_types.h"
#include "base/result.h"
#include "media/decode_picture.h"
#include "media/decode_sound.h"
#include "media/points/cloud_rows.h"

namespace tutti {

class WorkerProcess;

// Ends decoding from another thread, for as many uploads as it is given to.
class DecodeStop {
 public:
  void request();  // what decodes is killed, what follows does not begin
  bool requested() const;

 private:
  friend class IsolatedDecoder;
  bool enter(WorkerProcess& worker);  // false: it was requested
  void leave(WorkerProcess& worker);

  mutable std::mutex mutex_;
  bool requested_ = false;
  std::vector<WorkerProcess*> running_;
};

// How long one upload may take, and who may end it.
struct DecodeControl {
  double seconds = 1e9;  // at most those of IsolationOptions
  DecodeStop* stop = nullptr;
};

struct IsolationOptions {
  int workers = 3;
  size_t memory_bytes = size_t(2) << 30;  // address space of a worker, its code included (0.3 GB)
  double processor_seconds = 30;          // of one upload, all threads together
  double seconds = 20;                    // of one upload
  int requests_per_worker = 256;
  // Its program: a main() that calls serve_media() when this is its first argument.
  std::string program = "/proc/self/exe";
  std::string argument = "media-worker";
};

class IsolatedDecoder {
 public:
  // Starts the workers and waits until each has locked itself in; fails where the kernel cannot.
  static Result<IsolatedDecoder> start(const IsolationOptions& options);
  IsolatedDecoder(IsolatedDecoder&&) noexcept;
  IsolatedDecoder& operator=(IsolatedDecoder&&) noexcept;
  ~IsolatedDecoder();

  // As in media/decode_picture.h and decode_sound.h.
  Result<Picture> load_picture(std::span<const uint8_t> bytes, const MediaLimits& limits = {},
                               Transparency transparency = Transparency::over_white,
                               const DecodeControl& control = {}) const;
  Result<Sound> load_sound(std::span<const uint8_t> bytes, const MediaLimits& limits = {},
                           const DecodeControl& control = {}) const;
  // fit_picture(load_picture(...), side), in the worker: a few kilobytes come back, not millions.
  Result<Picture> load_fitted_picture(std::span<const uint8_t> bytes, int side,
                                      const MediaLimits& limits = {},
                                      const DecodeControl& control = {}) const;
  // `count` frames spread evenly over a video of any length, fitted to side x side.
  Result<std::vector<Picture>> load_frames(std::span<const uint8_t> bytes, int count, int side,
                                           const MediaLimits& limits = {},
                                           const DecodeControl& control = {}) const;

  // As in media/points/read_cloud.h.
  Result<Rows> load_cloud(std::span<const uint8_t> bytes, const MediaLimits& limits = {},
                          const DecodeControl& control = {}, UpAxis up = UpAxis::z) const;

  struct Stats {
    uint64_t uploads = 0;
    uint64_t crashes = 0;   // a worker died, or answered nonsense, while it had an upload
    uint64_t timeouts = 0;  // a worker was killed because an upload took too long
    uint64_t starts = 0;    // of worker processes, the first ones included
  };
  Stats stats() const;
  int workers() const;
  std::vector<int> process_ids() const;  // of the workers that are not decoding now

 private:
  struct State;
  explicit IsolatedDecoder(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace tutti
