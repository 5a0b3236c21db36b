// What somebody says, transcribed while it is said (engine/streams/transcript_stream.h): most of a
// turn is understood when it ends.
//
//   TUTTI_ASSIGN(const auto hearing, Hearing::begin(scheduler, model, owner, account, on_text));
//   hearing->push(samples);
//   ...
//   hearing->finish(done);   // done(the whole text, or why there is none)
//
// A client pushes and finishes, one call at a time; steps run on the scheduler's threads, where
// on_text and done are called, one after another, or on the client's where there is no step to wait
// for. Whoever wins `busy_` has the stream; no lock is held while anything is computed.
//
// What goes wrong before finish() (too much sound waits, the server has too much to do, the client
// holds too much) shows in well(): then the sound has to be heard anew, as a whole.
#pragma once

#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "engine/streams/transcript_stream.h"
#include "serve/http/limits/ledger.h"
#include "serve/scheduler.h"

namespace tutti {

class Hearing : public std::enable_shared_from_this<Hearing> {
 public:
  using OnText = std::function<void(const std::string& text)>;
  using OnEnd = std::function<void(const Result<std::string>& text)>;

  static Result<std::shared_ptr<Hearing>> begin(Scheduler& scheduler, ModelHandle model,
                                                std::string owner, const Account::Ptr& account,
                                                OnText on_text);

  void push(std::span<const float> samples_at_16khz);
  // No push follows. `done` comes exactly once, at once where nothing is left to hear.
  void finish(OnEnd done);
  bool well() const;
  size_t told() const;  // bytes of text that on_text got

 private:
  Hearing(Scheduler& scheduler, TranscriptStream stream, std::string owner,
          const Account::Ptr& account, OnText on_text);

  void go_on();
  bool advance();
  Status take_waiting();
  Status submit();
  void take_text();
  bool end();
  void fail(const Error& error);

  Scheduler& scheduler_;
  const std::shared_ptr<TranscriptStream> stream_;  // of whoever has busy_
  const std::string owner_;
  const OnText on_text_;
  std::string text_;  // all of it; as the next one, of whoever has busy_
  Charge charge_;

  mutable std::mutex mutex_;  // guards what follows
  std::vector<float> waiting_;
  Charge waiting_charge_;
  bool busy_ = false, finished_ = false;
  OnEnd done_;
  std::shared_ptr<Hearing> self_;  // from finish() until `done`
  size_t told_ = 0;
  std::optional<Error> error_;
};

}  // namespace tutti
