// Manual pages and completions know every verb and every flag that --help lists (flags.txt).
#include <algorithm>
#include <map>

#include "tests/helpers/program.h"

namespace tutti::program {
namespace {

class ManualTest : public ProgramTest {
 protected:
  void SetUp() override {
    folder_ = fs::temp_directory_path() / ("tutti_" + std::to_string(getpid()) + "_manual");
    fs::create_directories(folder_);
    std::istringstream lines(read_text(std::string(TUTTI_TESTS_DIR) + "/flags.txt"));
    for (std::string line; std::getline(lines, line);) {
      const size_t flag = line.starts_with('-') ? 0 : line.find(" -") + 1;
      flags_[line.substr(0, flag ? flag - 1 : 0)].push_back(line.substr(flag));
    }
    ASSERT_GE(flags_.size(), 20u);
  }

  static std::vector<std::string> words_of(const std::string& text) {
    std::istringstream in(text);
    std::vector<std::string> words;
    for (std::string word; in >> word;) words.push_back(word);
    return words;
  }

  std::string said(const std::vector<std::string>& arguments) const {
    const Outcome outcome = run(arguments);
    EXPECT_EQ(outcome.code, 0) << outcome.err;
    EXPECT_EQ(outcome.err, "");
    return outcome.out;
  }

  // What is offered behind `words`, in place of the unfinished `last`; without what it means.
  std::vector<std::string> offered(const std::string& words, const std::string& last) const {
    std::vector<std::string> arguments = words_of("complete " + words);
    arguments.push_back(last);
    std::istringstream lines(said(arguments));
    std::vector<std::string> names;
    for (std::string line; std::getline(lines, line);)
      names.push_back(line.substr(0, line.find('\t')));
    return names;
  }

  // The part of a manual page that is about `verb`.
  std::string section_of(const std::string& verb) const {
    const std::vector<std::string> words = words_of(verb);
    const std::string page =
        said(words.empty() ? words_of("manual") : words_of("manual " + words[0]));
    const std::string title = words.size() < 2 ? ".SH OPTIONS\n" : ".SS \"tutti " + verb + " [";
    const size_t begin = page.find(escaped(title));
    EXPECT_NE(begin, page.npos) << verb << "\n" << page;
    return page.substr(begin, page.find("\n.S", begin) - begin);
  }

  static std::string escaped(const std::string& text) {
    std::string out;
    for (const char c : text) out += c == '-' ? "\\-" : std::string(1, c);
    return out;
  }

  std::map<std::string, std::vector<std::string>> flags_;  // of each verb, as --help has them
};

TEST_F(ManualTest, PagesHoldEveryFlagOfEveryVerb) {
  for (const auto& [verb, flags] : flags_) {
    // On one line: where a flag takes all of its column in --help, flags.txt has what it means too.
    std::string section = section_of(verb) + " ";
    std::replace(section.begin(), section.end(), '\n', ' ');
    for (const std::string& flag : flags) {
      const size_t end = std::min(flag.find(' '), flag.size());
      const std::string item =
          " \\fB" + escaped(flag.substr(0, end)) + "\\fR" + escaped(flag.substr(end)) + " ";
      EXPECT_NE(section.find(item), section.npos) << verb << ": " << item << section;
    }
  }
}

TEST_F(ManualTest, CompletionOffersEveryFlagOfEveryVerb) {
  for (const auto& [verb, flags] : flags_) {
    std::vector<std::string> wanted, got = offered(verb, "-");
    for (const std::string& flag : flags) {
      std::istringstream names(flag.substr(0, flag.find(' ')));
      for (std::string name; std::getline(names, name, ',');) wanted.push_back(name);
    }
    std::sort(wanted.begin(), wanted.end());
    std::sort(got.begin(), got.end());
    EXPECT_EQ(got, wanted) << verb;
  }
}

TEST_F(ManualTest, CompletionOffersEveryVerb) {
  std::map<std::string, std::vector<std::string>> below;
  for (const auto& [verb, flags] : flags_) {
    below[verb];
    const size_t space = verb.rfind(' ');
    const std::string above = space == verb.npos ? "" : verb.substr(0, space);
    if (!verb.empty()) below[above].push_back(verb.substr(space == verb.npos ? 0 : space + 1));
  }
  for (const auto& [verb, names] : below) {
    std::vector<std::string> got = offered(verb, "");
    std::sort(got.begin(), got.end());
    EXPECT_EQ(got, names) << verb;
  }
}

TEST_F(ManualTest, CompletionOffersWhatTheWordMayBecome) {
  using Names = std::vector<std::string>;
  EXPECT_EQ(offered("", "in"), Names{"inspect"});
  EXPECT_EQ(offered("serve", "--no"), (Names{"--no-store", "--no-studio"}));
  EXPECT_EQ(offered("run --to", "im"), Names{"image"});
  EXPECT_EQ(offered("run", "--to=im"), Names{"--to=image"});
  EXPECT_EQ(offered("serve", "--log="), (Names{"--log=text", "--log=none"}));
  EXPECT_EQ(offered("run --json --to", "sp"), Names{"speech"});
  EXPECT_EQ(offered("bench trunk", "--h"), Names{"--help"});
  EXPECT_EQ(offered("run --image", ""), Names());  // a file: the shell knows those
  EXPECT_EQ(offered("run --text run", "--im"), Names{"--image"});
  EXPECT_EQ(said({"complete", "serve", "--no-studio"}), "--no-studio\tthe API alone, no page\n");
}

TEST_F(ManualTest, WhatIsNotThereIsBadUsage) {
  EXPECT_EQ(run({"complete"}).code, 2);
  const Outcome outcome = run({"manual", "sing"});
  EXPECT_EQ(outcome.code, 2);
  EXPECT_NE(outcome.err.find("there is no verb \"sing\""), std::string::npos) << outcome.err;
}

}  // namespace
}  // namespace tutti::program
