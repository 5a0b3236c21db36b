// A realtime conversation: its items, and the answer that is on its way.
//
// Thread-safe: clients' events come on a server's worker, the scheduler's on its own threads. The
// lock is held only for bookkeeping, never while something is decoded or computed. Server events
// leave in the order in which they come about. What may end the answer (begin, finish) is the last
// thing that a function does: nothing of the answer, and no list that holds it, is used afterwards.
#pragma once

#include <mutex>

#include "base/guard.h"
#include "serve/api/api.h"
#include "serve/api/pcm.h"
#include "serve/http/websocket.h"
#include "serve/realtime/hearing.h"
#include "serve/realtime/item.h"
#include "serve/realtime/settings.h"
#include "serve/scheduler.h"

namespace tutti {

// What response.create asks for.
struct ResponseWish {
  RealtimeSettings settings;                  // the session's, with what this response changes
  std::optional<std::vector<ItemPtr>> input;  // instead of the conversation
  bool out_of_band = false;                   // the answer does not enter the conversation
  Json metadata = nullptr;
};

class Dialogue : public std::enable_shared_from_this<Dialogue> {
 public:
  // `request`: the one that opened the socket, whose owner takes turns with others.
  Dialogue(Api& api, const Request& request, std::weak_ptr<WebSocket> socket, bool beta);

  // The name of the model that understands what items say. Each answer names its own.
  void hear_with(const std::string& model);

  // Sends an event, to a client of the beta as that has it; adds its id.
  void send(Json event);
  void send_error(const Problem& problem, const std::string& client_event_id);
  void send_heard(const std::string& item_id, size_t index, const std::string& text);
  void hang_up(const std::string& reason);  // closes the socket

  // Behind the item `previous` ("root": first; empty: last). `tell`: send what is heard in it.
  std::optional<Problem> add(const ItemPtr& item, const std::string& previous, bool tell);
  // Somebody begins to say what will be the item `id`. `tell`: send what is heard as it is heard.
  // Nothing where the model cannot: the item is then heard as a whole.
  std::shared_ptr<Hearing> begin_hearing(const std::string& id, bool tell);
  // All of an item that was added as being underway has been said. Not with the lock held.
  void end_hearing(const ItemPtr& item, Hearing& hearing, bool tell);
  std::optional<Problem> remove(const std::string& id);
  std::optional<Problem> show(const std::string& id);
  std::optional<Problem> truncate(const std::string& id, int64_t content_index, int64_t end_ms);
  std::string last_id() const;

  std::optional<Problem> respond(ResponseWish wish);
  // `reason`: client_cancelled or turn_detected. An empty id means whichever is on its way.
  std::optional<Problem> cancel(const std::string& response_id, const std::string& reason);
  bool responding() const;

  void close();  // cancels everything

 private:
  struct Response {
    std::string id;
    ResponseWish wish;
    std::vector<ItemPtr> source;
    ItemPtr answer;  // once it has begun
    Ticket ticket;
    std::unique_ptr<PcmStream> pcm;
    std::string reason;  // of its cancellation
    Charge charge;       // what the wish holds besides its input
    int prompt_tokens = 0, tokens = 0;
    bool cut = false;    // its text, before the model had ended it
    double seconds = 0;  // of sound
  };

  // All of these with the lock held.
  std::vector<ItemPtr>::iterator find(const std::string& id);
  // Forgets the oldest items where there are too many, or they hold too much; never `newest`, nor
  // what is being answered.
  void forget_oldest(const ItemPtr& newest);
  // Begins to transcribe the item's sounds and to decode its pictures. What cannot be begun is
  // taken as it is; begin_if_understood() is the caller's.
  void understand(const ItemPtr& item, bool tell);
  void decode(const ItemPtr& item, size_t index);
  void take_picture(const ItemPtr& item, size_t index, const Result<SharedPrompt>& picture);
  void take_transcript(const ItemPtr& item, size_t index, bool tell,
                       const Result<std::string>& text);
  void begin_if_understood();
  void begin();
  Result<ServedPtr> find_model(const std::string& name) const;
  void take_text(const std::string& piece);
  void end_text(const Result<TextResult>& result);
  void take_audio(const std::span<const float>& samples);
  void end_audio(const Result<SpeakResult>& result);
  void send_audio(const std::string& pcm);
  void finish(const std::optional<Error>& error);
  void finish_parts();
  Json response_json(const std::string& status, const Json& details) const;
  Json place() const;  // response_id, item_id, output_index, content_index

  // What comes later: runs work(dialogue) with the lock held, as long as the conversation is there.
  // Where there is no memory for it, the socket is closed rather than left to wait for an answer.
  template <class Work>
  static void take_later(const std::weak_ptr<Dialogue>& self, const Work& work) {
    const auto alive = self.lock();
    if (!alive) return;
    const bool well = survives([&] {
      const std::lock_guard lock(alive->mutex_);
      work(*alive);
    });
    const auto socket = well ? nullptr : alive->socket_.lock();
    if (socket) socket->close(1013, "out of memory");  // so short that it allocates nothing
  }

  // An event listener that calls (this->*take)(id, what comes), with the lock held, as long as the
  // conversation is there and its response is still `id`.
  template <class Value>
  std::function<void(Value)> later(void (Dialogue::*take)(const std::decay_t<Value>&));

  Api& api_;
  const std::weak_ptr<WebSocket> socket_;
  const bool beta_;
  const std::string owner_;
  const Account::Ptr account_;
  const std::string id_;
  mutable std::mutex mutex_;
  std::string model_;
  std::vector<ItemPtr> items_;
  std::unique_ptr<Response> response_;
  std::vector<std::weak_ptr<DecodeQueue::Handle>> decoding_;
  bool closed_ = false;
};

}  // namespace tutti
