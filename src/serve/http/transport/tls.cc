#include "serve/http/transport/tls.h"

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <sys/socket.h>

#include <boost/asio/error.hpp>
#include <boost/asio/post.hpp>
#include <cerrno>
#include <new>
#include <system_error>

#include "base/guard.h"
#include "base/let_go.h"
#include "serve/http/message.h"
#include "serve/http/transport/io_turns.h"

namespace tutti {
namespace {

namespace net = boost::asio;

constexpr int kMostKeyUpdates = 64;  // of one connection; honest ones come after 2^24 records

// What OpenSSL reads from and writes to.
struct Wire {
  Stream::Socket& socket;
  bool may_read = false;  // once in a step
  int key_updates = 0;    // that came

  // Asked for each time: once the socket is closed it has no number (-1), and the one that it had
  // may be another connection's.
  int number() const { return socket.native_handle(); }
};

Wire& wire_of(BIO* bio) {
  return *static_cast<Wire*>(BIO_get_data(bio));
}

// SSL_read goes on reading as long as it gets nothing but what concerns itself, and with that holds
// up everybody: so it gets what a single recv() does, and others have their turn.
int bio_read(BIO* bio, char* into, int size) {
  BIO_clear_retry_flags(bio);
  Wire& wire = wire_of(bio);
  const bool now = std::exchange(wire.may_read, false);
  const ssize_t got = now ? recv(wire.number(), into, size_t(size), MSG_DONTWAIT) : -1;
  if (!now) BIO_set_retry_read(bio);
  if (now && got < 0 && (errno == EAGAIN || errno == EINTR)) BIO_set_retry_read(bio);
  return int(got);
}

// OpenSSL's own would raise SIGPIPE where the client has gone.
int bio_write(BIO* bio, const char* bytes, int size) {
  BIO_clear_retry_flags(bio);
  const ssize_t sent =
      send(wire_of(bio).number(), bytes, size_t(size), MSG_DONTWAIT | MSG_NOSIGNAL);
  if (sent < 0 && (errno == EAGAIN || errno == EINTR)) BIO_set_retry_write(bio);
  return int(sent);
}

long bio_control(BIO*, int command, long, void*) {
  return command == BIO_CTRL_FLUSH ? 1 : 0;
}

const BIO_METHOD* bio_method() {
  static BIO_METHOD* const method = [] {
    BIO_METHOD* made = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "socket");
    if (!made) throw std::bad_alloc();
    BIO_meth_set_read(made, bio_read);
    BIO_meth_set_write(made, bio_write);
    BIO_meth_set_ctrl(made, bio_control);
    return made;
  }();
  return method;
}

// Each makes OpenSSL compute new keys, tens of microseconds for 27 bytes. Above the limit the
// connection is treated as closed by the client, and what else has come is dropped.
void count_key_updates(int sent, int, int type, const void* bytes, size_t size, SSL* ssl,
                       void* wire) {
  const bool is_one = !sent && type == SSL3_RT_HANDSHAKE && size > 0 &&
                      *static_cast<const uint8_t*>(bytes) == SSL3_MT_KEY_UPDATE;
  if (is_one && ++static_cast<Wire*>(wire)->key_updates > kMostKeyUpdates)
    SSL_set_shutdown(ssl, SSL_get_shutdown(ssl) | SSL_RECEIVED_SHUTDOWN);
}

class TlsStream final : public Stream {
 public:
  TlsStream(Socket socket, SSL_CTX* context, std::shared_ptr<IoTurns> turns, std::string group)
      : Stream(std::move(socket)),
        ssl_(SSL_new(context), SSL_free),
        turns_(std::move(turns)),
        group_(std::move(group)) {
    BIO* const bio = ssl_ ? BIO_new(bio_method()) : nullptr;
    if (!bio) throw std::bad_alloc();
    BIO_set_data(bio, &wire_);
    SSL_set_msg_callback(ssl_.get(), count_key_updates);
    SSL_set_msg_callback_arg(ssl_.get(), &wire_);
    SSL_set_bio(ssl_.get(), bio, bio);
  }

  void handshake(Done done) override {
    begin([this] { return SSL_accept(ssl_.get()); }, std::move(done));
  }
  void read_some(net::mutable_buffer into, Done done) override {
    begin([this, into] { return SSL_read(ssl_.get(), into.data(), int(into.size())); },
          std::move(done));
  }
  void write(std::span<const net::const_buffer> pieces, Done done) override {
    rest_ = pieces[0];
    if (pieces.size() > 1) {  // a record, and so a packet, for a frame's head with its content
      for (const net::const_buffer& piece : pieces)
        joined_.append(static_cast<const char*>(piece.data()), piece.size());
      rest_ = net::buffer(joined_);
    }
    begin([this] { return write_rest(); },
          [done = std::move(done), size = rest_.size()](Error error, size_t) {
            done(error, error ? 0 : size);
          });
  }
  void end_sending() noexcept override {
    if (SSL_is_init_finished(ssl_.get())) SSL_shutdown(ssl_.get());
    Stream::end_sending();
  }

 private:
  template <class Step>
  struct Operation {
    std::shared_ptr<Stream> self;
    Step step;  // as OpenSSL has it: above 0 where it is done
    Done done;
  };

  template <class Step>
  void begin(Step step, Done done) {
    go_on(std::make_shared<Operation<Step>>(shared_from_this(), std::move(step), std::move(done)),
          true);
  }

  // Takes the step, now, or in its turn while there is a handshake, and whenever the socket is
  // ready for it.
  template <class Step>
  void go_on(const std::shared_ptr<Operation<Step>>& operation, bool within_call) {
    if (SSL_is_init_finished(ssl_.get())) return take(operation, within_call);
    turns_->take(group_, [this, operation] { take(operation, false); });
  }

  template <class Step>
  void take(const std::shared_ptr<Operation<Step>>& operation, bool within_call) {
    ERR_clear_error();
    wire_.may_read = true;
    const int result = is_plain_ ? 0 : operation->step();
    int problem = is_plain_    ? skip_plain()
                  : result > 0 ? SSL_ERROR_NONE
                               : SSL_get_error(ssl_.get(), result);
    if (problem == SSL_ERROR_SSL && ERR_GET_REASON(ERR_peek_error()) == SSL_R_HTTP_REQUEST) {
      answer_plainly();
      problem = skip_plain();
    }
    if (problem == SSL_ERROR_WANT_READ || problem == SSL_ERROR_WANT_WRITE) {
      socket_.async_wait(problem == SSL_ERROR_WANT_READ ? Socket::wait_read : Socket::wait_write,
                         [this, operation](Error error) {
                           if (error) return operation->done(error, 0);
                           go_on(operation, false);
                         });
      return;
    }
    const Error error = !socket_.is_open()                 ? Error(net::error::operation_aborted)
                        : problem == SSL_ERROR_NONE        ? Error()
                        : problem == SSL_ERROR_ZERO_RETURN ? Error(net::error::eof)
                                                           : Error(net::error::connection_reset);
    const size_t size = error ? 0 : size_t(result);
    if (!within_call) return operation->done(error, size);
    net::post(get_executor(), [operation, error, size] { operation->done(error, size); });
  }

  // To HTTP without TLS, whose client would show an empty answer else.
  void answer_plainly() noexcept {
    survives([&] {
      const std::string body = error_json("this port speaks TLS; use https:// instead of http://",
                                          "invalid_request_error", "https_needed", "");
      const std::string answer =
          "HTTP/1.1 400 " + std::string(status_phrase(400)) +
          "\r\nContent-Type: application/json\r\nContent-Length: " + std::to_string(body.size()) +
          "\r\nConnection: close\r\n\r\n" + body;
      send(wire_.number(), answer.data(), answer.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
    });
    Stream::end_sending();
    is_plain_ = true;
  }

  // What else comes of a plain request is read until its client has gone, or the handshake's time
  // is over: unread, it would make the end a reset, which takes the answer away.
  int skip_plain() {
    char rest[16 << 10];
    const ssize_t got = recv(wire_.number(), rest, sizeof rest, MSG_DONTWAIT);
    return got > 0 || (got < 0 && errno == EAGAIN) ? SSL_ERROR_WANT_READ : SSL_ERROR_SYSCALL;
  }

  int write_rest() {
    while (rest_.size() > 0) {
      const int sent = SSL_write(ssl_.get(), rest_.data(), int(rest_.size()));
      if (sent <= 0) return sent;
      rest_ += size_t(sent);
    }
    let_go(joined_);
    return 1;
  }

  Wire wire_{socket_};
  bool is_plain_ = false;  // and was answered
  const std::unique_ptr<SSL, void (*)(SSL*)> ssl_;
  const std::shared_ptr<IoTurns> turns_;
  const std::string group_;
  std::string joined_;
  net::const_buffer rest_;  // of the write at hand
};

// Of OpenSSL's oldest error, which is the cause of the others.
std::string reason() {
  const auto error = ERR_get_error();
  if (ERR_SYSTEM_ERROR(error)) return std::generic_category().message(ERR_GET_REASON(error));
  const char* text = ERR_reason_error_string(error);
  return text ? text : "OpenSSL gives no reason";
}

}  // namespace

Result<TlsContext> TlsContext::load(const std::string& certificate_file,
                                    const std::string& private_key_file) {
  const std::shared_ptr<SSL_CTX> owner(SSL_CTX_new(TLS_server_method()), SSL_CTX_free);
  SSL_CTX* const context = owner.get();
  if (!context) return failed("OpenSSL does not start");
  SSL_CTX_set_options(context, SSL_OP_ALL | SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION |
                                   SSL_OP_CIPHER_SERVER_PREFERENCE);
  // Nothing is kept of a connection that is over; a client may bring a ticket of its own.
  SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
  SSL_CTX_set_mode(context, SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ENABLE_PARTIAL_WRITE |
                                SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
  SSL_CTX_set_read_ahead(context, 1);  // a record in one system call rather than two
  SSL_CTX_set_default_passwd_cb(context, [](char*, int, int, void*) { return 0; });  // never ask
  if (SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION) != 1 ||
      SSL_CTX_set_cipher_list(context, "ECDHE+AESGCM:ECDHE+CHACHA20") != 1)
    return failed("OpenSSL has none of the cipher suites that are wanted");
  ERR_clear_error();
  if (SSL_CTX_use_certificate_chain_file(context, certificate_file.c_str()) != 1)
    return bad_input("the certificate " + certificate_file + " cannot be used (" + reason() +
                     "); it must be a PEM file, the server's own first");
  if (SSL_CTX_use_PrivateKey_file(context, private_key_file.c_str(), SSL_FILETYPE_PEM) != 1)
    return bad_input("the private key " + private_key_file + " cannot be used (" + reason() +
                     "); it must be the certificate's, in PEM, unencrypted");
  return TlsContext(owner);
}

std::shared_ptr<Stream> TlsContext::stream(Stream::Socket socket, std::shared_ptr<IoTurns> turns,
                                           const std::string& group) const {
  return std::make_shared<TlsStream>(std::move(socket), context_.get(), std::move(turns), group);
}

}  // namespace tutti
