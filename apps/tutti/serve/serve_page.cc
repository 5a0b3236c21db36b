#include "serve_page.h"

#include <fcntl.h>
#include <spawn.h>

#include <csignal>
#include <cstdlib>
#include <filesystem>

#include "../command/values.h"

extern char** environ;

namespace tutti {
namespace {

namespace fs = std::filesystem;

// As the XDG base directory specification has it: $XDG_DATA_HOME, else ~/.local/share.
Result<std::string> default_store_file() {
  const char* data = std::getenv("XDG_DATA_HOME");
  const char* home = std::getenv("HOME");
  fs::path folder;
  if (data && *data == '/')
    folder = data;
  else if (home && *home == '/')
    folder = fs::path(home) / ".local" / "share";
  else
    return usage_error(
        "neither HOME nor XDG_DATA_HOME is set; say where conversations are kept with --store "
        "FILE, or --no-store");
  folder /= "tutti";
  std::error_code error;
  fs::create_directories(folder, error);
  if (error)
    return failed("cannot make " + folder.string() + " (" + error.message() +
                  "); choose a place with --store FILE, or --no-store");
  return (folder / "conversations.sqlite3").string();
}

}  // namespace

void add_studio_options(CLI::App& verb, StudioOptions& options) {
  CLI::Option* store = verb.add_option(
      "--store", options.store_file,
      "SQLite file that keeps the studio's conversations (default: in the user's data folder)");
  store->type_name("FILE");
  CLI::Option* limit =
      verb.add_option("--store-limit", options.store.most_bytes,
                      "most bytes in the store; beyond them status 507 (default 4 GiB)");
  limit->check(whole(uint64_t(1) << 20, uint64_t(1) << 46));
  CLI::Option* share = verb.add_option("--store-share", options.store.most_bytes_each,
                                       "most bytes in the store per key (default: equal shares)");
  share->check(whole(uint64_t(1) << 16, uint64_t(1) << 46));
  verb.add_flag("--no-store", options.without_store, "keep no conversations")
      ->excludes(store)
      ->excludes(limit)
      ->excludes(share);
  CLI::Option* open = verb.add_flag("--open", options.open, "show the page in a browser");
  verb.add_flag("--no-studio", options.without_studio, "the API alone, no page")->excludes(open);
}

Result<std::optional<Store>> open_store(const StudioOptions& options, size_t owners) {
  if (options.without_store) return std::optional<Store>();
  std::string file = options.store_file;
  if (file.empty()) {
    TUTTI_ASSIGN(file, default_store_file());
  }
  StoreOptions limits = options.store;
  if (limits.most_bytes_each > limits.most_bytes)
    return usage_error("--store-share is " + std::to_string(limits.most_bytes_each) +
                       ", more than the " + std::to_string(limits.most_bytes) +
                       " of --store-limit; give less, or a higher --store-limit");
  if (limits.most_bytes_each == 0)
    limits.most_bytes_each = limits.most_bytes / std::max<size_t>(1, owners);
  TUTTI_ASSIGN(Store store, Store::open(file, limits));
  return std::optional<Store>(std::move(store));
}

void open_browser(const std::string& address) {
  std::string program = "xdg-open", argument = address;
  char* arguments[] = {program.data(), argument.data(), nullptr};
  posix_spawn_file_actions_t quiet;
  posix_spawn_file_actions_init(&quiet);
  for (const int output : {STDOUT_FILENO, STDERR_FILENO})
    posix_spawn_file_actions_addopen(&quiet, output, "/dev/null", O_WRONLY, 0);
  // The server's threads block signals; the browser should not.
  posix_spawnattr_t plain;
  posix_spawnattr_init(&plain);
  sigset_t none;
  sigemptyset(&none);
  posix_spawnattr_setsigmask(&plain, &none);
  sigset_t pipe;
  sigemptyset(&pipe);
  sigaddset(&pipe, SIGPIPE);
  posix_spawnattr_setsigdefault(&plain, &pipe);
  posix_spawnattr_setflags(&plain, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
  pid_t child = 0;
  (void)posix_spawnp(&child, program.c_str(), &quiet, &plain, arguments, environ);
  posix_spawnattr_destroy(&plain);
  posix_spawn_file_actions_destroy(&quiet);
}

}  // namespace tutti
