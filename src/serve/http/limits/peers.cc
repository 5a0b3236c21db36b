#include "serve/http/limits/peers.h"

#include <arpa/inet.h>

#include <cstring>

#include "serve/shares.h"

namespace tutti {
namespace {

// Connections that can be closed without taking anybody's work away.
size_t closable(const std::array<std::list<Connection*>, 3>& lines) {
  return lines[Peers::handshaking].size() + lines[Peers::waiting].size();
}

}  // namespace

std::string peer_group(const std::string& address) {
  const std::string plain = address.substr(0, address.find('%'));  // without an interface's name
  in6_addr parsed;
  if (inet_pton(AF_INET6, plain.c_str(), &parsed) != 1) return plain;
  char text[INET6_ADDRSTRLEN] = {};
  if (IN6_IS_ADDR_V4MAPPED(&parsed)) {
    inet_ntop(AF_INET, &parsed.s6_addr[12], text, sizeof text);
    return text;
  }
  if (IN6_IS_ADDR_LOOPBACK(&parsed)) return plain;
  std::memset(&parsed.s6_addr[8], 0, 8);
  inet_ntop(AF_INET6, &parsed, text, sizeof text);
  return std::string(text) + "/64";
}

Peers::Place::Place(Peers& peers, const std::string& group, Connection* connection)
    : peers_(peers), group_(peers.groups_.try_emplace(group).first) {
  Line& line = group_->second.lines[state_];
  try {
    self_ = line.insert(line.end(), connection);
  } catch (...) {
    if (group_->second.size() == 0) peers_.groups_.erase(group_);
    throw;
  }
  ++peers_.places_;
}

Peers::Place::~Place() {
  --peers_.places_;
  if (state_ == handshaking) --peers_.handshakes_;
  group_->second.lines[state_].erase(self_);
  if (group_->second.size() == 0) peers_.groups_.erase(group_);
}

void Peers::Place::enter(State state) noexcept {
  auto& lines = group_->second.lines;
  lines[state].splice(lines[state].end(), lines[state_], self_);
  peers_.handshakes_ += size_t(state == handshaking) - size_t(state_ == handshaking);
  state_ = state;
}

// Rejected: groups in the order of their sizes. Only a client of thousands of addresses would
// notice, and who has those is kept out by no limit per address.
Connection* Peers::longest_silent() const {
  const Group* most = nullptr;
  for (const auto& [name, group] : groups_)
    if (group.size() * groups_.size() >= places_ &&
        (!most || closable(group.lines) > closable(most->lines)))
      most = &group;
  return most ? longest_silent_of(*most) : nullptr;
}

Connection* Peers::longest_silent(const std::string& group) const {
  const auto found = groups_.find(group);
  return found == groups_.end() ? nullptr : longest_silent_of(found->second);
}

Connection* Peers::longest_silent_of(const Group& group) {
  for (const State state : {waiting, handshaking})
    if (const Line& line = group.lines[state]; !line.empty()) return line.front();
  return nullptr;
}

size_t Peers::size_of(const std::string& group) const {
  const auto found = groups_.find(group);
  return found == groups_.end() ? 0 : found->second.size();
}

bool Peers::connection_fits(const std::string& group, size_t most) const {
  const size_t own = size_of(group);
  return group.empty() || own * groups_.size() < places_ ||
         fits_share(own, places_ - size_of(""), most);
}

bool Peers::handshake_fits(const std::string& group, size_t most) const {
  const auto found = groups_.find(group);
  const size_t own = found == groups_.end() ? 0 : found->second.lines[handshaking].size();
  return fits_share(own, handshakes_, most);
}

Connection* Peers::oldest_handshake(const std::string& group) const {
  const auto found = groups_.find(group);
  if (found == groups_.end() || found->second.lines[handshaking].empty()) return nullptr;
  return found->second.lines[handshaking].front();
}

}  // namespace tutti
