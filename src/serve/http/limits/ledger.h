// Bytes that clients make this server hold, counted before they are held: against the request, the
// connection, the key (where there are none, the address) and the server.
//
//   Charge charge(request.account);
//   TUTTI_CHECK(charge.grow(bytes));   // too_large or busy, naming the limit
//   ... hold them; given back when `charge` ends
//
// The last eighth of what the server, a key or an address may hold is for connections, or requests,
// of up to 64 KiB, the last sixteenth for those of up to 16 KiB: however many hold much, a small
// request is let in.
//
// Every account has a limit, and accounts above it: what is charged to a request is charged to its
// connection and its key, and through the connection to its address and the server. Nothing is
// counted where any of them refuses.
//
// An Account may be used by any number of threads, a Charge by one at a time.
#pragma once

#include <atomic>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "base/result.h"

namespace tutti {

class Account {
 public:
  using Ptr = std::shared_ptr<Account>;

  // `whose` stands in messages: "this request", "the key alice", "the server". `code` is that of
  // its refusals: too_large where waiting does not help, else busy.
  Account(std::string whose, size_t most, ErrorCode code, std::vector<Ptr> above = {})
      : whose_(std::move(whose)), most_(most), code_(code), above_(std::move(above)) {}

  // `holder`: what the account below this one, for which it is, holds with them.
  Status take(size_t bytes, size_t holder = 0);
  void give_back(size_t bytes) noexcept;
  // Counts what is held already, whatever the limit.
  void take_anyway(size_t bytes) noexcept;

  size_t held() const { return held_; }
  size_t most() const { return most_; }

 private:
  size_t most_for(size_t holder) const;
  Error refusal(size_t bytes, size_t most) const;

  const std::string whose_;
  const size_t most_;
  const ErrorCode code_;
  const std::vector<Ptr> above_;
  std::atomic<size_t> held_ = 0;
};

// What one holder has taken from an account; movable. Without an account nothing is counted.
class Charge {
 public:
  Charge() = default;
  explicit Charge(Account::Ptr account) : account_(std::move(account)) {}
  Charge(Charge&& other) noexcept { swap(other); }
  Charge& operator=(Charge&& other) noexcept {
    Charge(std::move(other)).swap(*this);
    return *this;
  }
  ~Charge() { shrink(bytes_); }

  Status grow(size_t bytes);
  Status set(size_t bytes) {
    if (bytes > bytes_) return grow(bytes - bytes_);
    shrink(bytes_ - bytes);
    return {};
  }
  void grow_anyway(size_t bytes) noexcept;
  void shrink(size_t bytes) noexcept;
  void clear() noexcept { shrink(bytes_); }
  // Holds from now on what `other` held, which must be of the same account.
  void absorb(Charge&& other) noexcept {
    if (!account_) account_ = other.account_;
    bytes_ += std::exchange(other.bytes_, 0);
  }

  size_t bytes() const { return bytes_; }
  const Account::Ptr& account() const { return account_; }

 private:
  void swap(Charge& other) noexcept {
    std::swap(account_, other.account_);
    std::swap(bytes_, other.bytes_);
  }

  Account::Ptr account_;
  size_t bytes_ = 0;
};

// The accounts of one server.
class Ledger {
 public:
  struct Limits {
    size_t server = size_t(192) << 20;
    size_t key = size_t(128) << 20;         // of all connections with one key, or of one address
    size_t connection = size_t(112) << 20;  // and so of a request

    // With room for a body of that many bytes and what is made of it: the defaults up to 32 MiB,
    // above that in proportion.
    static Limits for_bodies(size_t bytes);
  };
  explicit Ledger(const Limits& limits);

  // Of a connection from that address, or network (peers.h); empty: from nowhere that has a limit
  // of its own.
  Account::Ptr connection(const std::string& address = {});
  // Of a request on that connection; `key` is the key's name, empty where there are no keys.
  Account::Ptr request(const Account::Ptr& connection, const std::string& key);

  const Account& server() const { return *server_; }
  // More is held than that many sixteenths of what the server may hold, not counting `leaving`.
  bool above(int sixteenths, size_t leaving = 0) const {
    return server_->held() > server_->most() / 16 * size_t(sixteenths) + leaving;
  }
  // From here on those who hold much are cut (Core::relieve()), before the room runs out that is
  // kept for those who hold little.
  static constexpr int kPressed = 12;  // sixteenths
  bool pressed() const { return above(kPressed); }

 private:
  Account::Ptr of_address(const std::string& address);

  const Limits limits_;
  const Account::Ptr server_;
  std::mutex mutex_;
  std::map<std::string, Account::Ptr> keys_;  // of keys that have been used: as many as there are
  std::map<std::string, std::weak_ptr<Account>> addresses_;  // also of some that have gone
  size_t most_addresses_ = 64;  // then those that have gone are taken away
};

}  // namespace tutti
