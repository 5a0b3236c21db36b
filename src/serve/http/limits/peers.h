// Connections by where they come from, so that whoever opens many of them loses their own first.
// Private to src/serve/http/, on the I/O thread.
//
//   Peers peers;
//   Peers::Place place(peers, peer_group("203.0.113.7"), connection);
//   place.enter(Peers::waiting);
//   if (Connection* silent = peers.longest_silent()) silent->close();
//
// What each call costs does not depend on the number of connections; longest_silent() looks at
// every address once. Allocates when a place is made, and never after.
#pragma once

#include <array>
#include <list>
#include <map>
#include <string>

namespace tutti {

class Connection;

// Who shares limits: an IPv4 address, or an IPv6 one's /64, of which a home has one at least; an
// IPv4 address within IPv6 is that IPv4 address. What is no address is a group of its own.
std::string peer_group(const std::string& address);

class Peers {
 public:
  // In its TLS handshake; waiting for its client: for a request, for its rest, or until an answer
  // is read; what came is being worked on.
  enum State : size_t { handshaking, waiting, working };

 private:
  using Line = std::list<Connection*>;  // who did something last is its last
  struct Group {
    std::array<Line, 3> lines;
    size_t size() const { return lines[0].size() + lines[1].size() + lines[2].size(); }
  };
  using Groups = std::map<std::string, Group>;

 public:
  class Place {
   public:
    // `peers` must outlive it.
    Place(Peers& peers, const std::string& group, Connection* connection);
    ~Place();
    Place(const Place&) = delete;
    Place& operator=(const Place&) = delete;

    void enter(State state) noexcept;  // to the end of that line, also where it is in it already

   private:
    Peers& peers_;
    const Groups::iterator group_;  // ends with its last place
    State state_ = working;
    Line::iterator self_;
  };

  // Of those that are not being worked on, the one whose client has been silent for longest, among
  // the group that has most of them; nullptr: there is none. No group loses any that has fewer
  // connections than the average.
  Connection* longest_silent() const;
  // The same among those of one group, whatever it has.
  Connection* longest_silent(const std::string& group) const;
  // Whether that group may have one more connection: within its share (shares.h), or while it has
  // fewer than the average. The loopback's, the empty group's, are those of many: they have no
  // share, and no part in those of others.
  bool connection_fits(const std::string& group, size_t most) const;
  // Whether one more of that group may begin a TLS handshake (shares.h).
  bool handshake_fits(const std::string& group, size_t most) const;
  // The handshake of that group that began first; nullptr: there is none.
  Connection* oldest_handshake(const std::string& group) const;

 private:
  static Connection* longest_silent_of(const Group& group);
  size_t size_of(const std::string& group) const;

  Groups groups_;
  size_t places_ = 0, handshakes_ = 0;
};

}  // namespace tutti
