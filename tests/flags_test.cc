// The command line is an interface: every flag of every verb, and the values that it takes, are
// written down in flags.txt, so that none comes or goes unnoticed. After a change on purpose:
// TUTTI_UPDATE=1 ctest -R program_test.
#include <algorithm>
#include <regex>

#include "tests/helpers/program.h"

namespace tutti::program {
namespace {

const std::vector<std::string> kVerbs = {"",
                                         "run",
                                         "serve",
                                         "serve keys",
                                         "serve keys add",
                                         "serve keys list",
                                         "serve keys remove",
                                         "eval",
                                         "explain",
                                         "quantize",
                                         "inspect",
                                         "convert",
                                         "doctor",
                                         "data",
                                         "data build",
                                         "data prior",
                                         "bench",
                                         "bench trunk",
                                         "bench encoder",
                                         "bench model",
                                         "bench routing",
                                         "bench hear",
                                         "train",
                                         "version"};

class FlagsTest : public ProgramTest {
 protected:
  void SetUp() override {
    folder_ = fs::temp_directory_path() / ("tutti_" + std::to_string(getpid()) + "_flags");
    fs::create_directories(folder_);
  }

  std::string help_of(const std::string& verb) {
    std::vector<std::string> arguments;
    std::istringstream words(verb);
    for (std::string word; words >> word;) arguments.push_back(word);
    arguments.push_back("--help");
    // Not every build has a trainer, whose own help `train` shows.
    const Outcome outcome = run(arguments, "TUTTI_TRAIN=none");
    EXPECT_EQ(outcome.code, 0) << verb << ": " << outcome.err;
    EXPECT_EQ(outcome.err, "") << verb;
    return outcome.out;
  }

  // The verbs below `verb` that its help lists: words that begin the lines of "Subcommands:".
  std::vector<std::string> verbs_below(const std::string& verb) {
    std::vector<std::string> verbs;
    std::istringstream lines(help_of(verb));
    std::string line;
    while (std::getline(lines, line) && line != "Subcommands:") {
    }
    const std::regex name("^  ([a-z-]+)");
    std::smatch match;
    while (std::getline(lines, line) && !line.empty())
      if (std::regex_search(line, match, name))
        verbs.push_back((verb.empty() ? "" : verb + " ") + match[1].str());
    return verbs;
  }

  // One line a flag: "run --seed UINT". Flags stand at the beginning of a line of --help, with
  // their values behind them, up to two spaces or the end of the line.
  std::string flags_of(const std::string& verb) {
    std::string flags;
    std::istringstream lines(help_of(verb));
    const std::regex flag("^  (-[^ ]+( [^ ]+)*)");
    std::smatch match;
    for (std::string line; std::getline(lines, line);)
      if (std::regex_search(line, match, flag))
        flags += (verb.empty() ? "" : verb + " ") + match[1].str() + "\n";
    return flags;
  }
};

TEST_F(FlagsTest, AreFrozen) {
  std::string flags;
  for (const std::string& verb : kVerbs) flags += flags_of(verb);
  const std::string frozen = std::string(TUTTI_TESTS_DIR) + "/flags.txt";
  if (std::getenv("TUTTI_UPDATE")) write_text(frozen, flags);
  EXPECT_EQ(flags, read_text(frozen));
}

// What the help of all verbs lists is what is frozen, no more and no less.
TEST_F(FlagsTest, EveryVerbIsListed) {
  std::vector<std::string> listed = {""};
  for (size_t i = 0; i < listed.size(); ++i)
    for (const std::string& verb : verbs_below(listed[i])) listed.push_back(verb);
  std::vector<std::string> known = kVerbs;
  std::sort(listed.begin(), listed.end());
  std::sort(known.begin(), known.end());
  EXPECT_EQ(listed, known);
}

TEST_F(FlagsTest, VersionSaysTheVersion) {
  EXPECT_EQ(run({"version"}).out, run({"--version"}).out);
  EXPECT_EQ(run({"version"}).out.substr(0, 6), "tutti ");
}

}  // namespace
}  // namespace tutti::program
