#include "data/shard_set.h"

#include <algorithm>
#include <atomic>
#include <memory>
#include <nlohmann/json.hpp>
#include <thread>

#include "data/decode_block.h"
#include "data/shard_format.h"
#include "format/mapped_file.h"
#include "format/tar.h"

namespace tutti {

using nlohmann::json;

namespace {

template <class Record>
std::vector<std::string> names_of(const std::map<std::string, std::vector<Record>>& sources) {
  std::vector<std::string> names;
  for (const auto& [name, records] : sources) names.push_back(name);
  return names;
}

template <class Record>
const std::vector<Record>& records_of(const std::map<std::string, std::vector<Record>>& sources,
                                      const std::string& name) {
  static const std::vector<Record> none;
  const auto found = sources.find(name);
  return found == sources.end() ? none : found->second;
}

}  // namespace

// Gathers the blocks of all wanted shards, decodes them on some threads, joins them in order.
class ShardReader {
 public:
  ShardReader(std::string dir, Split split, const ShardOptions& options)
      : dir_(std::move(dir)), split_(split), options_(options) {
    set_.split_ = split;
  }

  Result<ShardSet> read();

  static Status set_tokenizer(ShardSet& set, std::string model);
  static void append(ShardSet& set, const std::string& source, BlockRecords records);

 private:
  struct Job {
    std::string source;
    BlockDecoder decode;
    ShardBlock block;
    std::optional<Result<BlockRecords>> result;
  };

  Status read_index(const json& index);
  Status read_tokenizer(const json& index);
  Status open_shard(const std::string& source, BlockDecoder decode, const json& file);
  void decode_all();
  Status join();

  std::string dir_;
  Split split_;
  ShardOptions options_;
  std::vector<std::unique_ptr<TarReader>> shards_;
  std::vector<Job> jobs_;
  ShardSet set_;
};

Result<ShardSet> ShardReader::read() {
  auto file = MappedFile::open(dir_ + "/index.json");
  if (!file) {
    return file.error().with_context("opening the shards in '" + dir_ +
                                     "' (made by `tutti data build`)");
  }
  const char* text = reinterpret_cast<const char*>(file->bytes().data());
  const json index = json::parse(text, text + file->bytes().size(), nullptr, false);
  try {
    TUTTI_CHECK(read_index(index));
  } catch (const json::exception& problem) {
    return bad_input(dir_ + "/index.json is not as expected: " + problem.what());
  }
  decode_all();
  TUTTI_CHECK(join());
  return std::move(set_);
}

Status ShardReader::read_index(const json& index) {
  const json& version = index.at("version");
  if (!version.is_number_integer() || version < 1 || version > kShardVersion) {
    return bad_input(dir_ + " has shards of version " + version.dump().substr(0, 20) +
                     "; versions 1 to " + std::to_string(kShardVersion) +
                     " are read: update tutti, or build the shards again");
  }
  TUTTI_CHECK(read_tokenizer(index));
  set_.licences_ = index.at("licences").get<std::string>();
  const auto& wanted = options_.sources;
  for (const json& source : index.at("sources")) {
    const std::string name = source.at("name");
    if (source.at("split") != split_name(split_)) continue;
    if (!wanted.empty() && std::find(wanted.begin(), wanted.end(), name) == wanted.end()) continue;
    const BlockDecoder decode = block_decoder(source.at("kind"));
    if (!decode) return bad_input("the source " + name + " is of an unknown kind");
    for (const json& file : source.at("files")) TUTTI_CHECK(open_shard(name, decode, file));
  }
  return {};
}

Status ShardReader::read_tokenizer(const json& index) {
  TUTTI_ASSIGN(const MappedFile file, MappedFile::open(dir_ + "/tokenizer.model"));
  if (crc32(file.bytes()) != index.at("tokenizer_crc32").get<uint32_t>()) {
    return bad_input(dir_ + "/tokenizer.model is not the one the shards were made with");
  }
  const auto* text = reinterpret_cast<const char*>(file.bytes().data());
  const Status status = set_tokenizer(set_, std::string(text, file.bytes().size()));
  if (!status) return status.error().with_context(dir_ + "/tokenizer.model");
  return {};
}

Status ShardReader::set_tokenizer(ShardSet& set, std::string model) {
  TUTTI_ASSIGN(set.pieces_, PieceTable::parse(model));
  set.tokenizer_model_ = std::move(model);
  return {};
}

Status ShardReader::open_shard(const std::string& source, BlockDecoder decode, const json& file) {
  const std::string name = file.at("file");
  if (name.find('/') != std::string::npos || !name.starts_with(split_name(split_))) {
    return bad_input("index.json names the shard '" + name + "', which is not of this split");
  }
  TUTTI_ASSIGN(const MappedFile bytes, MappedFile::open(dir_ + "/" + name));
  if (bytes.bytes().size() != file.at("bytes").get<size_t>() ||
      crc32(bytes.bytes()) != file.at("crc32").get<uint32_t>()) {
    return bad_input("the shard " + name +
                     " is damaged: its size or CRC is not that of "
                     "index.json; copy or build it again");
  }
  auto shard = TarReader::open(dir_ + "/" + name);
  if (!shard) return shard.error().with_context("the shard " + name);
  shards_.push_back(std::make_unique<TarReader>(*std::move(shard)));
  std::string stem;
  for (const TarEntry& entry : shards_.back()->entries()) {
    const std::string this_stem = entry.name.substr(0, entry.name.find('.'));
    if (jobs_.empty() || this_stem != stem || jobs_.back().source != source) {
      jobs_.push_back({source, decode, {name + " " + this_stem, source, {}}, {}});
    }
    stem = this_stem;
    jobs_.back().block.members.push_back(entry);
  }
  return {};
}

void ShardReader::decode_all() {
  std::atomic<size_t> next = 0;
  const auto work = [&] {
    for (size_t i; (i = next++) < jobs_.size();) {
      jobs_[i].result.emplace(jobs_[i].decode(jobs_[i].block, set_.pieces_));
    }
  };
  const int cores = int(std::max(1u, std::thread::hardware_concurrency()));
  std::vector<std::jthread> threads;  // joined whatever is thrown
  for (int i = 1; i < (options_.threads > 0 ? options_.threads : cores); ++i) {
    threads.emplace_back(work);
  }
  work();
}

Status ShardReader::join() {
  for (Job& job : jobs_) {
    if (!*job.result) return job.result->error();
    append(set_, job.source, **std::move(job.result));
    job.result.reset();
  }
  return {};
}

void ShardReader::append(ShardSet& set, const std::string& source, BlockRecords records) {
  const size_t before = set.pictures(source).size();
  const auto move_to = [&](auto& sources, auto& from) {
    if (from.empty()) return;
    auto& to = sources[source];
    for (auto& record : from) {
      if constexpr (requires { record.source; }) record.source = source;
      if constexpr (requires { record.picture += 1; }) record.picture += before;
      to.push_back(std::move(record));
    }
  };
  move_to(set.questions_, records.questions);
  move_to(set.pictures_, records.pictures);
  move_to(set.speech_, records.speech);
  move_to(set.texts_, records.texts);
  move_to(set.series_, records.series);
  move_to(set.voxels_, records.voxels);
  for (CloudRecord& record : records.clouds) record.split = set.split();
  move_to(set.clouds_, records.clouds);
}

Result<ShardSet> decode_blocks(const std::vector<std::pair<std::string, ShardBlock>>& blocks,
                               const std::string& tokenizer_model) {
  ShardSet set;
  TUTTI_CHECK(ShardReader::set_tokenizer(set, tokenizer_model));
  for (const auto& [kind, block] : blocks) {
    const BlockDecoder decode = block_decoder(kind);
    if (!decode) return bad_input("blocks of the kind \"" + kind + "\" are not known");
    TUTTI_ASSIGN(BlockRecords records, decode(block, set.pieces()));
    ShardReader::append(set, block.source, std::move(records));
  }
  return set;
}

Result<ShardSet> ShardSet::open(const std::string& dir, Split split, const ShardOptions& options) {
  return ShardReader(dir, split, options).read();
}

std::vector<std::string> ShardSet::picture_sources() const {
  return names_of(pictures_);
}
std::vector<std::string> ShardSet::speech_sources() const {
  return names_of(speech_);
}
std::vector<std::string> ShardSet::text_sources() const {
  return names_of(texts_);
}
std::vector<std::string> ShardSet::series_sources() const {
  return names_of(series_);
}
std::vector<std::string> ShardSet::voxel_sources() const {
  return names_of(voxels_);
}
std::vector<std::string> ShardSet::cloud_sources() const {
  return names_of(clouds_);
}

const std::vector<PictureRecord>& ShardSet::pictures(const std::string& source) const {
  return records_of(pictures_, source);
}
const std::vector<SpeechRecord>& ShardSet::speech(const std::string& source) const {
  return records_of(speech_, source);
}
const std::vector<TextRecord>& ShardSet::texts(const std::string& source) const {
  return records_of(texts_, source);
}
const std::vector<SeriesRecord>& ShardSet::series(const std::string& source) const {
  return records_of(series_, source);
}
const std::vector<VoxelRecord>& ShardSet::voxels(const std::string& source) const {
  return records_of(voxels_, source);
}
const std::vector<CloudRecord>& ShardSet::clouds(const std::string& source) const {
  return records_of(clouds_, source);
}
const std::vector<QuestionRecord>& ShardSet::questions(const std::string& source) const {
  return records_of(questions_, source);
}

}  // namespace tutti
