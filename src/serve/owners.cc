#include "serve/owners.h"

#include <algorithm>

namespace tutti {
namespace {

constexpr size_t kMostRemembered = 4096;  // owners without a job

}  // namespace

double Owners::least_served() const {
  double least = -1;
  for (const auto& [name, owner] : owners_)
    if (owner.jobs > 0 && (least < 0 || owner.served < least)) least = owner.served;
  return std::max(least, 0.0);
}

Owner& Owners::enter(const std::string& name) {
  const double least = least_served();
  if (owners_.size() > kMostRemembered) forget();
  Owner& owner = owners_[name];
  if (owner.jobs == 0) owner.served = std::clamp(owner.served, least, least + kMostDebt);
  ++owner.jobs;
  ++jobs_;
  return owner;
}

void Owners::leave(Owner& owner) {
  --owner.jobs;
  if (--jobs_ == 0) forget();
}

int Owners::waiting(const std::string& name) const {
  const auto found = owners_.find(name);
  return found == owners_.end() ? 0 : found->second.waiting;
}

void Owners::forget() {
  std::erase_if(owners_, [](const auto& entry) { return entry.second.jobs == 0; });
}

}  // namespace tutti
