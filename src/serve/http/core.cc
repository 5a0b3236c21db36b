#include "serve/http/core.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "serve/http/connection.h"

namespace tutti {
namespace {

constexpr size_t kLarge = 256 << 10;
// Sixteenths of what the server may hold. Above Ledger::kPressed, those who hold much are cut;
// above the first of these, whoever holds most, however little that is.
constexpr int kCutAny = 14, kUrgent = 15;
constexpr auto kBetween = std::chrono::milliseconds(20);
// Looking takes a fifth of this thread's time at most. But once a 32nd of the memory has come, it
// is looked anyway: on a slow machine what is kept free would be taken meanwhile.
constexpr int kShareOfTime = 4;
constexpr size_t kGrown = 32;

using Held = std::pair<size_t, std::shared_ptr<Holder>>;

}  // namespace

// A look at everybody: 12,000 connections take about a millisecond.
//
// Rejected: refusing whoever comes next, which lets those stay who have filled the memory.
void Core::relieve() {
  const auto now = Clock::now();
  const Clock::duration spent = kShareOfTime * relief_took,
                        wait = ledger.above(kUrgent) ? spent
                                                     : std::max<Clock::duration>(spent, kBetween);
  const Account& server = ledger.server();
  const bool grown = server.held() > relieved_to + server.most() / kGrown;
  if (!ledger.pressed() || (now < relieved_at + wait && !grown)) return;
  size_t leaving = 0;
  std::vector<Held> all;
  const size_t least = ledger.above(kCutAny) ? 1 : kLarge;
  const auto look = [&](const auto& holders) {
    for (const auto& holder : holders) {
      const size_t held = holder->held();
      if (holder->is_leaving())
        leaving += held;
      else if (held >= least && holder->can_be_cut())
        all.emplace_back(held, holder);
    }
  };
  look(connections);
  look(sockets);
  const auto less = [](const Held& one, const Held& other) { return one.first < other.first; };
  std::make_heap(all.begin(), all.end(), less);
  while (!all.empty()) {
    const auto [held, holder] = all.front();
    if (!ledger.above(held >= kLarge ? Ledger::kPressed : kCutAny, leaving)) break;
    holder->cut();
    if (holder->is_leaving()) leaving += holder->held();
    std::pop_heap(all.begin(), all.end(), less);
    all.pop_back();
  }
  relieved_to = server.held() - std::min(server.held(), leaving);
  relieved_at = Clock::now();
  relief_took = relieved_at - now;
}

}  // namespace tutti
