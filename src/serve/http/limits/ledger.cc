#include "serve/http/limits/ledger.h"

#include <algorithm>

namespace tutti {
namespace {

constexpr size_t kLittle = 64 << 10, kVeryLittle = 16 << 10;  // see ledger.h

std::string in_kib(size_t bytes) {
  return std::to_string((bytes + 1023) / 1024) + " KiB";
}

}  // namespace

// The server's account, the keys' and the addresses' have none above them.
size_t Account::most_for(size_t holder) const {
  if (!above_.empty() || holder <= kVeryLittle) return most_;
  return holder <= kLittle ? most_ / 16 * 15 : most_ / 16 * 14;
}

Error Account::refusal(size_t bytes, size_t most) const {
  return {code_, whose_ + " holds " + in_kib(held_) + " and may hold " + in_kib(most) + ", so " +
                     in_kib(bytes) + " more are refused; " +
                     (code_ == ErrorCode::busy ? "try again when others have ended" : "send less")};
}

Status Account::take(size_t bytes, size_t holder) {
  const size_t most = most_for(holder);
  size_t held = held_;
  do {
    if (bytes > most || held > most - bytes) return refusal(bytes, most);
  } while (!held_.compare_exchange_weak(held, held + bytes));
  for (size_t i = 0; i < above_.size(); ++i)
    if (Status status = above_[i]->take(bytes, held + bytes); !status) {
      held_ -= bytes;
      while (i-- > 0) above_[i]->give_back(bytes);
      return status;
    }
  return {};
}

void Account::take_anyway(size_t bytes) noexcept {
  held_ += bytes;
  for (const Ptr& account : above_) account->take_anyway(bytes);
}

void Account::give_back(size_t bytes) noexcept {
  held_ -= bytes;
  for (const Ptr& account : above_) account->give_back(bytes);
}

Status Charge::grow(size_t bytes) {
  if (account_) TUTTI_CHECK(account_->take(bytes));
  bytes_ += bytes;
  return {};
}

void Charge::grow_anyway(size_t bytes) noexcept {
  if (account_) account_->take_anyway(bytes);
  bytes_ += bytes;
}

void Charge::shrink(size_t bytes) noexcept {
  if (bytes > bytes_) bytes = bytes_;
  if (account_) account_->give_back(bytes);
  bytes_ -= bytes;
}

Ledger::Limits Ledger::Limits::for_bodies(size_t bytes) {
  constexpr size_t mebibyte = size_t(1) << 20;
  const size_t unit = std::max(mebibyte, (bytes + 31) / 32);
  const Limits usual;
  return {usual.server / mebibyte * unit, usual.key / mebibyte * unit,
          usual.connection / mebibyte * unit};
}

Ledger::Ledger(const Limits& limits)
    : limits_(limits),
      server_(std::make_shared<Account>("the server", limits.server, ErrorCode::busy)) {}

Account::Ptr Ledger::connection(const std::string& address) {
  std::vector<Account::Ptr> above;
  if (!address.empty()) above.push_back(of_address(address));
  above.push_back(server_);
  return std::make_shared<Account>("this connection", limits_.connection, ErrorCode::too_large,
                                   std::move(above));
}

// Kept by those who hold it, as what was charged by a connection may outlive it.
Account::Ptr Ledger::of_address(const std::string& address) {
  const std::lock_guard lock(mutex_);
  if (addresses_.size() >= most_addresses_) {
    std::erase_if(addresses_, [](const auto& one) { return one.second.expired(); });
    most_addresses_ = 2 * addresses_.size() + 64;
  }
  std::weak_ptr<Account>& kept = addresses_[address];
  Account::Ptr account = kept.lock();
  if (!account)
    kept = account =
        std::make_shared<Account>("the address " + address, limits_.key, ErrorCode::busy);
  return account;
}

Account::Ptr Ledger::request(const Account::Ptr& connection, const std::string& key) {
  if (key.empty()) return connection;
  const std::lock_guard lock(mutex_);
  Account::Ptr& of_key = keys_[key];
  if (!of_key) of_key = std::make_shared<Account>("the key " + key, limits_.key, ErrorCode::busy);
  return std::make_shared<Account>("this request", limits_.connection, ErrorCode::too_large,
                                   std::vector{connection, of_key});
}

}  // namespace tutti
