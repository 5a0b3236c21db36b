#include "serve/http/core.h"

#include "serve/http/connection.h"

namespace tutti {
namespace {

constexpr size_t kLittle = 256 << 10;  // who holds less is not what fills the memory
constexpr auto kBetween = std::chrono::milliseconds(20);
constexpr int kMostCuts = 16;  // at a time

}  // namespace

// Rejected: refusing whoever comes next, which lets those stay who have filled the memory.
void Core::relieve() {
  const auto now = Clock::now();
  if (!ledger.pressed() || now < relieved_at + kBetween) return;
  relieved_at = now;
  for (int i = 0; i < kMostCuts; ++i) {
    size_t leaving = 0, most = kLittle;
    std::shared_ptr<Holder> largest;
    const auto look = [&](const auto& holders) {
      for (const auto& holder : holders) {
        const size_t held = holder->held();
        if (holder->is_leaving()) {
          leaving += held;
        } else if (held > most && holder->can_be_cut()) {
          most = held;
          largest = holder;
        }
      }
    };
    look(connections);
    look(sockets);
    if (!largest || !ledger.pressed(leaving)) return;
    largest->cut();
  }
}

}  // namespace tutti
