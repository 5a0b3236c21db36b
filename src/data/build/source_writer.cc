#include "data/build/source_writer.h"

namespace tutti {

using nlohmann::json;

Status SourceWriter::add(const Block& block, size_t records, double seconds) {
  if (!full_) {
    TUTTI_ASSIGN(const bool written, writer_.add(block));
    full_ = !written;
  }
  (full_ ? summary_.left_out : summary_.records) += records;
  if (!full_) summary_.seconds += seconds;
  return {};
}

Status SourceWriter::finish(ShardSummary& summary, json& index) {
  TUTTI_CHECK(writer_.finish());
  if (summary_.records == 0) return {};
  json files = json::array();
  for (const ShardFile& file : writer_.files()) {
    files.push_back({{"file", file.name}, {"bytes", file.bytes}, {"crc32", file.crc32}});
    summary_.bytes += file.bytes;
  }
  (summary_.split == "train" ? summary.train_bytes : summary.eval_bytes) += summary_.bytes;
  json entry = {{"name", summary_.name},    {"kind", summary_.kind},
                {"split", summary_.split},  {"records", summary_.records},
                {"bytes", summary_.bytes},  {"left_out", summary_.left_out},
                {"files", std::move(files)}};
  if (summary_.seconds > 0) entry["seconds"] = int(summary_.seconds);
  index["sources"].push_back(std::move(entry));
  summary.sources.push_back(summary_);
  return {};
}

}  // namespace tutti
