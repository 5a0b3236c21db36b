// Models by name: loads them, gives their names to newer files while they are in use, and takes
// them away.
//
//   Registry registry;
//   TUTTI_CHECK(registry.add("nano", {"models/tutti-nano.safetensors", {}}));
//   TUTTI_CHECK(registry.add_aliases({{"fast", "nano"}}));
//   const ServedPtr served = registry.find("fast");   // stays what it is for as long as it is held
//   registry.find("nano:pirate");                     // the same model with an adapter of its file
//   TUTTI_ASSIGN(bool swapped, registry.reload("nano"));   // the file has changed
//
// Thread-safety: everything may be called from any thread. Loading takes its time without holding
// others up: find() gives the previous model until the next one is complete. What fails to load
// changes nothing. A model's memory is freed when the last who holds it lets go.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "engine/engine.h"
#include "engine/model_names.h"
#include "format/mapped_file.h"

namespace tutti {

// A model under its name, or one with an adapter as MODEL:ADAPTER. Never changes.
struct ServedModel {
  std::string name;
  ModelHandle handle;
  int64_t written = 0;  // when its file was, Unix time
};
using ServedPtr = std::shared_ptr<const ServedModel>;

class Registry {
 public:
  struct Source {
    std::string path;
    EngineOptions options;
  };

  // usage_error where the name, or one of its adapters', cannot be one or is taken; else what is
  // wrong with the file.
  Status add(const std::string& name, Source source);
  // As ModelNames has it; usage_error too for an adapter that the model does not have.
  Status add_aliases(const std::vector<AliasPair>& pairs);

  // The model, with an adapter or without, of that name or alias; of an empty one the first that
  // was added. nullptr: none.
  ServedPtr find(const std::string& name = {}) const;

  // Reads the model's file again, where it or a shard is not the one that was read before, and lets
  // the new model have the name: true. False where all are the same. not_found without such a
  // model.
  Result<bool> reload(const std::string& name);
  // Takes away a model and its aliases. not_found without it; usage_error for the only one.
  Status remove(const std::string& name);

  // Models in the order in which they were added, each before its adapters, then aliases by name.
  // Of the models' present files: an alias whose adapter is in none is not among them.
  struct Card {
    std::string name, alias_of, adapter_of;  // both empty: a model
    int64_t written = 0;
  };
  std::vector<Card> list() const;
  std::string default_name() const;
  // "a, b, c": what may be asked for, at most `most` of them.
  std::string names(size_t most = 20) const;

 private:
  struct StampedFile {
    std::string path;
    FileStamp stamp;
    bool changed() const { return FileStamp::of(path) != stamp; }
  };
  struct Entry {
    Source source;
    std::vector<StampedFile> files;  // the model's, then its shards
    ServedPtr served;
    std::vector<ServedPtr> adapters;  // in the model's order
  };

  // As they were when they were opened: one that changes while it is read is read again next time.
  static std::vector<StampedFile> files_of(const std::string& path, const ModelPackage& package);
  static Result<Entry> load(const std::string& name, Source source, Hold hold = Hold::mapped);
  static Result<Entry> load_again(const std::string& name, Source source);
  static Status check_adapters(const Entry& entry, const ModelNames& names);
  // With mutex_ held.
  ServedPtr served(const NamedModel& named) const;
  Status check_no_adapter(const std::string& name) const;

  std::mutex loading_;        // one model at a time; taken before the other
  mutable std::mutex mutex_;  // of what follows; held for look-ups alone
  ModelNames names_;
  std::map<std::string, Entry> entries_;  // of each model
};

}  // namespace tutti
