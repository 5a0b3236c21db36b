#include "models.h"

#include <cstdlib>
#include <filesystem>
#include <map>

#include "values.h"

namespace tutti {

using Dtype = EngineOptions::Dtype;

namespace fs = std::filesystem;

namespace {

constexpr const char* kDefaultModel = "models/tutti-nano.safetensors";

// What is there and may not be looked at is not missing: opening it says what is wrong.
bool is_missing(const std::string& file) {
  std::error_code problem;
  return fs::status(file, problem).type() == fs::file_type::not_found;
}

}  // namespace

std::string program_folder() {
  std::error_code problem;
  return fs::read_symlink("/proc/self/exe", problem).parent_path().string();
}

std::vector<std::string> model_candidates() {
  std::vector<std::string> places;
  // A variable that is set is an order, not a hint: nothing else is tried.
  if (const char* named = std::getenv("TUTTI_MODEL"); named && *named) return {named};
  places.push_back(kDefaultModel);
  const fs::path folder = program_folder();
  for (fs::path up = folder; up.has_relative_path(); up = up.parent_path())
    places.push_back((up / kDefaultModel).string());
  places.push_back((folder.parent_path() / "share/tutti" / kDefaultModel).string());
  return places;
}

Result<std::string> find_model(const std::string& given) {
  std::error_code problem;
  if (fs::is_directory(given, problem))
    return bad_input(given + " is a folder; name the model file in it");
  if (!given.empty() && is_missing(given))
    return bad_input("there is no model file " + given + "; check its path");
  if (!given.empty()) return given;
  std::string tried;
  for (const std::string& place : model_candidates()) {
    if (!is_missing(place)) return place;
    tried += "\n  " + place;
  }
  return bad_input("no model found; name one with --model or TUTTI_MODEL. Looked for:" + tried);
}

Dtype dtype_named(const std::string& name) {
  static const std::map<std::string, Dtype> names = {{"auto", Dtype::as_stored},
                                                     {"f32", Dtype::f32},
                                                     {"bf16", Dtype::bf16},
                                                     {"int8", Dtype::int8}};
  return names.at(name);
}

void add_dtype_option(CLI::App& verb, std::string& name) {
  add_dtype_name(
      verb, name, true,
      "precision of matrix products; auto, the default: as the file stores its matrices, but f32 "
      "for bf16 where that is faster");
}

void ModelChoice::add_options(CLI::App& verb) {
  verb.add_option("-m,--model", path, kModelHelp)->type_name("FILE");
  verb.add_option("--threads", threads, "0, the default: one per core")->check(whole(0, 1024));
  add_dtype_option(verb, dtype);
}

void ModelChoice::add_adapter_option(CLI::App& verb) {
  verb.add_option("--adapter", adapter,
                  "one of the model file's low-rank adapters (tutti inspect lists them)")
      ->type_name("NAME");
}

Result<Engine> ModelChoice::load(std::string* found) const {
  TUTTI_ASSIGN(const std::string place, find_model(path));
  if (found) *found = adapter.empty() ? place : place + ':' + adapter;
  return Engine::load(place, {.threads = threads, .dtype = dtype_named(dtype), .adapter = adapter});
}

}  // namespace tutti
