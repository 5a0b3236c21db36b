// One client's connection: reads requests, has them handled, writes the answers in their order.
// Private to src/serve/http/. Everything but the ReplySink's functions is on the I/O thread.
//
// While a request is handled the socket is read on, to notice a client that goes away; what arrives
// is kept for the next request (pipelining). Above a bound reading stops, and each second the
// socket is asked whether the client has left. Everything kept is charged first (ledger.h). What is
// thrown here, for want of memory most likely, ends this connection alone.
#pragma once

#include <boost/beast/http/parser.hpp>
#include <deque>
#include <optional>

#include "serve/http/admission.h"
#include "serve/http/parse/body_reader.h"
#include "serve/http/limits/peers.h"
#include "serve/http/websocket_session.h"

namespace tutti {

class Connection final : public ReplySink,
                         public Holder,
                         public std::enable_shared_from_this<Connection> {
 public:
  // `group`: who it shares limits with (peers.h). Those of the empty group, from the loopback,
  // share those on handshakes and on connections only; each takes turns, and has places, by itself.
  Connection(std::shared_ptr<Core> core, std::shared_ptr<Stream> stream, std::string peer,
             const std::string& group);

  void open();
  void close() noexcept;
  void sweep(Clock::time_point now);  // closes what is overdue
  void drain();                       // closes at once when idle, else after the answer

  void start(Head head, std::string body) override;
  void more(std::string piece) override;
  void more_charged(std::string piece, Charge held) override;
  void finish(bool complete) override;
  void when_read(std::function<void()> work) override;
  void later(std::function<void()> work) override;
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
  struct Piece {  // of an answer
    std::string bytes;
    Charge charge;
  };

  template <class Work>
  void on_io(Work work);
  template <class Work>
  void guard(Work work) noexcept;

  void read();
  void on_read(Error error, size_t size);
  void process();
  bool read_head();
  void on_head();
  void note_request_line();
  std::optional<Refusal> read_fields(const Parser::value_type& message);
  std::optional<Refusal> admit_request(const BodyClaim& claim);
  bool read_body();
  void refuse(const Refusal& refusal);
  FairPool& pool_for(size_t body_bytes) const;
  void dispatch();
  void upgrade();

  void do_start(const Head& head, Piece body);
  void enqueue(Piece piece);
  void flush();
  void write_on();
  void next_request();
  void linger();

  std::shared_ptr<Core> core_;
  std::shared_ptr<Stream> stream_;
  const std::string peer_;
  const Account::Ptr account_;
  const std::string name_;             // for turns between owners without keys
  std::optional<Peers::Place> place_;  // until it is closed: what holds it longer may be a worker
  Phase phase_ = Phase::idle;
  Clock::time_point deadline_, write_deadline_ = Clock::time_point::max();
  std::optional<Parser> parser_;  // of the head
  std::string buffer_;            // of the read at hand
  std::string pending_;           // read and not yet parsed
  Charge pending_charge_, head_charge_, body_charge_;
  Account::Ptr answers_to_;  // the account of the request being answered
  std::deque<Piece> out_;
  Piece writing_;
  size_t written_ = 0;  // of writing_
  size_t unread_ = 0;   // bytes in out_ and writing_
  bool reading_ = false;
  std::atomic<bool> lost_ = false;
  Exchange exchange_;
};

}  // namespace tutti
