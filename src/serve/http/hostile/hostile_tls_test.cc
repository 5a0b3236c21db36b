// TLS: what comes through it, what an idle connection takes, and clients that never finish their
// handshakes.
#include <fcntl.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <sys/wait.h>

#include <algorithm>
#include <boost/asio/io_context.hpp>
#include <fstream>
#include <memory>
#include <utility>
#include <vector>

#include "serve/http/transport/io_turns.h"
#include "serve/http/transport/tls.h"
#include "tests/helpers/hostile_server.h"
#include "tests/helpers/test_folder.h"

namespace tutti {
namespace {

constexpr size_t kMegabyte = 1 << 20;

// A key, and a certificate of "localhost" that it signs itself.
void write_certificate(const std::string& certificate_file, const std::string& key_file) {
  EVP_PKEY* const key = EVP_EC_gen("P-256");
  X509* const certificate = X509_new();
  ASN1_INTEGER_set(X509_get_serialNumber(certificate), 1);
  X509_gmtime_adj(X509_getm_notBefore(certificate), -60);
  X509_gmtime_adj(X509_getm_notAfter(certificate), 3600);
  X509_set_pubkey(certificate, key);
  X509_NAME* const name = X509_get_subject_name(certificate);
  X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC,
                             reinterpret_cast<const uint8_t*>("localhost"), -1, -1, 0);
  X509_set_issuer_name(certificate, name);
  X509_sign(certificate, key, EVP_sha256());
  BIO* file = BIO_new_file(certificate_file.c_str(), "w");
  PEM_write_bio_X509(file, certificate);
  BIO_free(file);
  file = BIO_new_file(key_file.c_str(), "w");
  PEM_write_bio_PrivateKey(file, key, nullptr, nullptr, 0, nullptr, nullptr);
  BIO_free(file);
  X509_free(certificate);
  EVP_PKEY_free(key);
}

class TlsClient {
 public:
  explicit TlsClient(int port, int version = TLS1_3_VERSION)
      : client_(port), context_(SSL_CTX_new(TLS_client_method()), SSL_CTX_free) {
    SSL_CTX_set_min_proto_version(context_.get(), version);
    SSL_CTX_set_max_proto_version(context_.get(), version);
    ssl_.reset(SSL_new(context_.get()));
    SSL_set_fd(ssl_.get(), client_.socket());
  }
  bool connect() { return SSL_connect(ssl_.get()) == 1; }
  void send(const std::string& bytes) { SSL_write(ssl_.get(), bytes.data(), int(bytes.size())); }
  void send_half_a_record() const {
    std::string record("\x17\x03\x03\x40\x11", 5);
    client_.send(record.append(9000, 'x'));
  }
  // As records that are not sent yet.
  std::string key_updates(int count) {
    BIO* const memory = BIO_new(BIO_s_mem());
    BIO* const wire = SSL_get_wbio(ssl_.get());
    BIO_up_ref(wire);
    SSL_set0_wbio(ssl_.get(), memory);
    for (int i = 0; i < count; ++i) {
      SSL_key_update(ssl_.get(), SSL_KEY_UPDATE_NOT_REQUESTED);
      SSL_do_handshake(ssl_.get());
    }
    char* bytes = nullptr;
    const long size = BIO_get_mem_data(memory, &bytes);
    std::string records(bytes, size_t(size));
    SSL_set0_wbio(ssl_.get(), wire);
    return records;
  }
  void send_raw(const std::string& records) const {
    for (size_t at = 0; at < records.size(); at += 1 << 16)
      if (!client_.send(records.substr(at, 1 << 16))) return;
  }
  // What comes until there is as much, or the end.
  std::string receive(size_t bytes) {
    std::string text;
    char buffer[1 << 14];
    while (text.size() < bytes) {
      const int got = SSL_read(ssl_.get(), buffer, sizeof buffer);
      if (got <= 0) break;
      text.append(buffer, size_t(got));
    }
    return text;
  }
  bool was_told_the_end() const { return SSL_get_shutdown(ssl_.get()) & SSL_RECEIVED_SHUTDOWN; }

 private:
  TestClient client_;
  std::unique_ptr<SSL_CTX, void (*)(SSL_CTX*)> context_;
  std::unique_ptr<SSL, void (*)(SSL*)> ssl_{nullptr, SSL_free};
};

class HostileTlsTest : public HostileTest {
 protected:
  void start_tls(HttpOptions options = {}) {
    options.certificate_file = own_file("hostile_certificate.pem");
    options.private_key_file = own_file("hostile_key.pem");
    write_certificate(options.certificate_file, options.private_key_file);
    start(std::move(options));
  }
  void expect_well_by_tls() const {
    TlsClient client(port_);
    ASSERT_TRUE(client.connect());
    client.send("GET /hello HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
    EXPECT_EQ(split_answer(client.receive(SIZE_MAX)).body, "hello");
  }
};

TEST_F(HostileTlsTest, EverythingComesThrough) {
  start_tls();
  for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
    TlsClient client(port_, version);
    ASSERT_TRUE(client.connect());
    const std::string body(3 * kMegabyte, 'x');
    client.send("POST /upload HTTP/1.1\r\nHost: localhost\r\nContent-Length: " +
                std::to_string(body.size()) + "\r\n\r\n" + body +
                "GET /whole HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
    const std::string both = client.receive(SIZE_MAX);
    EXPECT_NE(both.find(std::to_string(body.size())), both.npos);
    EXPECT_NE(both.find(std::string(2 * kMegabyte, 'x')), both.npos);
    EXPECT_TRUE(client.was_told_the_end()) << "a cut answer must not look whole";
  }
  TlsClient client(port_);
  ASSERT_TRUE(client.connect());
  client.send(
      "GET /echo HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
      "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n");
  EXPECT_NE(client.receive(1).find("101"), std::string::npos);
  std::string small("\x82\xfe\x07\xd0\0\0\0\0", 8), echoed("\x81\x7e\x07\xd0", 4);
  client.send(small.append(2000, 'y'));
  EXPECT_EQ(client.receive(2004), echoed.append(2000, 'y'));
  std::string large("\x82\xfe\xff\xff\0\0\0\0", 8);
  client.send(large.append(65535, 'y'));
  const std::string pieces = client.receive(65535 + 16 * 4);  // in frames of 4 KB
  EXPECT_EQ(std::count(pieces.begin(), pieces.end(), 'y'), 65535);
  client.send(std::string("\x88\x80\0\0\0\0", 6));
  EXPECT_EQ(client.receive(SIZE_MAX).substr(0, 1), "\x88");
  EXPECT_TRUE(client.was_told_the_end());
  EXPECT_TRUE(comes([this] { return server_->stats().websockets == 0; }));
}

TEST_F(HostileTlsTest, WhoSpeaksPlainHttpIsToldSo) {
  start_tls();
  TestClient client(port_);
  client.send("GET /hello HTTP/1.1\r\nHost: localhost\r\n\r\n");
  const std::string answer = client.receive_all();
  EXPECT_TRUE(answer.starts_with("HTTP/1.1 400 ")) << answer;
  EXPECT_NE(answer.find("use https://"), answer.npos) << answer;
  expect_well_by_tls();
}

// Where it is not read to its end, the client sees a reset.
TEST_F(HostileTlsTest, WhoSendsMuchByPlainHttpIsToldSoToo) {
  start_tls();
  TestClient client(port_);
  EXPECT_TRUE(client.send("POST /upload HTTP/1.1\r\nHost: localhost\r\n\r\n" +
                          std::string(8 * kMegabyte, 'x')));
  EXPECT_TRUE(client.receive_all().starts_with("HTTP/1.1 400 "));
  EXPECT_FALSE(client.was_reset());
  client.close();
  EXPECT_TRUE(all_gone());
}

TEST_F(HostileTlsTest, UnfinishedHandshakesKeepNobodyOut) {
  HttpOptions options;
  options.limits.most_handshakes = 8;
  start_tls(std::move(options));
  std::vector<TestClient> clients;
  for (int i = 0; i < 60; ++i) {
    clients.emplace_back(port_);
    clients[i].send("\x16\x03\x01");  // the beginning of one
  }
  expect_well_by_tls();
  EXPECT_LE(server_->stats().connections, 8u);
  clients[0].receive_all();
  EXPECT_TRUE(clients[0].ended()) << "the first of them";
}

TEST_F(HostileTlsTest, ConnectionsAreLimitedByTheirMemory) {
  HttpOptions options;
  options.limits.most_tls_connections = 10;
  start_tls(std::move(options));
  std::vector<std::unique_ptr<TlsClient>> clients;
  for (int i = 0; i < 30; ++i) {
    clients.push_back(std::make_unique<TlsClient>(port_));
    EXPECT_TRUE(clients[i]->connect());
  }
  EXPECT_LE(server_->stats().connections, 10u);
  expect_well_by_tls();
}

TEST(TlsContext, ReasonsAreTheSystemsWhereItRefuses) {
  const std::string file = own_file("hostile_certificate.pem");
  write_certificate(file, own_file("hostile_key.pem"));
  for (const auto& [name, reason] :
       {std::pair(std::string("/nowhere.pem"), "No such file"), {file + "/x", "Not a directory"}}) {
    const auto context = TlsContext::load(name, name);
    ASSERT_FALSE(context);
    EXPECT_NE(context.error().message().find(reason), std::string::npos)
        << context.error().message();
  }
}

// The number of a closed socket is soon another connection's.
TEST(TlsStream, AfterItIsClosedItReachesNobodyElse) {
  namespace net = boost::asio;
  const std::string certificate = own_file("hostile_certificate.pem"),
                    key = own_file("hostile_key.pem");
  write_certificate(certificate, key);
  net::io_context io;
  net::ip::tcp::acceptor acceptor(io, {net::ip::address_v4::loopback(), 0});
  const int port = acceptor.local_endpoint().port();
  std::thread peer([port] {
    TlsClient client(port);
    EXPECT_TRUE(client.connect());
    EXPECT_EQ(client.receive(1), "");
  });
  Stream::Socket socket = acceptor.accept();
  const int number = socket.native_handle();
  const auto stream =
      TlsContext::load(certificate, key)
          ->stream(std::move(socket), std::make_shared<IoTurns>(io.get_executor()), "");
  int done = 0, failed = 0;
  const auto count = [&](Stream::Error error, size_t size) {
    ++done;
    failed += error && size == 0;
  };
  stream->handshake(count);
  io.run();
  ASSERT_EQ(std::pair(done, failed), std::pair(1, 0));
  stream->close();
  peer.join();
  ASSERT_EQ(fcntl(number, F_GETFD), -1) << "it is not closed";
  int others[2];
  ASSERT_EQ(socketpair(AF_UNIX, SOCK_STREAM, 0, others), 0);
  if (others[1] == number) std::swap(others[0], others[1]);
  if (others[0] != number) {  // the peer's number is lower, and free as well
    ASSERT_EQ(dup2(others[0], number), number);
    close(std::exchange(others[0], number));
  }
  ASSERT_EQ(send(others[1], "for others", 10, 0), 10);
  char buffer[100];
  const net::const_buffer text = net::buffer("text", 4);
  stream->read_some(net::buffer(buffer), count);
  stream->write({&text, 1}, count);
  io.restart();
  io.run();
  stream->end_sending();
  EXPECT_EQ(std::pair(done, failed), std::pair(3, 2));
  EXPECT_EQ(recv(others[1], buffer, sizeof buffer, MSG_DONTWAIT), -1) << "was written to";
  EXPECT_EQ(recv(others[0], buffer, sizeof buffer, MSG_DONTWAIT), 10) << "was read from";
  for (const int other : others) close(other);
}

// Seconds of the processor that a thread has had.
double processor_seconds(clockid_t thread) {
  timespec used = {};
  EXPECT_EQ(clock_gettime(thread, &used), 0);
  return double(used.tv_sec) + 1e-9 * double(used.tv_nsec);
}

// Each of them makes the server compute new keys, as long as it took the client.
TEST_F(HostileTlsTest, KeyUpdatesHoldUpNobody) {
  start_tls();
  clockid_t moves_bytes;
  ASSERT_EQ(pthread_getcpuclockid(runner_.native_handle(), &moves_bytes), 0);
  TlsClient clients[2] = {TlsClient(port_), TlsClient(port_)};
  std::string floods[2];
  const double begin = processor_seconds(CLOCK_THREAD_CPUTIME_ID);
  for (int i = 0; i < 2; ++i) {
    ASSERT_TRUE(clients[i].connect());
    floods[i] = clients[i].key_updates(10'000);
  }
  const double clients_took = processor_seconds(CLOCK_THREAD_CPUTIME_ID) - begin;
  const double before = processor_seconds(moves_bytes);
  std::thread senders[2];
  for (int i = 0; i < 2; ++i) senders[i] = std::thread([&, i] { clients[i].send_raw(floods[i]); });
  expect_well_by_tls();
  for (std::thread& sender : senders) sender.join();
  EXPECT_TRUE(all_gone()) << "whoever sends them is cut";
  const double server_took = processor_seconds(moves_bytes) - before;
  RecordProperty("percent_of_the_clients", int(100 * server_took / clients_took));
  EXPECT_LT(server_took, clients_took / 2);
}

TEST_F(HostileTlsTest, SomeKeyUpdatesAreFollowed) {
  start_tls();
  TlsClient client(port_);
  ASSERT_TRUE(client.connect());
  client.send_raw(client.key_updates(60));
  client.send("GET /hello HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
  EXPECT_EQ(split_answer(client.receive(SIZE_MAX)).body, "hello");
}

size_t resident_now() {
  size_t pages = 0, resident = 0;
  std::ifstream("/proc/self/statm") >> pages >> resident;
  return resident * size_t(getpagesize());
}

TEST_F(HostileTlsTest, AnIdleConnectionTakesWhatIsReckoned) {
  start_tls();
  expect_well_by_tls();
  int tell[2], wait[2];
  ASSERT_TRUE(pipe(tell) == 0 && pipe(wait) == 0);
  constexpr int kCount = 400;
  const size_t before = resident_now();
  // The clients are another process, so that their memory is not counted.
  const pid_t child = fork();
  if (child == 0) {
    std::vector<std::unique_ptr<TlsClient>> clients;
    char well = 1, next = 0;
    for (int i = 0; i < kCount && well; ++i) {
      clients.push_back(std::make_unique<TlsClient>(port_));
      well = clients[i]->connect();
      clients[i]->send("GET /hello HTTP/1.1\r\nHost: localhost\r\n\r\n");
      if (clients[i]->receive(1).empty()) well = 0;
    }
    if (write(tell[1], &well, 1) != 1 || read(wait[0], &next, 1) != 1) _exit(1);
    for (const auto& client : clients) client->send_half_a_record();
    _exit(write(tell[1], &well, 1) == 1 && read(wait[0], &next, 1) == 1 ? 0 : 1);
  }
  for (const auto& [what, most] : {std::pair("idle", size_t(24) << 10), {"at most", kTlsBytes}}) {
    char well = 0;
    ASSERT_EQ(read(tell[0], &well, 1), 1);
    EXPECT_TRUE(well);
    expect_well_by_tls();  // what came before has been read
    const double each = double(resident_now() - before) / kCount;
    RecordProperty(what, int(each));
#if !defined(__SANITIZE_THREAD__) && !defined(__SANITIZE_ADDRESS__)  // which keep books on memory
    EXPECT_LT(each, most) << what;
#endif
    ASSERT_EQ(write(wait[1], &well, 1), 1);
  }
  waitpid(child, nullptr, 0);
}

}  // namespace
}  // namespace tutti
