// What the suite found, as a table for people and as JSON for programs.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

namespace tutti {

struct TaskResult {
  std::string task;  // "name_photos"; parts of one task share what stands before the first dot
  double value = 0;
  long n = 0;
  std::optional<double> chance;
  std::optional<double> floor;
  bool lower_is_better = false;
  std::map<std::string, double> details;
};

struct SkippedTask {
  std::string task, reason;
};

struct EvalReport {
  std::vector<TaskResult> results;
  std::vector<SkippedTask> skipped;
};

std::string report_table(const EvalReport& report);
std::string report_json(const EvalReport& report, const std::string& model,
                        const std::string& data);

}  // namespace tutti
