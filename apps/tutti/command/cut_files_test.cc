// A file that is cut short while a program has it mapped.
#include "cut_files.h"

#include <csignal>
#include <thread>

#include "format/mapped_file.h"
#include "process_exit.h"
#include "tests/helpers/test_files.h"

namespace tutti {
namespace {

class CutFiles : public testing::Test {
 protected:
  CutFiles() { std::ofstream(path_) << std::string(300000, 'x'); }

  // Reads what is not there any more.
  int read_cut_file() const {
    const MappedFile file = *MappedFile::open(path_);
    std::filesystem::resize_file(path_, 0);
    return *reinterpret_cast<const volatile char*>(file.bytes().data()) == 'x';
  }

  const TestFolder folder_;
  const std::string path_ = folder_.file("model with a space");
};

// What tutti and tutti-tools run in.
TEST_F(CutFiles, AreBadInput) {
  EXPECT_EXIT(std::exit(run_process([&] { return read_cut_file(); })), testing::ExitedWithCode(3),
              "^tutti: .*model with a space became shorter while it was read");
}

TEST_F(CutFiles, AreBadInputOnAnyThread) {
  const auto cut = [&] {
    end_where_files_are_cut("tutti-train");
    std::thread([&] { read_cut_file(); }).join();
  };
  EXPECT_EXIT(cut(), testing::ExitedWithCode(3), "^tutti-train: .* became shorter");
}

// A defect of ours: no file is to blame.
TEST_F(CutFiles, NoOtherSignalIsTakenForOne) {
  const auto raised = [] {
    end_where_files_are_cut("tutti");
    std::raise(SIGBUS);
  };
  EXPECT_EXIT(raised(), testing::KilledBySignal(SIGBUS), "^$");
}

}  // namespace
}  // namespace tutti
