#include "serve/http/ledger.h"

namespace tutti {
namespace {

std::string in_kib(size_t bytes) {
  return std::to_string((bytes + 1023) / 1024) + " KiB";
}

}  // namespace

Error Account::refusal(size_t bytes) const {
  return {code_, whose_ + " holds " + in_kib(held_) + " and may hold " + in_kib(most_) + ", so " +
                     in_kib(bytes) + " more are refused; " +
                     (code_ == ErrorCode::busy ? "try again when others have ended" : "send less")};
}

Status Account::take(size_t bytes) {
  size_t held = held_;
  do {
    if (bytes > most_ || held > most_ - bytes) return refusal(bytes);
  } while (!held_.compare_exchange_weak(held, held + bytes));
  for (size_t i = 0; i < above_.size(); ++i)
    if (Status status = above_[i]->take(bytes); !status) {
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

Ledger::Ledger(const Limits& limits)
    : limits_(limits),
      server_(std::make_shared<Account>("the server", limits.server, ErrorCode::busy)) {}

Account::Ptr Ledger::connection() const {
  return std::make_shared<Account>("this connection", limits_.connection, ErrorCode::too_large,
                                   std::vector{server_});
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
