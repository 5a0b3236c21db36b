// Bearer keys, kept as hashes.
//
//   TUTTI_ASSIGN(KeyRing keys, KeyRing::load("keys.json"));
//   const std::string secret = keys.add("alice");      // shown once, never stored
//   TUTTI_CHECK(keys.save("keys.json"));
//   std::optional<std::string> user = keys.check(secret);   // "alice"
//
// A key is 32 random bytes, so a plain BLAKE2b hash (libsodium) cannot be searched for it; slow
// password hashes are for secrets that people invent. check() compares with every hash in constant
// time. The file is JSON, readable by its owner alone.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace tutti {

class KeyRing {
 public:
  // bad_input: there is no such file (unless `or_empty`), others can read it or its group can write
  // it, or it is no key file.
  static Result<KeyRing> load(const std::string& path, bool or_empty = false);
  Status save(const std::string& path) const;

  // Names are 1 to 64 letters, digits, '-', '_', '.', and unique.
  Result<std::string> add(const std::string& name);
  Status remove(const std::string& name);
  std::vector<std::string> names() const;
  bool empty() const { return keys_.empty(); }

  // Whose key it is; nothing for a wrong one.
  std::optional<std::string> check(std::string_view secret) const;

 private:
  using Hash = std::array<uint8_t, 32>;
  struct Key {
    std::string name;
    Hash hash;
  };
  static Hash hash(std::string_view secret);

  std::vector<Key> keys_;
};

}  // namespace tutti
