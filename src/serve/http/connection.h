// One client's connection: reads requests, has them handled, writes the answers in their order.
// Private to src/serve/http/. Everything is on the I/O thread.
//
// While a request is handled the socket is read on, to notice a client that goes away; what arrives
// is kept for the next request (pipelining). Above a bound reading stops, and each second the
// socket is asked whether the client has left. What is certainly a body's goes from the socket
// right to its place there, unless it is encrypted. Everything kept is charged first (ledger.h).
// What is thrown here, for want of memory most likely, ends this connection alone.
#pragma once

#include <boost/beast/http/parser.hpp>
#include <optional>

#include "serve/http/admission.h"
#include "serve/http/limits/peers.h"
#include "serve/http/parse/body_reader.h"
#include "serve/http/reply_relay.h"
#include "serve/http/websocket_session.h"

namespace tutti {

class Connection final : public AnswerTarget,
                         public Holder,
                         public std::enable_shared_from_this<Connection> {
 public:
  // `group`: whom it shares limits and turns with (peers.h). Loopback connections (the empty group)
  // share the limits on handshakes and connections, and the turns on the I/O thread, where one
  // turn for each would give most to whoever opens most; otherwise each is an owner of its own.
  Connection(std::shared_ptr<Core> core, std::shared_ptr<Stream> stream, std::string peer,
             const std::string& group);

  void open();
  void close() noexcept override;
  bool closed() const override { return phase_ == Phase::closed; }
  void sweep(Clock::time_point now);  // closes what is overdue
  void drain();                       // closes at once when idle, else after the answer

  void start_answer(const ReplySink::Head& head, AnswerQueue::Piece body) override;
  void add_to_answer(AnswerQueue::Piece piece) override;
  void finish_answer(bool complete) override;
  void set_when_read(std::function<void()> work) override;
  void set_later(std::function<void()> work) override;
  void lose() noexcept override { lost_ = true; }

  size_t held() const override { return account_->held(); }
  bool can_be_cut() const override;
  bool is_leaving() const override { return false; }  // it lets go at once
  void cut() override;

 private:
  using Error = boost::system::error_code;
  using Parser = boost::beast::http::request_parser<boost::beast::http::string_body>;
  enum class Phase { idle, head, body, handling, lingering, closed };

  // What is known of the request at hand and its answer.
  struct Exchange {
    Request request;
    std::string owner;  // request.owner, also once the handler has the request
    const Route* route = nullptr;
    std::optional<BodyReader> body;         // once the head is there
    std::optional<BeastRequest> handshake;  // of a WebSocket
    std::weak_ptr<Reply> reply;
    Headers cors;
    bool head_only = false, keep_alive = false, http_1_0 = false;
    bool begun = false, chunked = false, ended = false;
    std::function<void()> when_read, later;  // what makes the answer's next piece
    Clock::time_point started;
    RequestRecord record;
  };

  template <class Work>
  void guard(Work work) noexcept;

  void take_turn();
  void read();
  void on_read(Error error, size_t size);
  bool reads_in_place() const;
  void read_in_place();
  void process();
  bool read_head();
  void on_head();
  void note_request_line();
  std::optional<Refusal> read_fields(const BeastRequest& message);
  std::optional<Refusal> admit_request(const BodyClaim& claim);
  bool read_body();
  void on_body(size_t size);
  void refuse(const Refusal& refusal);
  void dispatch();
  void upgrade();

  void enqueue(AnswerQueue::Piece piece);
  void flush();
  void record_request() noexcept;
  void next_request();
  void linger();

  std::shared_ptr<Core> core_;
  std::shared_ptr<Stream> stream_;
  const std::string peer_;
  const Account::Ptr account_;
  const std::string name_;             // for turns between owners without keys
  std::string turn_;                   // whose its steps are: its key's once there is one
  std::optional<Peers::Place> place_;  // until it is closed: what holds it longer may be a worker
  Phase phase_ = Phase::idle;
  Clock::time_point deadline_;
  std::optional<Parser> parser_;  // of the head
  std::string buffer_;            // of the read at hand
  std::string pending_;           // read and not yet parsed
  Charge pending_charge_, head_charge_, body_charge_;
  AnswerQueue out_;
  size_t in_place_ = 0;  // bytes of the body that were read to their place and not yet looked at
  bool reading_ = false;
  bool in_line_ = false;  // for its turn
  std::atomic<bool> lost_ = false;
  Exchange exchange_;
};

}  // namespace tutti
