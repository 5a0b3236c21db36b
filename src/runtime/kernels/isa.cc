#include "runtime/kernels/isa.h"

#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <iterator>

#include "base/joined.h"
#include "runtime/kernels/kernel.h"
#include "runtime/kernels/product.h"

namespace tutti {
namespace {

using Find = const KernelTable* (*)();
struct Known {
  const char* name;
  Find find;  // nullptr: of another architecture
};

// In ascending order of speed.
constexpr Known kKnown[] = {
    {"scalar", scalar_kernels},
#if defined(__x86_64__)
    {"avx2", avx2_kernels},     {"avxvnni", avxvnni_kernels}, {"avx512vnni", avx512vnni_kernels},
    {"neon", nullptr},
#elif defined(__aarch64__)
    {"neon", neon_kernels},     {"avx2", nullptr}, {"avxvnni", nullptr}, {"avx512vnni", nullptr},
#endif
};

const KernelTable* best() {
  const KernelTable* found = nullptr;
  for (const Known& known : kKnown)
    if (const KernelTable* table = known.find ? known.find() : nullptr) found = table;
  return found;
}

std::atomic<const KernelTable*>& active() {
  static std::atomic<const KernelTable*> table = best();
  return table;
}

}  // namespace

std::vector<std::string> available_isas() {
  std::vector<std::string> names;
  for (const Known& known : kKnown)
    if (known.find && known.find()) names.push_back(known.name);
  return names;
}

const KernelTable* find_kernels(std::string_view name) {
  for (const Known& known : kKnown)
    if (known.name == name) return known.find ? known.find() : nullptr;
  return nullptr;
}

Status use_isa(std::string_view name) {
  const KernelTable* table = name.empty() ? best() : find_kernels(name);
  if (table) {
    active() = table;
    return {};
  }
  const bool exists = std::any_of(std::begin(kKnown), std::end(kKnown),
                                  [&](const Known& known) { return known.name == name; });
  return usage_error("the instruction set " + std::string(name) +
                     (exists ? " is not available here"
                             : " is unknown (known: " + joined(kKnown, &Known::name) + ")") +
                     "; this machine can use: " + joined(available_isas()));
}

Status select_isa() {
  const char* wanted = std::getenv("TUTTI_ISA");
  Status status = use_isa(wanted ? wanted : "");
  if (!status) return status.error().with_context("TUTTI_ISA");
  return {};
}

const char* isa_name() {
  return active_kernels().name;
}

const KernelTable& active_kernels() {
  return *active().load(std::memory_order_relaxed);
}

int vector_lanes() {
  return active_kernels().lanes;
}

}  // namespace tutti
