// Recipes reject what they do not know, and values that would end a run later or make it a lie.
#include "train/run/recipe.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <functional>
#include <nlohmann/json.hpp>
#include <regex>

#include "base/atomic_file.h"
#include "model/spec/spec_json.h"

namespace tutti {
namespace {

namespace fs = std::filesystem;

Result<Recipe> recipe_of(const std::string& text) {
  const std::string path =
      (fs::temp_directory_path() / ("tutti_recipe_test_" + std::to_string(getpid()) + ".toml"))
          .string();
  EXPECT_TRUE(write_file_atomic(path, text));
  auto recipe = read_recipe(path);
  fs::remove(path);
  return recipe;
}

void expect_refused(const std::string& text, const std::vector<std::string>& named) {
  const auto recipe = recipe_of(text);
  ASSERT_FALSE(recipe) << text;
  EXPECT_EQ(recipe.error().code(), ErrorCode::bad_input);
  for (const std::string& part : named)
    EXPECT_NE(recipe.error().message().find(part), std::string::npos) << recipe.error().message();
}

TEST(RecipeFile, NamesWhatItDoesNotKnow) {
  for (const auto& [text, named] : std::vector<std::pair<std::string, std::string>>{
           {"[run]\nsteps = 5\nstesp = 6\n[mix]\ntext = 1\n", "run.stesp"},
           {"[modle]\nwidth = 64\n", "modle"},
           {"[loss]\ntext = 1\n[mix]\ntext = 1\n", "[loss]"},
           {"[objective.txet]\nweight = 1\n[mix]\ntext = 1\n", "[objective.txet]"},
           {"[objective.text]\nwieght = 1\n[mix]\ntext = 1\n", "objective.text.wieght"},
           {"[objective]\ntext = 1\n[mix]\ntext = 1\n", "[objective.text]"},
           {"objective = 1\n[mix]\ntext = 1\n", "[objective]"},
           {"[objective.distill]\nteacher = \"a\"\n[objective.few_step]\nteacher = \"b\"\n"
            "[mix]\ntext = 1\n",
            "exclude each other"},
           {"[model]\nwidht = 64\n[mix]\ntext = 1\n", "widht"},
           {"[model]\nwidth = 65\n[mix]\ntext = 1\n", "multiple of 64"},
           {"[run]\nsteps = \"many\"\n[mix]\ntext = 1\n", "run.steps"},
           {"[run]\ntrain_only = \"paint\"\n[mix]\ntext = 1\n", "run.train_only"},
           {"[model]\nlayers = 4\npaint_until = [1, 0.5, 1]\n[mix]\ntext = 1\n", "paint_until"},
           {"[model]\nlayers = 4\npaint_until = [1, 0.5, 0, 1]\n[mix]\ntext = 1\n", "paint_until"},
           {"[mix]\ntext = -1\n", "mix.text"},
           {"[shares]\nplain = 0.5\n[mix]\ntext = 1\n", "shares.plain"},
           {"[sources]\nicon = [\"a\"]\n[mix]\ntext = 1\n", "sources.icon"},
           {"[run]\nsteps = 5\n", "[mix]"},
           {"[mix]\ntext = 0\n", "[mix]"},
           {"[run\n", "line 1"}})
    expect_refused(text, {named});
}

// Key, value and range are named.
TEST(RecipeFile, EveryNumberHasARange) {
  const struct {
    const char *table, *key, *value, *range;
  } kWrong[] = {{"optimizer", "beta1", "-3", "0 to below 1"},
                {"optimizer", "beta1", "1", "0 to below 1"},
                {"optimizer", "beta2", "1", "0 to below 1"},
                {"optimizer", "beta2", "1.5", "0 to below 1"},
                {"optimizer", "momentum", "1", "0 to below 1"},
                {"optimizer", "adam_rate", "nan", "0 to 1"},
                {"optimizer", "muon_rate", "inf", "0 to 1"},
                {"optimizer", "muon_rate", "-1", "0 to 1"},
                {"optimizer", "clip", "0", "1000000"},
                {"optimizer", "clip", "-1", "1000000"},
                {"optimizer", "weight_decay", "1e+30", "0 to 1"},
                {"optimizer", "adam_weight_decay", "-0.1", "0 to 1"},
                {"run", "steps", "0", "1 to 100000000"},
                {"run", "steps", "99999999999", "1 to 100000000"},
                {"run", "seed", "-1", "0 to"},
                {"run", "average_decay", "2", "0 to below 1"},
                {"run", "average_decay", "1", "0 to below 1"},
                {"run", "average_decay", "nan", "0 to below 1"},
                {"run", "threads", "-5", "0 to 1024"},
                {"run", "threads", "1000000", "0 to 1024"},
                {"run", "micro_batches", "0", "1 to 1024"},
                {"run", "warmup", "nan", "0 to 1"},
                {"run", "warmup", "2", "0 to 1"},
                {"run", "decay", "-0.1", "0 to 1"},
                {"run", "checkpoint_minutes", "0", "1 to"},
                {"run", "log_every", "0", "1 to"},
                {"run", "sample_every", "-1", "1 to"},
                {"run", "precision", "\"fp16\"", "auto, bf16, fp32"},
                {"run", "store", "\"int4\"", "i8, bf16, f32"},
                {"data", "licences", "\"some\"", "open, all"},
                {"noise", "drop_text", "7", "0 to 1"},
                {"noise", "mean", "-inf", "-20 to 20"},
                {"noise", "spread", "-1", "0 to 20"},
                {"noise", "spread", "nan", "0 to 20"},
                {"objective.text", "weight", "nan", "0 to 10000"},
                {"objective.text", "weight", "-1", "0 to 10000"},
                {"objective.locate", "weight", "inf", "0 to 10000"},
                {"objective.route", "text", "9", "0 to 1"},
                {"objective.few_step", "steps", "0", "1 to 100"},
                {"objective.few_step", "substeps", "1000", "1 to 100"},
                {"objective.few_step", "paint_guidance", "nan", "0 to 100"},
                {"objective.few_step", "speak_guidance", "-1", "0 to 100"},
                {"objective.distill", "logits", "nan", "0 to 10000"},
                {"objective.distill", "inherit", "2", "true or false"},
                {"run", "steps", "true", "1 to 100000000"},
                {"objective.text", "answers", "false", "0 to 10000"},
                {"quantize", "weights", "\"yes\"", "true or false"},
                {"mix", "scenes", "2000000000", "0 to 65536"},
                {"mix", "scenes", "1.5", "0 to 65536"},
                {"scene_kinds", "colour", "-1", "0 to 65536"},
                {"shares", "plain_scenes", "1.1", "0 to 1"},
                {"sources", "icons", "\"icons_mdi\"", "a list of texts"}};
  for (const auto& [table, key, value, range] : kWrong) {
    const std::string mix = std::string(table) == "mix" ? "" : "[mix]\nquestions = 1\n";
    std::string shown = value;
    std::erase(shown, '"');
    expect_refused(mix + "[" + table + "]\n" + key + " = " + value + "\n",
                   {std::string(table) + "." + key, shown, range, "line "});
  }
  expect_refused("[run]\nwarmup = 0.6\ndecay = 0.6\n[mix]\nquestions = 1\n", {"1.2"});
  expect_refused("[mix]\nquestions = 65536\nscenes = 1\n", {"65537"});
}

TEST(RecipeFile, EdgesOfTheRangesAreTaken) {
  const auto recipe = recipe_of(
      "[optimizer]\nbeta1 = 0\nbeta2 = 0.999999\nmuon_rate = 0\nadam_weight_decay = 1\n"
      "[run]\nwarmup = 0\ndecay = 1\nsteps = 100000000\n[noise]\ndrop_text = 1\nspread = 0\n"
      "[objective.route]\nweight = 0\n[mix]\nquestions = 65536\n");
  ASSERT_TRUE(recipe) << recipe.error().message();
  EXPECT_EQ(recipe->optimizer.adam_weight_decay, 1);
  EXPECT_EQ(recipe->mix.counts.at("questions"), 65536);
}

// No group has a share by itself, whatever it is called.
TEST(RecipeFile, EveryGroupsShareIsStated) {
  const std::string mix = "[mix]\ntext = 1\n", route = mix + "[objective.route]\n";
  const std::string four = "text = 0.5\nsee = 0.7\nhear = 0.6\npaint = 0\n";
  expect_refused(mix, {"objective.route.text is missing", "objective.route.weight"});
  expect_refused(route + "weight = 0.1\n" + four, {"objective.route.speak is missing"});
  const auto all = recipe_of(route + four + "speak = 1\n");
  ASSERT_TRUE(all) << all.error().message();
  EXPECT_EQ(all->objectives.route.shares,
            (std::map<std::string, double>{
                {"text", 0.5}, {"see", 0.7}, {"hear", 0.6}, {"paint", 0}, {"speak", 1}}));
  EXPECT_TRUE(recipe_of(route + "weight = 0\n"));
  EXPECT_TRUE(recipe_of("[model]\nblock = {routed = false}\n" + mix));
}

TEST(RecipeFile, KeysThatAnotherMakesIdleAreRefused) {
  const std::string mix = "[objective.route]\nweight = 0\n[mix]\ntext = 1\n";
  const std::string few = mix + "[objective.few_step]\n", distill = mix + "[objective.distill]\n";
  for (const char* key : {"steps = 4", "substeps = 3", "paint_guidance = 4", "speak_guidance = 2"})
    expect_refused(few + key + "\n", {"objective.few_step." + std::string(key).substr(0, 5),
                                      "without objective.few_step.teacher"});
  for (const char* key : {"inherit = true", "logits = 1", "flow = 1", "relations = 1"})
    expect_refused(distill + key + "\n", {"objective.distill." + std::string(key).substr(0, 4),
                                          "without objective.distill.teacher"});
  const std::string taught = few + "teacher = \"a\"\n";
  EXPECT_TRUE(recipe_of(taught + "steps = 4\n"));
  for (const char* key : {"drop_text = 0.1", "mean = 0", "spread = 1"})
    expect_refused(taught + "[noise]\n" + key + "\n",
                   {"noise." + std::string(key).substr(0, 4), "with objective.few_step.teacher"});
  for (const char* key :
       {"paint_steps = 4", "paint_guidance = 1", "speak_steps = 4", "speak_guidance = 1"})
    expect_refused(taught + "[model]\n" + key + "\n",
                   {"model." + std::string(key).substr(0, 7), "with objective.few_step.teacher"});
  const std::string started = distill + "teacher = \"a\"\n";
  const std::string run = "[run]\nstart_from = \"b\"\n";
  expect_refused(started + "inherit = true\n" + run, {"objective.distill.inherit", "start_from"});
  EXPECT_TRUE(recipe_of(started + "inherit = true\n"));
  EXPECT_TRUE(recipe_of(started + "inherit = false\n" + run));
  EXPECT_TRUE(recipe_of(started + run));
}

// The reference model's lists as [model] states them, its modalities after `change`.
std::string model_table(const std::function<void(nlohmann::json&)>& change = {}) {
  const nlohmann::json model = nlohmann::json::parse(model_spec_json(ModelSpec()));
  std::string table = "[model]\n";
  for (const char* list : {"groups", "modalities", "heads"}) {
    nlohmann::json entries = nlohmann::json::array();
    for (nlohmann::json entry : model.at(list)) {
      entry.erase("steps");
      entry.erase("guidance");
      if (change && list == std::string("modalities")) change(entry);
      entries.push_back(entry);
    }
    table += std::string(list) + " = " +
             std::regex_replace(entries.dump(), std::regex("\":"), "\" = ") + "\n";
  }
  return table;
}

TEST(RecipeFile, AFewStepModelsModalitiesStateNeitherStepsNorGuidance) {
  const std::string taught =
      "[objective.route]\nweight = 0\n[mix]\ntext = 1\n[objective.few_step]\nteacher = \"a\"\n";
  const auto recipe = recipe_of(taught + model_table());
  ASSERT_TRUE(recipe) << recipe.error().message();
  for (const char* name : {"paint", "speak"}) {
    EXPECT_EQ(recipe->model.modality(name).steps, recipe->objectives.few_step.steps);
    EXPECT_EQ(recipe->model.modality(name).guidance, 1);
    const std::string place = "model.modalities[" + std::to_string(ModelSpec().find(name)) + "].";
    for (const char* key : {"steps", "guidance"}) {
      const std::string stated = model_table([&](nlohmann::json& modality) {
        if (modality.at("name") == name) modality[key] = 4;
      });
      expect_refused(taught + stated,
                     {place + key, "with objective.few_step.teacher", "take the key out"});
      EXPECT_TRUE(recipe_of("[objective.route]\nweight = 0\n[mix]\ntext = 1\n" + stated));
    }
  }
}

TEST(RecipeFile, TheShippedRecipesAreRead) {
  const char* source = std::getenv("TUTTI_SOURCE_DIR");
  int read = 0;
  for (const auto& entry : fs::directory_iterator(fs::path(source ? source : ".") / "recipes")) {
    if (entry.path().extension() != ".toml") continue;
    const auto recipe = read_recipe(entry.path().string());
    EXPECT_TRUE(recipe) << recipe.error().message();
    ++read;
  }
  EXPECT_GE(read, 6);
}

}  // namespace
}  // namespace tutti
