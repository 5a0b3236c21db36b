#include "serve/http/limits/keys.h"

#include <sodium.h>
#include <sys/stat.h>

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>

#include "base/atomic_file.h"
#include "base/quote.h"

namespace tutti {
namespace {

using Json = nlohmann::ordered_json;

std::string base64_url(const uint8_t* bytes, size_t size) {
  constexpr int variant = sodium_base64_VARIANT_URLSAFE_NO_PADDING;
  std::string text(sodium_base64_encoded_len(size, variant), '\0');
  sodium_bin2base64(text.data(), text.size(), bytes, size, variant);
  text.pop_back();  // the terminating zero
  return text;
}

bool good_name(const std::string& name) {
  return !name.empty() && name.size() <= 64 && std::all_of(name.begin(), name.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '_' || c == '.';
  });
}

// The file is there whole or not at all, and its owner's alone.
Status write_private(const std::string& path, std::string_view text) {
  TUTTI_ASSIGN(AtomicFile file, AtomicFile::create(path, 0600));
  TUTTI_CHECK(file.write(text));
  return file.commit();
}

// Whoever can read the hashes cannot use them; whoever can write them lets themselves in.
Status check_private(const std::string& path) {
  struct stat info = {};
  if (stat(path.c_str(), &info) || !(info.st_mode & 0027)) return {};
  char mode[8];
  std::snprintf(mode, sizeof mode, "%04o", unsigned(info.st_mode & 07777));
  return bad_input("the key file " + path + " is open to others (mode " + mode +
                   "); close it with: chmod 600 " + path);
}

}  // namespace

KeyRing::Hash KeyRing::hash(std::string_view secret) {
  Hash hash;
  crypto_generichash(hash.data(), hash.size(), reinterpret_cast<const uint8_t*>(secret.data()),
                     secret.size(), nullptr, 0);
  return hash;
}

Result<KeyRing> KeyRing::load(const std::string& path, bool or_empty) {
  if (sodium_init() < 0) return failed("libsodium does not start");
  KeyRing ring;
  std::ifstream file(path);
  if (!file) {
    if (or_empty && !std::filesystem::exists(path)) return ring;
    return bad_input("there is no readable key file " + path +
                     "; make one with: tutti serve keys add NAME --keys " + path);
  }
  TUTTI_CHECK(check_private(path));
  std::stringstream text;
  text << file.rdbuf();
  const Json json = Json::parse(text.str(), nullptr, false);
  const auto broken = [&] {
    return bad_input(path + " is not a key file; make one with: tutti serve keys add NAME --keys " +
                     path);
  };
  if (!json.is_object() || !json.contains("keys") || !json["keys"].is_array()) return broken();
  for (const Json& entry : json["keys"]) {
    if (!entry.is_object() || !entry.value("name", Json()).is_string() ||
        !entry.value("blake2b", Json()).is_string())
      return broken();
    Key key{entry["name"], {}};
    const std::string hex = entry["blake2b"];
    size_t size = 0;
    if (!good_name(key.name) ||
        sodium_hex2bin(key.hash.data(), key.hash.size(), hex.data(), hex.size(), nullptr, &size,
                       nullptr) ||
        size != key.hash.size())
      return broken();
    ring.keys_.push_back(key);
  }
  return ring;
}

Status KeyRing::save(const std::string& path) const {
  Json json = {{"keys", Json::array()}};
  for (const Key& key : keys_) {
    char hex[65];
    sodium_bin2hex(hex, sizeof hex, key.hash.data(), key.hash.size());
    json["keys"].push_back({{"name", key.name}, {"blake2b", hex}});
  }
  return write_private(path, json.dump(2) + "\n");
}

Result<std::string> KeyRing::add(const std::string& name) {
  if (sodium_init() < 0) return failed("libsodium does not start");
  if (!good_name(name))
    return usage_error("a key's name is 1 to 64 letters, digits, '-', '_' or '.', not " +
                       quote(name));
  for (const Key& key : keys_)
    if (key.name == name)
      return usage_error("there is a key " + name + " already; remove it first");
  uint8_t random[32];
  randombytes_buf(random, sizeof random);
  const std::string secret = "sk-tutti-" + base64_url(random, sizeof random);
  sodium_memzero(random, sizeof random);
  keys_.push_back({name, hash(secret)});
  return secret;
}

Status KeyRing::remove(const std::string& name) {
  if (std::erase_if(keys_, [&](const Key& key) { return key.name == name; })) return {};
  return usage_error("there is no key " + quote(name));
}

std::vector<std::string> KeyRing::names() const {
  std::vector<std::string> names;
  for (const Key& key : keys_) names.push_back(key.name);
  return names;
}

std::optional<std::string> KeyRing::check(std::string_view secret) const {
  const Hash given = hash(secret);
  std::optional<size_t> found;
  for (size_t i = 0; i < keys_.size(); ++i)
    if (sodium_memcmp(given.data(), keys_[i].hash.data(), given.size()) == 0) found = i;
  if (!found) return std::nullopt;
  return keys_[*found].name;
}

}  // namespace tutti
