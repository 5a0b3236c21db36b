// What the tasks of the suite share. Internal to the folder.
#pragma once

#include "eval/report.h"
#include "eval/suite.h"

namespace tutti {

struct TaskContext {
  const Engine& engine;
  const EvalData& data;
  Referee* judge;
  const SuiteOptions& options;
  EvalReport& report;

  size_t limited(size_t count) const {
    return options.limit > 0 ? std::min(count, size_t(options.limit)) : count;
  }
  Status skip(const std::string& task, const std::string& reason) const {
    report.skipped.push_back({task, reason});
    return {};
  }
};

}  // namespace tutti
