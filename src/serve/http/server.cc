#include "serve/http/server.h"

#include <sys/resource.h>

#include <boost/asio/ssl/context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/strand.hpp>

#include "serve/http/connection.h"

namespace tutti {
namespace {

namespace net = boost::asio;
using tcp = net::ip::tcp;
using ErrorValue = boost::system::error_code;

// Every connection is a file; the soft limit is often 1024.
void raise_file_limit() {
  rlimit limit = {};
  if (getrlimit(RLIMIT_NOFILE, &limit) || limit.rlim_cur >= limit.rlim_max) return;
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
}

Result<std::unique_ptr<net::ssl::context>> tls_context(const HttpOptions& options) {
  using Context = net::ssl::context;
  if (options.certificate_file.empty() && options.private_key_file.empty())
    return std::unique_ptr<Context>();
  if (options.certificate_file.empty() || options.private_key_file.empty())
    return usage_error("TLS needs both a certificate and its private key");
  auto context = std::make_unique<Context>(Context::tls_server);
  context->set_options(Context::default_workarounds | Context::no_tlsv1 | Context::no_tlsv1_1 |
                       Context::no_compression);
  ErrorValue error;
  context->use_certificate_chain_file(options.certificate_file, error);
  if (error)
    return bad_input("the certificate " + options.certificate_file + " cannot be used (" +
                     error.message() + "); it must be a PEM file, the server's own first");
  context->use_private_key_file(options.private_key_file, Context::pem, error);
  if (error)
    return bad_input("the private key " + options.private_key_file + " cannot be used (" +
                     error.message() + "); it must be the certificate's, in PEM, unencrypted");
  return context;
}

std::string peer_of(const tcp::socket& socket) {
  ErrorValue error;
  const auto endpoint = socket.remote_endpoint(error);
  return error ? "" : endpoint.address().to_string();
}

}  // namespace

struct HttpServer::State {
  State(Router router, HttpOptions options)
      : core(std::make_shared<Core>(std::move(router), std::move(options))),
        acceptor(core->io),
        ticks(core->io) {}
  // What was aborted is run once more, so that it lets go of the core; handlers that still hold a
  // reply find it deaf.
  ~State() {
    ErrorValue ignored;
    acceptor.close(ignored);
    while (!core->connections.empty()) (*core->connections.begin())->close();
    const auto sockets = core->sockets;
    for (const auto& socket : sockets) socket->abort();
    ticks.cancel();
    core->ended = true;
    core->workers.join();
    core->io.restart();
    core->io.poll();
  }

  Status bind();
  void accept();
  void on_accept(ErrorValue error, tcp::socket socket);
  void tick();
  void drain(double grace_seconds);

  std::shared_ptr<Core> core;
  std::unique_ptr<net::ssl::context> tls;
  tcp::acceptor acceptor;
  net::steady_timer ticks;
  bool accepting = false;
  Clock::time_point cut_at = Clock::time_point::max();
};

Status HttpServer::State::bind() {
  const HttpOptions& options = core->options;
  const std::string where = options.address + ":" + std::to_string(options.port);
  ErrorValue error;
  const auto address =
      net::ip::make_address(options.address == "localhost" ? "127.0.0.1" : options.address, error);
  if (error) return usage_error(options.address + " is no IP address; use 127.0.0.1 or 0.0.0.0");
  const tcp::endpoint endpoint(address, uint16_t(options.port));
  acceptor.open(endpoint.protocol(), error);
  if (!error) acceptor.set_option(net::socket_base::reuse_address(true), error);
  if (!error) acceptor.bind(endpoint, error);
  if (!error) acceptor.listen(1024, error);
  if (error)
    return failed("cannot listen on " + where + ": " + error.message() +
                  "; choose another port with --port");
  return {};
}

void HttpServer::State::accept() {
  accepting = true;
  acceptor.async_accept([this](ErrorValue error, tcp::socket socket) {
    accepting = false;
    if (acceptor.is_open()) on_accept(error, std::move(socket));
  });
}

void HttpServer::State::on_accept(ErrorValue error, tcp::socket socket) {
  if (error) {  // no files left, most likely: the next tick tries again
    if (error != net::error::connection_aborted) return;
  } else if (core->connections.size() >= core->options.limits.most_connections) {
    ++core->refused;
  } else {
    ++core->accepted;
    ErrorValue ignored;
    socket.set_option(tcp::no_delay(true), ignored);
    std::string peer = peer_of(socket);
    auto connection = std::make_shared<Connection>(
        core, tls ? tls_transport(std::move(socket), *tls) : plain_transport(std::move(socket)),
        std::move(peer));
    core->connections.insert(connection);
    core->open_connections = core->connections.size();
    connection->open();
  }
  accept();
}

// Each second: deadlines, and the end of a drain.
void HttpServer::State::tick() {
  const auto now = Clock::now();
  if (!accepting && acceptor.is_open()) accept();
  const auto connections = core->connections;  // close() changes the set
  for (const auto& connection : connections) connection->sweep(now);
  if (core->draining && ((core->connections.empty() && core->sockets.empty()) || now > cut_at)) {
    core->io.stop();
    return;
  }
  ticks.expires_after(core->draining ? std::chrono::milliseconds(50) : std::chrono::seconds(1));
  ticks.async_wait([this](ErrorValue) {
    if (!core->ended) tick();
  });
}

void HttpServer::State::drain(double grace_seconds) {
  if (core->draining.exchange(true)) {  // asked twice: at once
    core->io.stop();
    return;
  }
  cut_at = Clock::now() + seconds_of(grace_seconds);
  ErrorValue ignored;
  acceptor.close(ignored);
  const auto connections = core->connections;
  for (const auto& connection : connections) connection->drain();
  const auto sockets = core->sockets;
  for (const auto& socket : sockets) socket->close(1001, "the server is shutting down");
  ticks.expires_after(std::chrono::seconds(0));
}

HttpServer::HttpServer(std::unique_ptr<State> state) : state_(std::move(state)) {}
HttpServer::HttpServer(HttpServer&&) noexcept = default;
HttpServer& HttpServer::operator=(HttpServer&&) noexcept = default;
HttpServer::~HttpServer() = default;

Result<HttpServer> HttpServer::listen(Router router, HttpOptions options) {
  raise_file_limit();
  auto state = std::make_unique<State>(std::move(router), std::move(options));
  TUTTI_ASSIGN(state->tls, tls_context(state->core->options));
  TUTTI_CHECK(state->bind());
  return HttpServer(std::move(state));
}

int HttpServer::port() const {
  ErrorValue error;
  return state_->acceptor.local_endpoint(error).port();
}

void HttpServer::run() {
  state_->tick();
  state_->core->io.run();
}

void HttpServer::stop(double grace_seconds) {
  net::post(state_->core->io, [this, grace_seconds] { state_->drain(grace_seconds); });
}

bool HttpServer::stopping() const {
  return state_->core->draining;
}

void HttpServer::post(std::function<void()> work) {
  net::post(state_->core->workers, std::move(work));
}

std::function<void(std::function<void()>)> HttpServer::sequence() {
  return [strand = net::make_strand(state_->core->workers)](std::function<void()> work) {
    net::post(strand, std::move(work));
  };
}

HttpServer::Stats HttpServer::stats() const {
  const Core& core = *state_->core;
  return {core.open_connections, core.requests, core.accepted, core.refused, core.body_bytes};
}

}  // namespace tutti
