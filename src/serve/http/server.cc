#include "serve/http/server.h"

#include <sys/resource.h>

#include <algorithm>
#include <boost/asio/steady_timer.hpp>
#include <optional>
#include <thread>
#include <utility>
#include <vector>

#include "base/guard.h"
#include "serve/http/admission.h"
#include "serve/http/connection.h"
#include "serve/http/transport/tls.h"

namespace tutti {
namespace {

namespace net = boost::asio;
using tcp = net::ip::tcp;
using ErrorValue = boost::system::error_code;

constexpr size_t kOtherFiles = 64;  // of the store, of media processes, of logs
constexpr auto kSweepTurn = std::chrono::microseconds(500);
constexpr int kAcceptedAtOnce = 16;  // then all else has its turn

// Every connection is a file; the soft limit is often 1024, and so is the hard one in a container.
// Returns how many connections there may be, up to `most`, so that a file is left for whoever comes
// and for all else.
size_t raise_file_limit(size_t most) {
  rlimit limit = {};
  if (getrlimit(RLIMIT_NOFILE, &limit)) return most;
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
  if (getrlimit(RLIMIT_NOFILE, &limit) || limit.rlim_cur == RLIM_INFINITY) return most;
  const size_t files = limit.rlim_cur;
  return std::min(most, files > 2 * kOtherFiles ? files - kOtherFiles : files / 2);
}

Result<std::optional<TlsContext>> tls_context(const HttpOptions& options) {
  if (options.certificate_file.empty() && options.private_key_file.empty())
    return std::optional<TlsContext>();
  if (options.certificate_file.empty() || options.private_key_file.empty())
    return usage_error("TLS needs both a certificate and its private key");
  TUTTI_ASSIGN(TlsContext context,
               TlsContext::load(options.certificate_file, options.private_key_file));
  return std::optional<TlsContext>(std::move(context));
}

std::string peer_of(const tcp::socket& socket) {
  ErrorValue error;
  const auto endpoint = socket.remote_endpoint(error);
  return error ? "" : endpoint.address().to_string();
}

template <class Set>
std::vector<typename Set::value_type> listed(const Set& set) {
  return {set.begin(), set.end()};
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
    const auto sockets = std::exchange(core->sockets, {});  // abort() may change the set
    for (const auto& socket : sockets) socket->abort();
    ticks.cancel();
    core->ended = true;
    core->workers.stop();
    core->slow_workers.stop();
    core->io.restart();
    while (!survives([&] { core->io.poll(); })) continue;
  }

  Status bind();
  void accept();
  void on_accept(ErrorValue error, tcp::socket socket);
  void welcome(tcp::socket socket);
  bool make_room(const std::string& group);
  void tick();
  void sweep();
  void drain(double grace_seconds);

  std::shared_ptr<Core> core;
  std::optional<TlsContext> tls;
  tcp::acceptor acceptor;
  net::steady_timer ticks;
  std::vector<std::shared_ptr<Connection>> unswept_connections;  // of this tick
  std::vector<std::shared_ptr<OpenWebSocket>> unswept_sockets;
  bool accepting = false, ticking = false;
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
  if (!error) acceptor.non_blocking(true, error);  // so that on_accept() can ask for more
  const bool of_port = error == net::error::address_in_use || error == net::error::access_denied;
  if (error)
    return failed("cannot listen on " + where + ": " + error.message() +
                  (of_port
                       ? "; choose another port with --port"
                       : "; choose an address of this machine with --address, or 0.0.0.0 for all"));
  return {};
}

void HttpServer::State::accept() {
  acceptor.async_accept([this](ErrorValue error, tcp::socket socket) {
    accepting = false;
    if (acceptor.is_open()) on_accept(error, std::move(socket));
  });
  accepting = true;
}

void HttpServer::State::on_accept(ErrorValue error, tcp::socket socket) {
  if (error) {  // no files left, most likely: the next tick tries again
    if (error != net::error::connection_aborted) return;
  }
  for (int left = kAcceptedAtOnce; !error;) {
    if (!survives([&] { welcome(std::move(socket)); })) ++core->refused;
    if (--left == 0) break;
    socket = tcp::socket(core->io);
    acceptor.accept(socket, error);
  }
  accept();
}

void HttpServer::State::welcome(tcp::socket socket) {
  ErrorValue ignored;
  socket.set_option(tcp::no_delay(true), ignored);
  const std::string peer = peer_of(socket);
  std::string group = peer_group(peer);
  if (core->options.loopback_is_many && is_loopback(group)) group.clear();
  if (!make_room(group)) {
    ++core->refused;
    return;
  }
  ++core->accepted;
  auto stream =
      tls ? tls->stream(std::move(socket), core->turns, group) : plain_stream(std::move(socket));
  const auto connection = std::make_shared<Connection>(core, std::move(stream), peer, group);
  core->connections.insert(connection);
  core->open_connections = core->connections.size();
  if (!survives([&] { connection->open(); })) connection->close();
}

// Whether another connection of that group may be kept; closes others for it.
bool HttpServer::State::make_room(const std::string& group) {
  const HttpLimits& limits = core->options.limits;
  const auto give_way = [&](Connection* connection) {
    if (!connection) return false;
    ++core->refused;
    connection->close();
    return true;
  };
  if (tls && !core->peers.handshake_fits(group, limits.most_handshakes) &&
      !give_way(core->peers.oldest_handshake(group)))
    return false;
  const size_t most = tls ? std::min(limits.most_connections, limits.most_tls_connections)
                          : limits.most_connections;
  if (!core->peers.connection_fits(group, most) && !give_way(core->peers.longest_silent(group)))
    return false;
  return core->connections.size() + core->sockets.size() < most ||
         give_way(core->peers.longest_silent());
}

// Takes away from `all` as many as there is time for.
template <class All, class Sweep>
void sweep_some(All& all, Clock::time_point until, const Sweep& sweep) {
  while (!all.empty() && Clock::now() < until) {
    const auto one = std::move(all.back());
    all.pop_back();
    sweep(*one);
  }
}

// Deadlines. Ten thousand that are over at once take hundreds of milliseconds, so all else that is
// ready has its turn meanwhile.
void HttpServer::State::sweep() {
  const auto now = Clock::now();
  sweep_some(unswept_connections, now + kSweepTurn, [&](Connection& connection) {
    if (!survives([&] { connection.sweep(now); })) connection.close();
  });
  sweep_some(unswept_sockets, now + kSweepTurn, [&](OpenWebSocket& socket) {
    if (!survives([&] { socket.sweep(now); })) socket.abort();
  });
  if (unswept_connections.empty() && unswept_sockets.empty()) return;
  survives([&] {  // else the next tick goes on
    net::post(core->io, [this] {
      if (!core->ended) sweep();
    });
  });
}

// Each second: deadlines, and the end of a drain.
void HttpServer::State::tick() {
  const auto now = Clock::now();
  if (!accepting && acceptor.is_open()) accept();
  if (unswept_connections.empty() && unswept_sockets.empty()) {
    unswept_connections = listed(core->connections);
    unswept_sockets = listed(core->sockets);
  }
  sweep();
  core->open_sockets = core->sockets.size();
  core->relieve();
  if (core->draining && ((core->connections.empty() && core->sockets.empty()) || now > cut_at)) {
    core->io.stop();
    return;
  }
  ticks.expires_after(core->draining ? std::chrono::milliseconds(50) : std::chrono::seconds(1));
  ticks.async_wait([this](ErrorValue) {
    ticking = false;
    if (!core->ended) tick();
  });
  ticking = true;
}

void HttpServer::State::drain(double grace_seconds) {
  if (core->draining.exchange(true)) {  // asked twice: at once
    core->io.stop();
    return;
  }
  cut_at = Clock::now() + seconds_of(grace_seconds);
  ErrorValue ignored;
  acceptor.close(ignored);
  for (const auto& connection : listed(core->connections)) connection->drain();
  for (const auto& socket : listed(core->sockets))
    socket->close(1001, "the server is shutting down");
  ticks.expires_after(std::chrono::seconds(0));
}

HttpServer::HttpServer(std::unique_ptr<State> state) : state_(std::move(state)) {}
HttpServer::HttpServer(HttpServer&&) noexcept = default;
HttpServer& HttpServer::operator=(HttpServer&&) noexcept = default;
HttpServer::~HttpServer() = default;

Result<HttpServer> HttpServer::listen(Router router, HttpOptions options) {
  options.limits.most_connections = raise_file_limit(options.limits.most_connections);
  TUTTI_CHECK(check_names(options));
  auto state = std::make_unique<State>(std::move(router), std::move(options));
  TUTTI_ASSIGN(state->tls, tls_context(state->core->options));
  TUTTI_CHECK(state->bind());
  return HttpServer(std::move(state));
}

int HttpServer::port() const {
  ErrorValue error;
  return state_->acceptor.local_endpoint(error).port();
}

// What a callback throws has cost its own connection at most; a moment later there may be memory
// again.
void HttpServer::run() {
  const auto turn = [this] {
    if (!state_->ticking) state_->tick();
    state_->core->io.run();
  };
  while (!survives(turn)) std::this_thread::sleep_for(std::chrono::milliseconds(10));
}

void HttpServer::stop(double grace_seconds) {
  net::post(state_->core->io, [this, grace_seconds] { state_->drain(grace_seconds); });
}

bool HttpServer::stopping() const {
  return state_->core->draining;
}

void HttpServer::post(std::function<void()> work, const std::string& owner) {
  state_->core->slow_workers.post(owner, std::move(work));
}

std::function<void(std::function<void()>)> HttpServer::sequence(const std::string& owner) {
  return state_->core->slow_workers.sequence(owner);
}

HttpServer::Stats HttpServer::stats() const {
  const Core& core = *state_->core;
  return {core.open_connections, core.requests, core.open_sockets,
          core.accepted,         core.refused,  core.ledger.server().held()};
}

}  // namespace tutti
