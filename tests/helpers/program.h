// Runs the built `tutti` and sees what a user sees.
#pragma once

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

namespace tutti::program {

namespace fs = std::filesystem;

struct Outcome {
  int code = -1;  // 128 + signal where it crashed, as a shell says
  std::string out, err;
};

inline std::string read_text(const fs::path& file) {
  std::ifstream in(file, std::ios::binary);
  std::stringstream text;
  text << in.rdbuf();
  return text.str();
}

inline void write_text(const fs::path& file, const std::string& text) {
  fs::create_directories(file.parent_path());
  std::ofstream(file, std::ios::binary) << text;
}

// In single quotes, for a shell.
inline std::string quoted(const std::string& text) {
  std::string out = "'";
  for (const char c : text) out += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return out + "'";
}

// A folder of its own for every test, with a small model in it; gone afterwards.
class ProgramTest : public testing::Test {
 protected:
  void SetUp() override {
    const auto* test = testing::UnitTest::GetInstance()->current_test_info();
    folder_ =
        fs::temp_directory_path() / ("tutti_" + std::to_string(getpid()) + "_" + test->name());
    fs::create_directories(folder_);
    ASSERT_EQ(
        std::system((quoted(MAKE_MODEL_BINARY) + " " + quoted(path("model.safetensors"))).c_str()),
        0);
  }
  void TearDown() override { fs::remove_all(folder_); }

  std::string path(const std::string& name) const { return (folder_ / name).string(); }

  // Without TUTTI_* in the environment but for `environment`, in the test's folder.
  Outcome run(const std::vector<std::string>& arguments, const std::string& environment = "",
              const std::string& input = "/dev/null") const {
    std::string command = "cd " + quoted(folder_.string()) +
                          " && env -u TUTTI_MODEL -u TUTTI_DATA -u TUTTI_TRAIN " + environment +
                          " " + quoted(TUTTI_BINARY);
    for (const std::string& argument : arguments) command += " " + quoted(argument);
    command += " <" + quoted(input) + " >.out 2>.err";
    const int status = std::system(command.c_str());
    Outcome outcome;
    outcome.code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
    outcome.out = read_text(folder_ / ".out");
    outcome.err = read_text(folder_ / ".err");
    return outcome;
  }

  // As `run`, after `before` of the shell ("ulimit -v 300000;"), with standard output as
  // `redirected` says (">/dev/full", "| head -c 1"). A pipe gives the code of tutti, not of what
  // follows.
  Outcome run_in_shell(const std::vector<std::string>& arguments, const std::string& before,
                       const std::string& redirected) const {
    std::string command = "cd " + quoted(folder_.string()) + "; { ( " + before +
                          " env -u TUTTI_MODEL -u TUTTI_DATA -u TUTTI_TRAIN " +
                          quoted(TUTTI_BINARY);
    for (const std::string& argument : arguments) command += " " + quoted(argument);
    command += " </dev/null 2>.err ); echo $? >.code; } " + redirected;
    EXPECT_EQ(std::system(command.c_str()) & 0x7f, 0);
    Outcome outcome;
    outcome.code = std::atoi(read_text(folder_ / ".code").c_str());
    outcome.err = read_text(folder_ / ".err");
    return outcome;
  }

  Outcome run_model(std::vector<std::string> arguments,
                    const std::string& input = "/dev/null") const {
    arguments.insert(arguments.begin() + 1,
                     {"--model", path("model.safetensors"), "--threads", "1"});
    return run(arguments, "", input);
  }

  // Bad input: exit code 3, a message that says `what`, nothing on standard output, and none of
  // `outputs` nor a piece of it left behind.
  void expect_refused(const Outcome& outcome, const std::string& what) const {
    EXPECT_EQ(outcome.code, 3) << outcome.err;
    EXPECT_NE(outcome.err.find(what), std::string::npos) << outcome.err;
    EXPECT_EQ(outcome.out, "");
    for (const auto& entry : fs::directory_iterator(folder_)) {
      const std::string name = entry.path().filename().string();
      EXPECT_EQ(name.find("answer"), std::string::npos) << "left behind: " << name;
      EXPECT_EQ(name.find(".tmp"), std::string::npos) << "left behind: " << name;
    }
  }

  fs::path folder_;
};

}  // namespace tutti::program
