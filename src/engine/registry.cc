#include "engine/registry.h"

#include <algorithm>
#include <filesystem>

#include "base/quote.h"
#include "engine/loaded_model.h"
#include "format/package/model_package.h"
#include "format/package/verify_package.h"

namespace tutti {
namespace {

Error no_model(const std::string& name) {
  return {ErrorCode::not_found, "there is no model called " + quote(name, 40)};
}

}  // namespace

std::vector<Registry::StampedFile> Registry::files_of(const std::string& path,
                                                      const ModelPackage& package) {
  std::vector<StampedFile> files = {{path, {}}};
  for (const Manifest::Shard& shard : package.manifest.shards)
    files.push_back({(std::filesystem::path(path).parent_path() / shard.file).string(), {}});
  for (size_t i = 0; i < files.size(); ++i) files[i].stamp = package.file.files()[i].stamp();
  return files;
}

Result<Registry::Entry> Registry::load(const std::string& name, Source source, Hold hold) {
  TUTTI_ASSIGN(const ModelPackage package, ModelPackage::open(source.path, hold));
  if (package.manifest.format >= 2)
    if (const Status whole = verify_package(package); !whole)
      return whole.error().with_context("the model " + source.path);
  auto handle = load_model(package, source.options);
  if (!handle) return handle.error().with_context("the model " + source.path);
  std::vector<StampedFile> files = files_of(source.path, package);
  Entry entry{std::move(source), std::move(files), {}, {}};
  const auto serve = [&](const std::string& as, int adapter) {
    return std::make_shared<const ServedModel>(
        ServedModel{as, {handle->model, adapter}, entry.files.front().stamp.seconds});
  };
  entry.served = serve(name, handle->adapter);
  for (const std::string& adapter : (*handle)->adapters.names())
    entry.adapters.push_back(serve(NamedModel{name, adapter}.name(), int(entry.adapters.size())));
  return entry;
}

// The names of adapters are neither models' nor aliases'.
Status Registry::check_adapters(const Entry& entry, const ModelNames& names) {
  for (const ServedPtr& adapter : entry.adapters)
    if (const Status free = names.check_free(adapter->name); !free)
      return free.error().with_context("an adapter in " + entry.source.path);
  return {};
}

// A copy, for what is written or cut short meanwhile must not end the process. What was written in
// place meanwhile may be of two models: hashes tell where there are some, else when it was written.
Result<Registry::Entry> Registry::load_again(const std::string& name, Source source) {
  TUTTI_ASSIGN(Entry loaded, load(name, std::move(source), Hold::copied));
  for (const auto& [path, stamp] : loaded.files) {
    const FileStamp now = FileStamp::of(path);
    if (now.device == stamp.device && now.inode == stamp.inode && now != stamp)
      return failed("the model " + path +
                    " was written while it was read; put a new file in its place with a rename");
  }
  return loaded;
}

Status Registry::add(const std::string& name, Source source) {
  const std::lock_guard loading(loading_);
  {
    const std::lock_guard lock(mutex_);
    TUTTI_CHECK(names_.check_free(name));
    TUTTI_CHECK(check_no_adapter(name));
  }
  TUTTI_ASSIGN(Entry loaded, load(name, std::move(source)));
  const std::lock_guard lock(mutex_);
  TUTTI_CHECK(check_adapters(loaded, names_));
  entries_.insert_or_assign(name, std::move(loaded));
  return names_.add(name);
}

Status Registry::add_aliases(const std::vector<AliasPair>& pairs) {
  const std::lock_guard loading(loading_);
  const std::lock_guard lock(mutex_);
  ModelNames names = names_;
  TUTTI_CHECK(names.add_aliases(pairs));
  for (const auto& [name, target] : pairs) {
    const NamedModel named = *names.find(name);
    if (!named.adapter.empty())
      TUTTI_CHECK(
          entries_.at(named.model).served->handle->adapters.named(named.adapter, named.model));
    if (name != target) TUTTI_CHECK(check_no_adapter(name));
  }
  names_ = std::move(names);
  return {};
}

ServedPtr Registry::served(const NamedModel& named) const {
  const Entry& entry = entries_.at(named.model);
  if (named.adapter.empty()) return entry.served;
  const int index = entry.served->handle->adapters.find(named.adapter);
  return index < 0 ? nullptr : entry.adapters[size_t(index)];
}

Status Registry::check_no_adapter(const std::string& name) const {
  const auto named = names_.find(name);
  if (!named || named->name() != name || named->adapter.empty() || !served(*named)) return {};
  return usage_error(name + " is the model " + named->model + " with its adapter " +
                     named->adapter + "; choose another name");
}

ServedPtr Registry::find(const std::string& name) const {
  const std::lock_guard lock(mutex_);
  if (names_.models().empty()) return nullptr;
  if (name.empty()) return entries_.at(names_.models().front()).served;
  const auto named = names_.find(name);
  return named ? served(*named) : nullptr;
}

Result<bool> Registry::reload(const std::string& name) {
  const std::lock_guard loading(loading_);
  Source source;
  {
    const std::lock_guard lock(mutex_);
    const auto current = entries_.find(name);
    if (current == entries_.end()) return no_model(name);
    source = current->second.source;
    const auto& files = current->second.files;
    if (std::none_of(files.begin(), files.end(), [](const auto& file) { return file.changed(); }))
      return false;
  }
  TUTTI_ASSIGN(Entry loaded, load_again(name, std::move(source)));
  {
    const std::lock_guard lock(mutex_);
    TUTTI_CHECK(check_adapters(loaded, names_));
    std::swap(entries_.at(name), loaded);  // it is there: whoever removes it holds loading_
  }
  return true;  // the previous model goes without a lock, unless somebody holds it
}

Status Registry::remove(const std::string& name) {
  const std::lock_guard loading(loading_);
  std::map<std::string, Entry>::node_type removed;
  const std::lock_guard lock(mutex_);
  if (!entries_.contains(name)) return no_model(name);
  if (entries_.size() == 1)
    return usage_error(name + " is the only model; add another one before it goes");
  names_.remove(name);
  removed = entries_.extract(name);
  return {};
}

std::vector<Registry::Card> Registry::list() const {
  const std::lock_guard lock(mutex_);
  std::vector<Card> cards;
  for (const std::string& name : names_.models()) {
    const Entry& entry = entries_.at(name);
    cards.push_back({name, {}, {}, entry.served->written});
    for (const ServedPtr& adapter : entry.adapters)
      cards.push_back({adapter->name, {}, name, adapter->written});
  }
  for (const auto& [name, named] : names_.aliases())
    if (const ServedPtr model = served(named))
      cards.push_back({name, model->name, {}, model->written});
  return cards;
}

std::string Registry::default_name() const {
  const ServedPtr first = find();
  return first ? first->name : std::string();
}

std::string Registry::names(size_t most) const {
  std::string all;
  const std::vector<Card> cards = list();
  for (size_t i = 0; i < std::min(most, cards.size()); ++i) all += (i ? ", " : "") + cards[i].name;
  if (cards.size() > most) all += " and " + std::to_string(cards.size() - most) + " more";
  return all;
}

}  // namespace tutti
