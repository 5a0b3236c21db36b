// Recipes reject what they do not know, and values that would end a run later or make it a lie.
#include "train/run/recipe.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>

#include "base/atomic_file.h"

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
           {"[model]\nwidht = 64\n[mix]\ntext = 1\n", "widht"},
           {"[model]\nwidth = 65\n[mix]\ntext = 1\n", "multiple of 64"},
           {"[run]\nsteps = \"many\"\n[mix]\ntext = 1\n", "run.steps"},
           {"[run]\ntrain_only = \"paint\"\n[mix]\ntext = 1\n", "run.train_only"},
           {"[model]\nlayers = 4\npaint_until = [1, 0.5, 1]\n[mix]\ntext = 1\n", "paint_until"},
           {"[model]\nlayers = 4\npaint_until = [1, 0.5, 0, 1]\n[mix]\ntext = 1\n", "paint_until"},
           {"[mix]\ntext = -1\n", "mix.text"},
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
                {"loss", "text", "nan", "0 to 10000"},
                {"loss", "text", "-1", "0 to 10000"},
                {"loss", "locate", "inf", "0 to 10000"},
                {"loss", "route_text", "9", "0 to 1"},
                {"few_step", "steps", "0", "1 to 100"},
                {"few_step", "substeps", "1000", "1 to 100"},
                {"few_step", "paint_guidance", "nan", "0 to 100"},
                {"few_step", "speak_guidance", "-1", "0 to 100"},
                {"distill", "logits", "nan", "0 to 10000"},
                {"distill", "inherit", "2", "true or false"},
                {"run", "steps", "true", "1 to 100000000"},
                {"loss", "text", "false", "0 to 10000"},
                {"quantize", "weights", "\"yes\"", "true or false"},
                {"mix", "scenes", "2000000000", "0 to 65536"},
                {"mix", "scenes", "1.5", "0 to 65536"}};
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
      "[mix]\nquestions = 65536\n");
  ASSERT_TRUE(recipe) << recipe.error().message();
  EXPECT_EQ(recipe->optimizer.adam_weight_decay, 1);
  EXPECT_EQ(recipe->mix.at("questions"), 65536);
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
