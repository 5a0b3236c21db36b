#include "format/package/manifest.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <set>

#include "base/hex.h"
#include "base/quote.h"
#include "base/read_object.h"
#include "base/short_number.h"
#include "format/package/shard_files.h"

namespace tutti {
namespace {

using Json = nlohmann::json;  // sorted: ordered_json looks through all keys for each

constexpr size_t kMostRequired = 1'000;
constexpr size_t kMostAdapters = 10'000;
constexpr double kLargestScale = 1e6;  // of an adapter; usual are 0.1 to 100
// A model of 100,000 tensors takes 10 MB. Its tensors are one object.
constexpr size_t kLargestManifest = 32 << 20;
constexpr JsonLimits kLimits = {.deepest = 64, .most_keys = 500'000, .most_values = 500'000};

constexpr std::array kKnown = {"format",  "min_reader", "requires", "spec",  "tokenizer",
                               "tensors", "shards",     "adapters", "prior", "signature"};
constexpr double kLargestPriorWeight = 100;  // and bonus; usual are 0.3 to 2
// What a file may require of its reader. Adapters need none: a request without one is as before.
constexpr std::array kSupported = {"shards"};

bool is_one_of(std::string_view key, const auto& list) {
  return std::find(list.begin(), list.end(), key) != list.end();
}

// One object of the manifest; the first thing wrong with it stays.
class Reader {
 public:
  Reader(const Json& object, std::string name) : object_(object), name_(std::move(name)) {
    if (!object_.is_object()) fail("is not an object");
  }

  std::string text(const char* key) {
    const Json* value = find(key);
    if (value && value->is_string() && !value->get_ref<const std::string&>().empty())
      return value->get<std::string>();
    fail(std::string("lacks the text ") + key);
    return {};
  }
  std::string hash(const char* key) {
    std::string digits = text(key);
    if (!is_hash(digits)) fail(std::string("has no SHA-256 of 64 digits under ") + key);
    return digits;
  }
  uint64_t whole(const char* key) {
    const Json* value = find(key);
    if (value && value->is_number_unsigned()) return value->get<uint64_t>();
    fail(std::string("lacks the whole number ") + key);
    return 0;
  }
  double number(const char* key) {
    const Json* value = find(key);
    if (value && value->is_number() && std::isfinite(value->get<double>()))
      return value->get<double>();
    fail(std::string("lacks the number ") + key);
    return 0;
  }
  const Json& list(const char* key, size_t most) {
    static const Json none = Json::array();
    const Json* value = find(key);
    if (!value) return none;
    if (value->is_array() && value->size() <= most) return *value;
    fail(std::string("has something else than a list of at most ") + std::to_string(most) +
         " entries under " + key);
    return none;
  }
  const Json* find(const char* key) const {
    if (!object_.is_object()) return nullptr;
    const auto it = object_.find(key);
    return it == object_.end() ? nullptr : &*it;
  }
  void fail(const std::string& what) {
    if (status_) status_ = bad_input(name_ + ' ' + what);
  }
  Status status() const { return status_; }

  static bool is_hash(std::string_view text) {
    return text.size() == 64 && text.find_first_not_of(kHexDigits) == text.npos;
  }

 private:
  const Json& object_;
  const std::string name_;
  Status status_;
};

Status read_shards(Reader& top, Manifest& manifest) {
  std::set<std::string> names;
  for (const Json& entry : top.list("shards", kMostShards)) {
    Reader reader(entry, "a shard of the manifest");
    Manifest::Shard shard{reader.text("file"), reader.whole("bytes"), reader.hash("sha256")};
    TUTTI_CHECK(reader.status());
    if (!is_plain_name(shard.file))
      return bad_input("the shard " + quote(shard.file) +
                       " is not a plain name; shards lie beside the model file");
    if (!names.insert(shard.file).second)
      return bad_input("the shard " + quote(shard.file) + " is listed twice");
    manifest.shards.push_back(std::move(shard));
  }
  return {};
}

Status read_adapters(Reader& top, Manifest& manifest) {
  for (const Json& entry : top.list("adapters", kMostAdapters)) {
    Reader reader(entry, "an adapter of the manifest");
    manifest.adapters.push_back({reader.text("name"), reader.text("target"), reader.text("down"),
                                 reader.text("up"), reader.number("scale")});
    TUTTI_CHECK(reader.status());
    const Manifest::Adapter& adapter = manifest.adapters.back();
    if (std::abs(adapter.scale) > kLargestScale)
      return bad_input("the adapter " + quote(adapter.name, 40) + " has the scale " +
                       short_number(adapter.scale) + "; at most " + short_number(kLargestScale) +
                       " makes sense, so save it again");
  }
  return {};
}

Status read_prior(const Reader& top, Manifest& manifest) {
  const Json* object = top.find("prior");
  if (!object) return {};
  Reader reader(*object, "the manifest's prior");
  Manifest::Prior& prior = manifest.prior;
  prior.weight = reader.number("weight");
  prior.bonus = reader.number("bonus");
  for (const Json& entry : reader.list("ngrams", kMostPriorTables)) {
    Reader table(entry, "a table of the manifest's prior");
    prior.tables.push_back({table.text("name"), table.text("tensor")});
    TUTTI_CHECK(table.status());
  }
  if (prior.tables.empty()) reader.fail("lists no tables under ngrams");
  if (!(prior.weight >= 0 && std::max(prior.weight, std::abs(prior.bonus)) <= kLargestPriorWeight))
    reader.fail("has the weight " + short_number(prior.weight) + " and the bonus " +
                short_number(prior.bonus) + "; at most " + short_number(kLargestPriorWeight) +
                " makes sense");
  return reader.status();
}

Status read_tensors(const Reader& top, Manifest& manifest) {
  const Json* tensors = top.find("tensors");
  if (!tensors || !tensors->is_object())
    return bad_input("the manifest lacks the object tensors, a SHA-256 for each name");
  for (const auto& [name, hash] : tensors->items()) {
    if (!hash.is_string() || !Reader::is_hash(hash.get_ref<const std::string&>()))
      return bad_input("the manifest has no SHA-256 of 64 digits for the tensor " + quote(name));
    manifest.tensors.emplace(name, hash.get<std::string>());
  }
  return {};
}

// Before anything else is looked at: of a newer file nothing else need make sense to us.
Status check_reader(Reader& top, Manifest& manifest) {
  const uint64_t format = top.whole("format"), needed = top.whole("min_reader");
  TUTTI_CHECK(top.status());
  if (needed > uint64_t(kReader))
    return bad_input("it was written for reader " + std::to_string(needed) + "; this is reader " +
                     std::to_string(kReader) + "; update tutti");
  if (format < 2) return bad_input("its manifest claims format " + std::to_string(format));
  for (const Json& part : top.list("requires", kMostRequired)) {
    if (!part.is_string()) return bad_input("the manifest requires something that is not a text");
    const auto& name = part.get_ref<const std::string&>();
    if (!is_one_of(name, kSupported))
      return bad_input("it requires " + quote(name) +
                       " of its reader, which this version of tutti lacks; update tutti");
    manifest.required.push_back(name);
  }
  manifest.format = int(std::min<uint64_t>(format, 1 << 30));
  manifest.min_reader = int(needed);
  return top.status();
}

std::string unknown_of(const Json& all) {
  Json unknown = Json::object();
  for (const auto& [key, value] : all.items())
    if (!is_one_of(key, kKnown)) unknown[key] = value;
  return unknown.dump();
}

}  // namespace

Result<Json> read_manifest_json(std::string_view text, const std::string& name) {
  return read_object(text, name, kLargestManifest, kLimits);
}

Result<Manifest> parse_manifest(std::string_view text) {
  TUTTI_ASSIGN(const Json all, read_manifest_json(text, "the manifest"));
  Reader top(all, "the manifest");
  Manifest manifest;
  TUTTI_CHECK(check_reader(top, manifest));
  const Json* spec = top.find("spec");
  if (!spec || !spec->is_object()) return bad_input("the manifest lacks the object spec");
  manifest.spec_json = spec->dump();
  const Json* tokenizer = top.find("tokenizer");
  if (!tokenizer) return bad_input("the manifest lacks the object tokenizer");
  Reader reader(*tokenizer, "the manifest's tokenizer");
  manifest.tokenizer = {reader.text("kind"), reader.text("tensor")};
  TUTTI_CHECK(reader.status());
  TUTTI_CHECK(read_tensors(top, manifest));
  TUTTI_CHECK(read_shards(top, manifest));
  TUTTI_CHECK(read_adapters(top, manifest));
  TUTTI_CHECK(read_prior(top, manifest));
  if (const Json* signature = top.find("signature")) {
    Reader signed_by(*signature, "the manifest's signature");
    manifest.signature = {signed_by.text("algorithm"), signed_by.text("key_id"),
                          signed_by.text("value")};
    TUTTI_CHECK(signed_by.status());
  }
  TUTTI_CHECK(top.status());
  manifest.unknown_json = unknown_of(all);
  return manifest;
}

std::string manifest_json(const Manifest& manifest) {
  Json all = {
      {"format", manifest.format},
      {"min_reader", manifest.min_reader},
      {"requires", manifest.required},
      {"spec", Json::parse(manifest.spec_json)},
      {"tokenizer", {{"kind", manifest.tokenizer.kind}, {"tensor", manifest.tokenizer.tensor}}}};
  Json& tensors = all["tensors"] = Json::object();
  for (const auto& [name, hash] : manifest.tensors) tensors[name] = hash;
  for (const Manifest::Shard& shard : manifest.shards)
    all["shards"].push_back(
        {{"file", shard.file}, {"bytes", shard.bytes}, {"sha256", shard.sha256}});
  for (const Manifest::Adapter& adapter : manifest.adapters)
    all["adapters"].push_back({{"name", adapter.name},
                               {"target", adapter.target},
                               {"down", adapter.down},
                               {"up", adapter.up},
                               {"scale", adapter.scale}});
  if (const Manifest::Prior& prior = manifest.prior; !prior.tables.empty()) {
    Json& tables = (all["prior"] = {{"weight", prior.weight}, {"bonus", prior.bonus}})["ngrams"];
    for (const Manifest::Prior::Table& table : prior.tables)
      tables.push_back({{"name", table.name}, {"tensor", table.tensor}});
  }
  if (const auto& by = manifest.signature)
    all["signature"] = {{"algorithm", by->algorithm}, {"key_id", by->key_id}, {"value", by->value}};
  const Json unknown = Json::parse(manifest.unknown_json);
  for (const auto& [key, value] : unknown.items()) all[key] = value;
  return all.dump();
}

}  // namespace tutti
