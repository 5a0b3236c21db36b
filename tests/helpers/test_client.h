// Test helper: a client made of raw bytes, so that it can do what no library would.
#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <string>
#include <utility>

namespace tutti {

class TestClient {
 public:
  // 127.0.0.`from`: an address of the loopback to come from.
  explicit TestClient(int port, int from = 1) : socket_(::socket(AF_INET, SOCK_STREAM, 0)) {
    sockaddr_in to = {};
    to.sin_family = AF_INET;
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK - 1 + uint32_t(from));
    if (from != 1 && ::bind(socket_, reinterpret_cast<sockaddr*>(&to), sizeof to) != 0) close();
    to.sin_port = htons(uint16_t(port));
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (::connect(socket_, reinterpret_cast<sockaddr*>(&to), sizeof to) != 0) close();
  }
  TestClient(TestClient&& other) noexcept : socket_(std::exchange(other.socket_, -1)) {}
  TestClient& operator=(TestClient&&) = delete;
  ~TestClient() { close(); }

  bool connected() const { return socket_ >= 0; }
  bool send(const std::string& bytes) const {
    return ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL) == ssize_t(bytes.size());
  }
  void end_sending() const { shutdown(socket_, SHUT_WR); }
  void close() {
    if (socket_ >= 0) ::close(std::exchange(socket_, -1));
  }
  void reset() {  // RST instead of FIN
    const linger now = {1, 0};
    setsockopt(socket_, SOL_SOCKET, SO_LINGER, &now, sizeof now);
    close();
  }

  // What comes until `enough(text)`, the end, or the time is over.
  template <class Enough>
  std::string receive(const Enough& enough, int milliseconds = 240'000) {
    std::string text;
    char buffer[1 << 16];
    pollfd ready = {socket_, POLLIN, 0};
    while (!enough(text) && poll(&ready, 1, milliseconds) > 0) {
      const ssize_t got = ::recv(socket_, buffer, sizeof buffer, 0);
      if (got <= 0) {
        ended_ = true;
        reset_ = got < 0 && errno == ECONNRESET;
        break;
      }
      text.append(buffer, size_t(got));
    }
    return text;
  }
  std::string receive_all(int milliseconds = 240'000) {
    return receive([](const std::string&) { return false; }, milliseconds);
  }
  int socket() const { return socket_; }
  bool ended() const { return ended_; }  // the server closed the connection
  bool was_reset() const { return reset_; }

 private:
  int socket_;
  bool ended_ = false, reset_ = false;
};

struct TestAnswer {
  int status = 0;
  std::string head, body;
};

inline TestAnswer split_answer(const std::string& text) {
  const size_t end = text.find("\r\n\r\n");
  if (end == text.npos || text.size() < 12) return {};
  return {std::atoi(text.c_str() + 9), text.substr(0, end), text.substr(end + 4)};
}

// One request on a connection of its own. `headers` end in \r\n each.
inline TestAnswer ask(int port, const std::string& method, const std::string& path,
                      const std::string& body = "", const std::string& headers = "",
                      const std::string& host = "localhost") {
  TestClient client(port);
  client.send(method + " " + path + " HTTP/1.1\r\nHost: " + host +
              "\r\nConnection: close\r\nContent-Length: " + std::to_string(body.size()) + "\r\n" +
              headers + "\r\n" + body);
  return split_answer(client.receive_all());
}

}  // namespace tutti
