// TLS for a server, over OpenSSL. Private to src/serve/http/.
//
// OpenSSL reads from and writes to the socket itself, and keeps no buffers while it waits, so that
// an idle connection takes 18 KB. Rejected: boost::asio::ssl::stream, which puts 68 KB of buffers
// between the two.
#pragma once

#include "base/result.h"
#include "serve/http/transport/stream.h"

struct ssl_ctx_st;

namespace tutti {

class IoTurns;

// What an open connection takes at most: a record half read and one half written. Not in the
// ledger, where those who are only connected would take the room of those who ask something; the
// number of TLS connections has a limit of its own (HttpLimits).
constexpr size_t kTlsBytes = 56 << 10;

// TLS 1.3, or 1.2 with forward secrecy.
class TlsContext {
 public:
  // PEM files: the server's own certificate first; a key without a password. bad_input: they
  // cannot be used.
  static Result<TlsContext> load(const std::string& certificate_file,
                                 const std::string& private_key_file);

  // The steps of its handshake are taken when it is the turn of `group` (peers.h). Throws
  // std::bad_alloc.
  std::shared_ptr<Stream> stream(Stream::Socket socket, std::shared_ptr<IoTurns> turns,
                                 const std::string& group) const;

 private:
  explicit TlsContext(std::shared_ptr<ssl_ctx_st> context) : context_(std::move(context)) {}
  std::shared_ptr<ssl_ctx_st> context_;
};

}  // namespace tutti
