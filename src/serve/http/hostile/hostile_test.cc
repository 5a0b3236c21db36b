// Clients that are slow, silent, half gone, hostile or ten thousand: each costs what its limits
// say, and the next request is answered. Their memory is in hostile_memory_test.cc, WebSockets in
// hostile_websocket_test.cc.
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include <chrono>
#include <fstream>
#include <sstream>
#include <thread>

#include "tests/helpers/hostile_server.h"
#include "tests/helpers/test_folder.h"

namespace tutti {
namespace {

TEST_F(HostileTest, MalformedHttp) {
  start();
  const std::string host = "Host: localhost\r\n";
  const std::string cases[] = {
      std::string("\0\0\0\0\0\0\0\0\r\n\r\n", 12),
      "GET\r\n\r\n",
      std::string("\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n",
                  15),  // TLS to a plain port
      "GET /hello HTTP/9.9\r\n" + host + "\r\n",
      "GET /hello HTTP/1.1\r\n\r\n",  // no Host
      "GET /%zz HTTP/1.1\r\n" + host + "\r\n",
      "GET /../../etc/passwd HTTP/1.1\r\n" + host + "\r\n",
      "GET /hello HTTP/1.1\r\n" + host + "bad header\r\n\r\n",
      "GET /hello HTTP/1.1\r\n" + host + "a: " + std::string(40'000, 'a') + "\r\n\r\n",
      "POST /size HTTP/1.1\r\n" + host + "Content-Length: -1\r\n\r\n",
      "POST /size HTTP/1.1\r\n" + host + "Content-Length: 1\r\nContent-Length: 9\r\n\r\nx",
      "POST /size HTTP/1.1\r\n" + host +
          "Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",  // smuggling
      "POST /size HTTP/1.1\r\n" + host + "Transfer-Encoding: chunked\r\n\r\nfffffffffffffffff\r\nx",
      "POST /size HTTP/1.1\r\n" + host + "Transfer-Encoding: chunked\r\n\r\nzz\r\n",
  };
  for (const std::string& bytes : cases) {
    TestClient client(port_);
    ASSERT_TRUE(client.send(bytes));
    const auto whole_head = [](const std::string& text) {
      return text.find("\r\n\r\n") != text.npos;
    };
    const int status = split_answer(client.receive(whole_head)).status;
    EXPECT_TRUE(client.ended() || (status >= 400 && status < 500))
        << status << " for " << bytes.substr(0, 80);
    client.close();
    expect_well();
  }
  EXPECT_TRUE(all_gone());
}

// An answer without a length that is cut must not look like one that has ended.
TEST_F(HostileTest, CutAnswersDoNotLookWholeToHttp10) {
  more_routes_ = [](Router& router) {
    router.add("GET", "/half", [](const Request&, const ReplyPtr& reply) {
      reply->begin(200, "text/plain");
      reply->write("half");
      reply->when_read([reply] { reply->abort(); });
    });
  };
  start();
  TestClient client(port_);
  client.send("GET /half HTTP/1.0\r\nHost: localhost\r\n\r\n");
  client.receive_all();
  EXPECT_TRUE(client.was_reset());
  TestClient whole(port_);
  whole.send("GET /hello HTTP/1.0\r\nHost: localhost\r\n\r\n");
  EXPECT_TRUE(whole.receive_all().ends_with("hello"));
  EXPECT_FALSE(whole.was_reset());
}

// What two readers could take for different requests is refused.
TEST_F(HostileTest, AmbiguousHttp) {
  start();
  const std::string get = "GET /hello HTTP/1.1\r\nHost: localhost\r\n";
  const std::string post = "POST /size HTTP/1.1\r\nHost: localhost\r\n";
  const std::pair<std::string, int> cases[] = {
      {get + "Host: evil.example\r\n\r\n", 400},
      {post + "Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n", 501},
      {post + "Transfer-Encoding: identity\r\nContent-Length: 1\r\n\r\nx", 501},
      {post + "Transfer-Encoding: Chunked\r\n\r\n1\r\nx\r\n0\r\n\r\n", 200},
  };
  for (const auto& [bytes, status] : cases) {
    TestClient client(port_);
    ASSERT_TRUE(client.send(bytes));
    const auto whole_head = [](const std::string& text) {
      return text.find("\r\n\r\n") != text.npos;
    };
    // A body in a coding that is not known has no end: neither has the connection a next request.
    const std::string answer = status == 501 ? client.receive_all() : client.receive(whole_head);
    EXPECT_EQ(split_answer(answer).status, status) << bytes;
    EXPECT_EQ(client.ended(), status == 501) << bytes;
    client.close();
    expect_well();
  }
}

// What would be made piece by piece is not made for nobody.
TEST_F(HostileTest, HeadOfALongAnswerMakesNoneOfIt) {
  std::atomic<int> made = 0;
  std::function<void(ReplyPtr)> next = [&](const ReplyPtr& reply) {
    if (++made == 1000) return reply->end();
    reply->write("piece");
    reply->when_read([&next, reply] { next(reply); });
  };
  more_routes_ = [&](Router& router) {
    router.add("GET", "/long", [&](const Request&, const ReplyPtr& reply) {
      reply->begin(200, "text/plain");
      reply->when_read([&next, reply] { next(reply); });
    });
  };
  start();
  TestClient client(port_);
  client.send("HEAD /long HTTP/1.1\r\nHost: localhost\r\n\r\n");
  client.send("GET /hello HTTP/1.1\r\nHost: localhost\r\n\r\n");
  const std::string both =
      client.receive([](const std::string& text) { return text.ends_with("hello"); });
  EXPECT_NE(both.find("chunked"), both.npos) << both;
  EXPECT_EQ(both.find("\r\n0\r\n"), both.npos) << both;
  EXPECT_EQ(made, 0);
  EXPECT_NE(ask(port_, "GET", "/long").body.find("piece"), std::string::npos);
  EXPECT_EQ(made, 1000);
}

TEST_F(HostileTest, AddressesOfOtherMachinesAreNotBlamedOnThePort) {
  HttpOptions options;
  options.address = "192.0.2.1";  // of nobody's machine: for documentation
  const auto elsewhere = HttpServer::listen(Router(), options);
  ASSERT_FALSE(elsewhere);
  EXPECT_NE(elsewhere.error().message().find("--address"), std::string::npos)
      << elsewhere.error().message();
  start();
  options.address = "127.0.0.1";
  options.port = port_;
  const auto taken = HttpServer::listen(Router(), options);
  ASSERT_FALSE(taken);
  EXPECT_NE(taken.error().message().find("--port"), std::string::npos) << taken.error().message();
}

TEST_F(HostileTest, BodiesAreLimitedAndNeverUnpacked) {
  start();
  EXPECT_EQ(ask(port_, "POST", "/size", std::string(100'000, 'x')).body, "100000");
  EXPECT_EQ(ask(port_, "POST", "/size", "x", "Content-Encoding: gzip\r\n").status, 415);
  {  // refused by its claim, before a byte of it is sent
    TestClient client(port_);
    client.send("POST /size HTTP/1.1\r\nHost: localhost\r\nContent-Length: 9000000000\r\n\r\n");
    EXPECT_EQ(split_answer(client.receive_all()).status, 413);
  }
  TestClient client(port_);  // without a claim, by its bytes
  client.send("POST /size HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n");
  const std::string chunk = "4000\r\n" + std::string(0x4000, 'x') + "\r\n";
  for (int i = 0; i < 20; ++i) client.send(chunk);
  EXPECT_EQ(split_answer(client.receive_all()).status, 413);
  EXPECT_TRUE(nothing_held());
  expect_well();
}

TEST_F(HostileTest, OtherPagesAreKeptOut) {
  start();
  const TestAnswer plain = ask(port_, "GET", "/hello");
  EXPECT_EQ(plain.head.find("Access-Control"), std::string::npos) << "CORS is off";
  EXPECT_EQ(ask(port_, "GET", "/hello", "", "Origin: https://evil.example\r\n").status, 403);
  EXPECT_EQ(ask(port_, "POST", "/size", "x",
                "Origin: https://evil.example\r\nContent-Type: text/plain\r\n")
                .status,
            403);
  const TestAnswer leave = ask(port_, "OPTIONS", "/size", "",
                               "Origin: https://evil.example\r\n"
                               "Access-Control-Request-Method: POST\r\n");
  EXPECT_EQ(leave.head.find("Access-Control-Allow-Origin"), std::string::npos);
  // A name of the attacker's own that points at this machine.
  EXPECT_EQ(ask(port_, "GET", "/hello", "", "", "evil.example").status, 403);
}

TEST_F(HostileTest, KeysAreNeededAndKeptAsHashes) {
  HttpOptions options;
  const std::string file = own_file("hostile_keys.json");
  unlink(file.c_str());
  const std::string secret = *options.keys.add("alice");
  ASSERT_TRUE(options.keys.save(file));
  std::stringstream kept;
  kept << std::ifstream(file).rdbuf();
  EXPECT_NE(kept.str().find("alice"), std::string::npos);
  EXPECT_EQ(kept.str().find(secret), std::string::npos);
  EXPECT_EQ(kept.str().find(secret.substr(secret.size() / 2)), std::string::npos);
  struct stat info = {};
  ASSERT_EQ(stat(file.c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777, 0600u);

  options.keys = *KeyRing::load(file);
  start(std::move(options));
  const auto with = [&](const std::string& key) {
    return ask(port_, "GET", "/hello", "", "Authorization: Bearer " + key + "\r\n").status;
  };
  EXPECT_EQ(ask(port_, "GET", "/hello").status, 401);
  std::string wrong = secret;
  wrong.back() = wrong.back() == 'a' ? 'b' : 'a';
  for (const std::string& key :
       {wrong, secret + "x", secret.substr(1), std::string(), kept.str().substr(0, 40)})
    EXPECT_EQ(with(key.substr(0, key.find('\n'))), 401);
  EXPECT_EQ(with(secret), 200);
  EXPECT_EQ(ask(port_, "GET", "/nowhere").status, 401) << "what there is, is not told either";
}

// A key that is wrong at its beginning is not refused sooner than one that is wrong at its end.
// Medians of turns in one run; a comparison that stops early differs in the hash at random, so the
// keys' own order tells nothing anyway.
TEST_F(HostileTest, CheckingTakesEquallyLong) {
  KeyRing keys;
  std::string secret;
  for (int i = 0; i < 50; ++i) secret = *keys.add("user" + std::to_string(i));
  std::string early = secret, late = secret;
  early[0] = char(early[0] ^ 1), late.back() = char(late.back() ^ 1);
  std::vector<double> times[3];
  for (int i = 0; i < 4000; ++i) {
    const std::string& key = i % 3 == 0 ? early : i % 3 == 1 ? late : secret;
    const auto start = std::chrono::steady_clock::now();
    const bool known = keys.check(key).has_value();
    times[i % 3].push_back(
        std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count());
    ASSERT_EQ(known, i % 3 == 2);
  }
  double medians[3];
  for (int i = 0; i < 3; ++i) {
    std::nth_element(times[i].begin(), times[i].begin() + 500, times[i].end());
    medians[i] = times[i][500];
  }
  for (const double median : medians) {
    EXPECT_LT(median, 1.5 * medians[0]);
    EXPECT_GT(median, medians[0] / 1.5);
  }
}

TEST_F(HostileTest, SlowLoris) {
  start({}, kSoon);
  std::vector<TestClient> clients;
  for (int i = 0; i < 60; ++i) clients.emplace_back(port_);
  const std::string head = "POST /size HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5000\r\n";
  for (size_t i = 0; i < clients.size(); ++i)  // half of them are slow with the body
    ASSERT_TRUE(clients[i].send(i % 2 ? head : head + "\r\n"));
  std::atomic<bool> enough = false;
  std::thread dripping([&] {
    while (!enough) {
      for (const TestClient& client : clients) client.send("x");
      std::this_thread::sleep_for(std::chrono::milliseconds(20));
    }
  });
  expect_well();
  EXPECT_TRUE(all_gone()) << server_->stats().connections << " are still there";
  enough = true;
  dripping.join();
  expect_well();
}

TEST_F(HostileTest, ClientsThatDoNotRead) {
  start({}, kSoon);
  std::vector<TestClient> clients;
  for (int i = 0; i < 3; ++i) {
    clients.emplace_back(port_);
    ASSERT_TRUE(clients[i].send("GET /endless HTTP/1.1\r\nHost: localhost\r\n\r\n"));
  }
  EXPECT_TRUE(all_gone());
  EXPECT_TRUE(comes([this] { return gone_ == 3; }));
  expect_well();
}

TEST_F(HostileTest, HalfOpenAndReset) {
  start();
  {  // A client that ends its side looks like one that left, whose work must stop.
    TestClient client(port_);
    client.send("GET /endless HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
    client.end_sending();
    client.receive_all();
    EXPECT_TRUE(comes([this] { return gone_ == 1; }));
  }
  for (const char* part :
       {"", "GET /he", "POST /size HTTP/1.1\r\nHost: localhost\r\nContent-Length: 50\r\n\r\nxx",
        "GET /endless HTTP/1.1\r\nHost: localhost\r\n\r\n"}) {
    TestClient half(port_), reset(port_);
    half.send(part), reset.send(part);
    half.end_sending();
    reset.reset();
    half.receive_all();
  }
  EXPECT_TRUE(all_gone());
  expect_well();
}

// The clients are another process: both ends of ten thousand connections are too many files for
// one.
int hold_connections(int port, int count, int tell, int wait) {
  std::vector<TestClient> clients;
  for (int i = 0; i < count; ++i) {
    clients.emplace_back(port);
    if (!clients.back().connected()) return 1;
    if (i % 2) clients.back().send("GET /hello HTTP/1.1\r\nHost: localhost\r\n\r\n");  // then idle
  }
  char byte = 0;
  return write(tell, &byte, 1) == 1 && read(wait, &byte, 1) >= 0 ? 0 : 1;
}

// The server is another process, which alone has few files.
TEST_F(HostileTest, WhereFilesAreFewOthersAreStillAnswered) {
  int port[2], wait[2];
  ASSERT_TRUE(pipe(port) == 0 && pipe(wait) == 0);
  const pid_t child = fork();
  if (child == 0) {
    close(wait[1]);
    const rlimit files = {200, 200};
    setrlimit(RLIMIT_NOFILE, &files);
    start();
    char byte;
    _exit(write(port[1], &port_, sizeof port_) == sizeof port_ && read(wait[0], &byte, 1) == 0 ? 0
                                                                                               : 1);
  }
  close(wait[0]), close(port[1]);
  ASSERT_EQ(read(port[0], &port_, sizeof port_), ssize_t(sizeof port_));
  std::vector<TestClient> clients;
  for (int i = 0; i < 250; ++i) clients.emplace_back(port_);
  expect_well();
  clients[0].receive_all();
  EXPECT_TRUE(clients[0].ended()) << "which was silent for longest";
  close(wait[1]);
  int status = 0;
  waitpid(child, &status, 0);
  EXPECT_EQ(status, 0);
}

size_t resident_bytes() {
  size_t pages = 0, resident = 0;
  std::ifstream("/proc/self/statm") >> pages >> resident;
  return resident * size_t(getpagesize());
}

TEST_F(HostileTest, TenThousandIdleConnections) {
  rlimit files = {};
  getrlimit(RLIMIT_NOFILE, &files);
  files.rlim_cur = files.rlim_max;
  setrlimit(RLIMIT_NOFILE, &files);
  const int count = int(std::min<rlim_t>(10'000, files.rlim_max - 500));
  int port[2], tell[2], wait[2];
  ASSERT_TRUE(pipe(port) == 0 && pipe(tell) == 0 && pipe(wait) == 0);
  const pid_t child = fork();
  if (child == 0) {
    close(wait[1]);
    int number = 0;
    const bool told = read(port[0], &number, sizeof number) == sizeof number;
    _exit(told ? hold_connections(number, count, tell[1], wait[0]) : 1);
  }
  close(tell[1]);
  start();
  const size_t before = resident_bytes();
  ASSERT_EQ(write(port[1], &port_, sizeof port_), ssize_t(sizeof port_));
  char byte;
  ASSERT_EQ(read(tell[0], &byte, 1), 1) << "not all could connect";
  EXPECT_TRUE(comes([&] { return server_->stats().connections == uint64_t(count); }))
      << server_->stats().connections;
  expect_well();
  const double each = double(resident_bytes() - before) / count;
  RecordProperty("bytes_per_connection", int(each));
#if !defined(__SANITIZE_THREAD__) && !defined(__SANITIZE_ADDRESS__)  // which keep books on memory
  EXPECT_LT(each, 16 << 10) << "bytes for an idle connection";
#endif
  close(wait[1]);
  int status = 0;
  waitpid(child, &status, 0);
  EXPECT_EQ(status, 0);
  EXPECT_TRUE(all_gone());
}

}  // namespace
}  // namespace tutti
