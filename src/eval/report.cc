#include "eval/report.h"

#include <cstdio>
#include <nlohmann/json.hpp>

namespace tutti {
namespace {

std::string number(double value) {
  char text[32];
  std::snprintf(text, sizeof text, "%.4f", value);
  return text;
}

std::string number(const std::optional<double>& value) {
  return value ? number(*value) : "";
}

bool meets(const TaskResult& result) {
  return result.lower_is_better ? result.value <= *result.floor : result.value >= *result.floor;
}

}  // namespace

std::string report_table(const EvalReport& report) {
  char line[200];
  std::snprintf(line, sizeof line, "%-36s %9s %7s %9s %9s\n", "task", "value", "n", "chance",
                "floor");
  std::string table = line;
  for (const TaskResult& result : report.results) {
    std::snprintf(line, sizeof line, "%-36s %9s %7ld %9s %9s%s\n", result.task.c_str(),
                  number(result.value).c_str(), result.n, number(result.chance).c_str(),
                  number(result.floor).c_str(),
                  !result.floor   ? ""
                  : meets(result) ? "  met"
                                  : "  below");
    table += line;
  }
  for (const SkippedTask& skipped : report.skipped)
    table += skipped.task + ": skipped, " + skipped.reason + "\n";
  return table;
}

std::string report_json(const EvalReport& report, const std::string& model,
                        const std::string& data) {
  using Json = nlohmann::ordered_json;
  Json tasks = Json::object(), skipped = Json::object();
  for (const TaskResult& result : report.results) {
    Json one = {{"value", result.value}, {"n", result.n}};
    if (result.chance) one["chance"] = *result.chance;
    if (result.floor) {
      one["floor"] = *result.floor;
      one["met"] = meets(result);
    }
    one["better"] = result.lower_is_better ? "lower" : "higher";
    if (!result.details.empty()) one["details"] = result.details;
    tasks[result.task] = one;
  }
  for (const SkippedTask& one : report.skipped) skipped[one.task] = one.reason;
  const Json all = {{"model", model}, {"data", data}, {"tasks", tasks}, {"skipped", skipped}};
  return all.dump(-1, ' ', false, Json::error_handler_t::replace);
}

}  // namespace tutti
