// What `tutti serve` needs for the page: where conversations are kept, and opening a browser.
#pragma once

#include <CLI/CLI.hpp>
#include <optional>
#include <string>

#include "base/result.h"
#include "serve/store/store.h"

namespace tutti {

struct StudioOptions {
  std::string store_file;  // empty: conversations.sqlite3 in the user's data folder
  StoreOptions store;
  bool without_store = false, without_studio = false, open = false;
};

void add_studio_options(CLI::App& verb, StudioOptions& options);

// Nothing where nothing is to be kept. `owners`: how many keys there are; unless the command line
// says otherwise each has an equal share, so that none can fill the store of the others.
Result<std::optional<Store>> open_store(const StudioOptions& options, size_t owners);

// Asks the desktop to show the page; where there is none, nothing happens.
void open_browser(const std::string& address);

}  // namespace tutti
