#include "serve_models.h"

#include <filesystem>

#include "../command/values.h"
#include "base/quote.h"

namespace tutti {
namespace {

namespace fs = std::filesystem;

struct NamedFile {
  std::string name, path;
};

// "NAME=FILE", or a file that is there, whatever is in its name.
Result<NamedFile> read_model(const std::string& given) {
  std::error_code problem;
  const size_t equals = given.find('=');
  if (equals == given.npos || fs::exists(given, problem)) {
    TUTTI_ASSIGN(const std::string path, find_model(given));
    return NamedFile{fs::path(path).stem().string(), path};
  }
  const std::string file = given.substr(equals + 1);
  if (file.empty())
    return usage_error("--model " + quote(given) + " names no file; write NAME=FILE");
  TUTTI_ASSIGN(const std::string path, find_model(file));
  return NamedFile{given.substr(0, equals), path};
}

Result<AliasPair> read_alias(const std::string& given, const std::string& model) {
  const size_t equals = given.rfind('=');
  if (equals == given.npos || equals == 0 || equals + 1 == given.size())
    return usage_error("--alias is NAME=MODEL, e.g. gpt-4o=" + model + ", not " + quote(given));
  return AliasPair(given.substr(0, equals), given.substr(equals + 1));
}

}  // namespace

void ServeModels::add_options(CLI::App& verb) {
  verb.add_option(
          "-m,--model", models,
          kModelHelp +
              ", or NAME=FILE; the first also answers pictures, mattes and realtime sessions that "
              "name no model")
      ->type_name("FILE");
  verb.add_option("--threads", threads, "0, the default: one per core")->check(whole(0, 1024));
  add_dtype_option(verb, dtype);
  verb.add_option("--alias", aliases,
                  "another name for a model, NAME=MODEL or NAME=MODEL:ADAPTER, e.g. "
                  "gpt-4o=tutti-nano")
      ->type_name("NAME=MODEL");
}

Status ServeModels::load(Registry& registry) const {
  const std::vector<std::string> one = {""};
  std::vector<NamedFile> files;
  ModelNames names;
  for (const std::string& given : models.empty() ? one : models) {
    TUTTI_ASSIGN(files.emplace_back(), read_model(given));
    if (const Status status = names.add(files.back().name); !status)
      return usage_error("--model " + quote(given) + ": " + status.error().message() +
                         ": --model NAME=FILE");
  }
  std::vector<AliasPair> pairs;
  for (const std::string& given : aliases) {
    TUTTI_ASSIGN(pairs.emplace_back(), read_alias(given, files.front().name));
  }
  if (const Status status = names.add_aliases(pairs); !status)
    return status.error().with_context("--alias");
  const EngineOptions options{.threads = threads, .dtype = dtype_named(dtype)};
  for (const NamedFile& file : files) TUTTI_CHECK(registry.add(file.name, {file.path, options}));
  if (const Status status = registry.add_aliases(pairs); !status)
    return status.error().with_context("--alias");
  return {};
}

}  // namespace tutti
