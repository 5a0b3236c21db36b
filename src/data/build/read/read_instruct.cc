#include "data/build/read/read_instruct.h"

#include <nlohmann/json.hpp>

#include "data/build/read/table.h"

namespace tutti {

namespace fs = std::filesystem;
using nlohmann::json;

namespace {

constexpr int kInstructHeldOutPercent = 6;

// Calls `make(object, records)` for each line; a line that lacks a field is an error with its
// number.
template <class Make>
TextList read_json_lines(const DataRoot& root, const std::string& name, Make make) {
  TUTTI_ASSIGN(const fs::path folder, root.folder("text_instruct"));
  TUTTI_ASSIGN(const std::string text, read_whole_file(folder / name));
  std::vector<RawText> records;
  size_t number = 0;
  for (std::string_view line : split_lines(text)) {
    ++number;
    if (trim(line).empty()) continue;
    try {
      make(json::parse(line), records);
    } catch (const json::exception& problem) {
      return bad_input(name + " line " + std::to_string(number) + ": " + problem.what());
    }
  }
  return records;
}

RawText instruct(const std::string& set, const std::string& key, const std::string& language,
                 std::string_view prompt, std::string_view answer) {
  RawText record;
  record.key = key;
  record.split = split_by_share(set, key, kInstructHeldOutPercent);
  record.language = language;
  record.kind = "instruct";
  record.prompt = trim(prompt);
  record.text = trim(answer);
  return record;
}

std::string with_input(const std::string& instruction, const std::string& input) {
  return input.empty() ? instruction : instruction + "\n" + input;
}

// GSM8K marks its sums "<<48/2=24>>", which repeat what is written beside them.
std::string without_marks(std::string text) {
  for (size_t begin; (begin = text.find("<<")) != std::string::npos;) {
    const size_t end = text.find(">>", begin);
    if (end == std::string::npos) break;
    text.erase(begin, end + 2 - begin);
  }
  return text;
}

}  // namespace

TextList read_gsm8k(const DataRoot& root) {
  return read_json_lines(root, "gsm8k_train.jsonl", [](const json& line, auto& records) {
    const std::string question = line.at("question");
    records.push_back(
        instruct("gsm8k", question, "en", question, without_marks(line.at("answer"))));
  });
}

TextList read_seed_tasks(const DataRoot& root) {
  return read_json_lines(root, "seed_tasks.jsonl", [](const json& line, auto& records) {
    const std::string instruction = line.at("instruction");
    for (const json& instance : line.at("instances")) {
      records.push_back(instruct("seed_tasks", instruction, "en",
                                 with_input(instruction, instance.at("input")),
                                 instance.at("output").template get<std::string>()));
    }
  });
}

TextList read_alpaca_zh(const DataRoot& root) {
  return read_json_lines(root, "alpaca_zh.jsonl", [](const json& line, auto& records) {
    const std::string prompt = with_input(line.at("instruction"), line.at("input"));
    records.push_back(
        instruct("alpaca_zh", prompt, "zh", prompt, line.at("output").template get<std::string>()));
  });
}

TextList read_t0_prompts(const DataRoot& root) {
  return read_json_lines(root, "t0_prompts.jsonl", [](const json& line, auto& records) {
    const std::string prompt = line.at("prompt");
    std::string answer = line.at("completion");
    answer = answer.substr(0, answer.find("<|endoftext|>"));
    records.push_back(instruct("t0_prompts", prompt, "en", prompt, answer));
  });
}

TextList read_hh_pairs(const DataRoot& root) {
  return read_json_lines(root, "hh_harmless_pairs.jsonl", [](const json& line, auto& records) {
    const std::string chosen = line.at("chosen"), rejected = line.at("rejected");
    // Both share the dialogue up to the last answer.
    constexpr std::string_view kMark = "\n\nAssistant:";
    const size_t a = chosen.rfind(kMark), b = rejected.rfind(kMark);
    if (a == std::string::npos || b == std::string::npos) return;
    RawText record = instruct("hh_pairs", chosen.substr(0, std::min<size_t>(a, 200)), "en",
                              chosen.substr(0, a), chosen.substr(a + kMark.size()));
    record.kind = "prefer";
    record.rejected = trim(std::string_view(rejected).substr(b + kMark.size()));
    records.push_back(std::move(record));
  });
}

TextList read_ecare(const DataRoot& root) {
  return read_json_lines(root, "ecare_train.jsonl", [](const json& line, auto& records) {
    const std::string premise = line.at("premise"), ask = line.at("ask-for");
    const std::string first = line.at("hypothesis1"), second = line.at("hypothesis2");
    const bool is_first = line.at("label").template get<int>() == 0;
    RawText record = instruct("ecare", premise, "en", premise + " What is the " + ask + "?",
                              is_first ? first : second);
    record.kind = "prefer";
    record.rejected = is_first ? second : first;
    records.push_back(std::move(record));
  });
}

TextList read_xcopa(const DataRoot& root) {
  return read_json_lines(root, "xcopa_val.jsonl", [](const json& line, auto& records) {
    const std::string premise = line.at("premise"), ask = line.at("question");
    const bool is_first = line.at("label").template get<int>() == 0;
    // One story in eleven languages shares its number.
    RawText record =
        instruct("xcopa", std::to_string(line.at("idx").template get<int>()), line.at("lang"),
                 premise + " What is the " + ask + "?",
                 line.at(is_first ? "choice1" : "choice2").template get<std::string>());
    record.kind = "prefer";
    record.rejected = line.at(is_first ? "choice2" : "choice1");
    records.push_back(std::move(record));
  });
}

}  // namespace tutti
