// One realtime client: its settings, the sound that it sends, and what its events do.
//
// Used by one thread at a time (messages come one after another), but for close(). What the
// scheduler does meanwhile goes to the Dialogue.
#pragma once

#include "serve/realtime/dialogue.h"
#include "serve/realtime/sample_buffer.h"
#include "serve/realtime/sample_rate.h"

namespace tutti {

class RealtimeClient {
 public:
  // `beta`: it speaks the API as it was in its beta (beta.h).
  RealtimeClient(Api& api, const Request& request, const std::shared_ptr<WebSocket>& socket,
                 bool beta);

  void open();  // says session.created, or why there is no session and closes the socket
  void take(const std::string& message, bool binary);
  void close() { dialogue_->close(); }

 private:
  using Handle = void (RealtimeClient::*)(const Fields& event);

  void read_query(const Request& request);
  Json read_event(const std::string& message, Checker& checker) const;
  static Handle handler_of(const std::string& type);
  void update_session(const Fields& event);
  void append_audio(const Fields& event);
  void commit_audio(const Fields& event);
  void clear_audio(const Fields& event);
  void create_item(const Fields& event);
  void delete_item(const Fields& event);
  void retrieve_item(const Fields& event);
  void truncate_item(const Fields& event);
  void create_response(const Fields& event);
  void read_wish(const Fields& fields, ResponseWish& wish);
  void cancel_response(const Fields& event);

  void refuse(std::optional<Problem> problem);
  bool failed() const { return problem_ || checker_->problem(); }
  Status listen_at(int sample_rate);
  Status take_samples(std::span<const float> samples);
  void take_voice(const VoiceEvent& event);
  void commit(int64_t end);
  void hear_until(int64_t sample);
  void drop_before(int64_t sample);
  int64_t heard() const { return begin_ + int64_t(buffer_.size()); }
  bool tells() const { return settings_.transcription || settings_.transcribe_only; }

  Api& api_;
  const bool beta_;
  const Account::Ptr account_;
  const std::shared_ptr<Dialogue> dialogue_;
  RealtimeSettings settings_;
  bool refused_ = false;              // the session was: nothing is listened to
  const Checker* checker_ = nullptr;  // of the event at hand
  std::optional<Problem> problem_;    // the same
  std::optional<PcmReader> reader_;
  std::optional<VoiceActivity> voice_;
  SampleBuffer buffer_;  // not committed, at 16 kHz
  Charge buffer_charge_, settings_charge_;
  int64_t begin_ = 0;                 // of them, counted from the connection's first
  int64_t voice_begin_ = 0;           // where voice_ began to count
  std::string item_id_;               // of the sound being recorded
  std::shared_ptr<Hearing> hearing_;  // the same, while somebody speaks
  int64_t told_until_ = 0;            // sample up to which it was given to hearing_
};

}  // namespace tutti
