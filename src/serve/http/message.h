// What a handler is given (Request) and what it answers with (Reply).
//
//   void hello(const Request& request, std::shared_ptr<Reply> reply) {
//     reply->send(200, "text/plain", "hello " + request.parameters.at("name"));
//   }
//   router.add("GET", "/hello/{name}", hello);
//
// A handler runs on one of the server's workers and may block there for as long as it decodes or
// reads. What takes longer goes elsewhere with a copy of `reply`, and is answered from there:
//
//   reply->begin(200, "text/event-stream");
//   reply->write("data: 1\n\n");
//   reply->end();
//
// A Reply that is dropped unanswered, for want of memory or since the server ends, answers 503
// itself, so no client waits for nothing.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "serve/http/limits/ledger.h"

namespace tutti {

using Headers = std::vector<std::pair<std::string, std::string>>;

struct Request {
  std::string method;                                      // upper case
  std::string path;                                        // decoded, without the query
  std::vector<std::pair<std::string, std::string>> query;  // decoded, in their order
  Headers headers;                                         // names in lower case
  std::string body;
  std::map<std::string, std::string> parameters;  // of the route: {name}
  std::string user;                               // whose key it came with; empty without keys
  std::string id;                                 // of the answer's header X-Request-Id
  std::string owner;  // takes turns with others: the key's name, else the address; on the loopback,
                      // where many may come from one address, the connection
  Account::Ptr account;  // what is held for it is charged to (ledger.h); may be null in tests

  // The first header of that name (lower case); empty where there is none.
  std::string_view header(std::string_view name) const;
};

// Where a Reply goes: a connection. Everything may be called from any thread.
class ReplySink {
 public:
  virtual ~ReplySink() = default;
  struct Head {
    int status = 200;
    std::string content_type;
    Headers more;
    bool whole = true;                    // the body comes with it; else in pieces, until finish()
    std::optional<uint64_t> length = {};  // of a body in pieces, where it is known
  };
  virtual void start(Head head, std::string body) = 0;
  virtual void more(std::string piece) = 0;
  // The same with what is charged for it already, to be given back once it is sent.
  virtual void more_charged(std::string piece, Charge held) {
    held.clear();
    more(std::move(piece));
  }
  virtual void finish(bool complete) = 0;  // incomplete: the connection is cut
  // Runs `work` on a worker for slow work once the client has read what was sent; where it goes
  // away first, drops it.
  virtual void when_read(std::function<void()> work) {
    const auto now = std::move(work);
    now();
  }
  // The same, within a second or so.
  virtual void later(std::function<void()> work) { when_read(std::move(work)); }
  // The answer was lost for want of memory: the connection is cut. Allocates nothing.
  virtual void lose() noexcept {}
};

// The answer to one request. Thread-safe.
class Reply {
 public:
  // `head_only`: the answer ends with its head; of what is made piece by piece nothing is.
  explicit Reply(std::shared_ptr<ReplySink> sink, bool head_only = false)
      : head_only_(head_only), sink_(std::move(sink)) {}
  ~Reply();
  Reply(const Reply&) = delete;
  Reply& operator=(const Reply&) = delete;

  void send(int status, std::string content_type, std::string body, Headers more = {});

  // An answer in pieces. write() never blocks: what a slow client has not read yet is kept. With a
  // `length`, which the pieces must have together, every client knows whether it has the whole.
  void begin(int status, std::string content_type, Headers more = {},
             std::optional<uint64_t> length = {});
  void write(std::string piece);
  // `held` is charged for it already, so that it is not lost for want of memory.
  void write(std::string piece, Charge held);
  // For answers too long to be kept: the next piece is made by `work`, on a worker for slow work,
  // once the client has read what was written. Dropped where it goes away. One at a time.
  void when_read(std::function<void()> work);
  // The same within a second or so, where something is short that others may give back by then.
  void later(std::function<void()> work);
  void end();
  // Cuts the connection, so that the client knows the answer to be incomplete.
  void abort();

  bool begun() const;
  bool gone() const { return gone_; }  // nobody reads the answer any more
  // Runs `listener` once, when the client goes away or the request has taken too long; at once if
  // that has happened. Not called after the answer's end. One listener: the last one set.
  void on_gone(std::function<void()> listener);

  // By the server: the client has gone; the request has taken too long (answers 504).
  void set_gone();
  bool expire(double seconds);  // whether the answer had not begun, so that it is that

 private:
  enum class State { waiting, begun, ended };

  template <class Work>
  void to_sink(Work work);
  void end_begun();  // with the lock held

  const bool head_only_;
  mutable std::mutex mutex_;
  State state_ = State::waiting;
  std::shared_ptr<ReplySink> sink_;
  std::function<void()> listener_;
  std::atomic<bool> gone_ = false;
};

using ReplyPtr = std::shared_ptr<Reply>;
using Handler = std::function<void(const Request&, ReplyPtr)>;

// "%41" and "+" (in queries) undone; nothing where an escape is malformed.
bool decode_percent(std::string_view text, bool plus_is_space, std::string& decoded);

// Path and query of a request target into `request`; false where it is malformed.
bool parse_target(std::string_view target, Request& request);

// The standard's phrase for a status code ("Not Found").
const char* status_phrase(int status);

// An error in OpenAI's shape. `type` as theirs: invalid_request_error, authentication_error,
// rate_limit_error, server_error; `code` and `param` are null where empty.
std::string error_json(std::string_view message, std::string_view type, std::string_view code = {},
                       std::string_view param = {});

}  // namespace tutti
