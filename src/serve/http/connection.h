// One client's connection: reads requests, has them handled, writes the answers in their order.
// Private to src/serve/http/. Everything but the ReplySink's three functions is on the I/O thread.
//
// While a request is handled the socket is read on, to notice a client that goes away; what arrives
// is kept for the next request (pipelining), up to a bound.
#pragma once

#include <boost/beast/http/parser.hpp>
#include <optional>

#include "serve/http/admission.h"
#include "serve/http/transport.h"

namespace tutti {

class Connection final : public ReplySink, public std::enable_shared_from_this<Connection> {
 public:
  Connection(std::shared_ptr<Core> core, std::unique_ptr<Transport> transport, std::string peer);

  void open();
  void close();
  void sweep(Clock::time_point now);  // closes what is overdue
  void drain();                       // closes at once when idle, else after the answer

  void start(Head head, std::string body) override;
  void more(std::string piece) override;
  void finish(bool complete) override;

 private:
  using Error = boost::system::error_code;
  using Parser = boost::beast::http::request_parser<boost::beast::http::string_body>;
  enum class Phase { idle, head, body, handling, lingering, closed };

  // What is known of the request at hand and its answer.
  struct Exchange {
    Request request;
    const Route* route = nullptr;
    std::weak_ptr<Reply> reply;
    Headers cors;
    bool head_only = false, keep_alive = false, http_1_0 = false;
    bool begun = false, chunked = false, ended = false;
    Clock::time_point started;
    RequestRecord record;
  };

  template <class Work>
  void on_io(Work work);

  void read();
  void on_read(Error error, size_t size);
  void process();
  bool parse();
  void on_head();
  void refuse(const Refusal& refusal);
  bool body_fits();
  void dispatch();
  void upgrade();

  void do_start(const Head& head, std::string body);
  void enqueue(std::string bytes);
  void flush();
  void next_request();
  void linger();
  void release_body();

  std::shared_ptr<Core> core_;
  std::unique_ptr<Transport> transport_;
  std::string peer_;
  const Account::Ptr account_;
  const std::string name_;  // for turns between connections
  Phase phase_ = Phase::idle;
  Clock::time_point deadline_, write_deadline_ = Clock::time_point::max();
  std::optional<Parser> parser_;
  std::string buffer_;   // of the read at hand
  std::string pending_;  // read and not yet parsed
  std::string out_, writing_;
  bool reading_ = false;
  uint64_t body_bytes_ = 0;  // of the body being read, counted in core_->body_bytes
  Exchange exchange_;
};

}  // namespace tutti
