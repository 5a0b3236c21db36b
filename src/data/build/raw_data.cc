#include "data/build/raw_data.h"

#include <algorithm>
#include <map>

#include "base/utf8.h"

namespace tutti {
namespace {

template <class Raw>
void shuffle_by_hash(std::vector<Raw>& records) {
  std::vector<std::pair<uint64_t, size_t>> order;
  for (size_t i = 0; i < records.size(); ++i) {
    order.emplace_back(stable_hash("order/" + records[i].key), i);
  }
  std::sort(order.begin(), order.end());
  if constexpr (requires { records[0].spare; }) {
    std::stable_partition(order.begin(), order.end(),
                          [&](const auto& entry) { return !records[entry.second].spare; });
  }
  std::vector<Raw> shuffled;
  for (const auto& [hash, i] : order) shuffled.push_back(std::move(records[i]));
  records.swap(shuffled);
}

// Which raw set a source comes from, where the names differ.
std::string set_of(const PictureSet& set) {
  return set.name == "cutout_scenes" ? "persons_cutout" : set.name;
}
template <class Set>
std::string set_of(const Set& set) {
  return set.name;
}
std::string set_of(const TextSet& set) {
  return set.set;
}

template <class Raw>
Result<std::vector<Raw>> call(Result<std::vector<Raw>> (*read)(const std::filesystem::path&),
                              const DataRoot& root, const std::string& set) {
  TUTTI_ASSIGN(const std::filesystem::path folder, root.folder(set));
  return read(folder);
}

Result<std::vector<RawText>> call(TextReader read, const DataRoot& root, const std::string&) {
  return read(root);
}

template <class Set, class Raw>
Status read_all(const DataRoot& root, Licences licences, const std::vector<Set>& sets,
                std::vector<RawSource<Set, Raw>>& sources, std::vector<std::string>& missing) {
  for (const Set& set : sets) {
    if (licences == Licences::open && !set.open) continue;
    const std::string folder = set_of(set);
    if (!root.has(folder)) {
      missing.push_back(set.name);
      continue;
    }
    auto records = call(set.read, root, folder);
    if (!records) return records.error().with_context("reading the set " + set.name);
    shuffle_by_hash(*records);
    sources.push_back({&set, *std::move(records)});
  }
  return {};
}

// Characters a language may give to the tokenizer. Scripts of thousands of signs would otherwise
// fill the vocabulary with single characters; bytes stand in for the rare ones.
size_t character_share(const std::string& language) {
  static const std::map<std::string, size_t> shares = {
      {"en", 1500000}, {"de", 200000}, {"fr", 150000}, {"cs", 100000}, {"es", 100000},
      {"zh", 25000},   {"ja", 15000},  {"ko", 15000},  {"yue", 3000},  {"wuu", 3000}};
  const auto found = shares.find(language);
  return found == shares.end() ? 40000 : found->second;
}

class Mixture {
 public:
  void add(const std::string& language, const std::string& text) {
    if (text.empty() || text.size() > 4000 || invalid_utf8_at(text)) return;
    const size_t characters = count_characters(text);
    size_t& used = used_[language];
    if (used + characters > character_share(language)) return;
    used += characters;
    sentences_.push_back(text);
  }
  std::vector<std::string> take() { return std::move(sentences_); }

 private:
  std::map<std::string, size_t> used_;
  std::vector<std::string> sentences_;
};

void add_texts(const RawData& data, Mixture& mixture) {
  // Round robin over the sources, so that no large one uses up a language's share.
  size_t longest = 0;
  for (const auto& source : data.texts) longest = std::max(longest, source.records.size());
  for (size_t i = 0; i < longest; ++i) {
    for (const auto& source : data.texts) {
      if (i >= source.records.size() || source.records[i].split == Split::eval) continue;
      const RawText& record = source.records[i];
      const bool pair = record.kind == "pair";
      mixture.add(record.language, record.prompt);
      mixture.add(pair ? "en" : record.language, record.text);
    }
  }
}

}  // namespace

Result<RawData> read_raw_data(const DataRoot& root, Licences licences) {
  RawData data;
  TUTTI_CHECK(read_all(root, licences, picture_sets(), data.pictures, data.missing));
  TUTTI_CHECK(read_all(root, licences, speech_sets(), data.speech, data.missing));
  TUTTI_CHECK(read_all(root, licences, series_sets(), data.series, data.missing));
  TUTTI_CHECK(read_all(root, licences, voxel_sets(), data.voxels, data.missing));
  TUTTI_CHECK(read_all(root, licences, cloud_sets(), data.clouds, data.missing));
  TUTTI_CHECK(read_all(root, licences, text_sets(), data.texts, data.missing));
  return data;
}

std::vector<std::string> tokenizer_sentences(const RawData& data) {
  // Names and captions first: they are what the model says most.
  Mixture mixture;
  for (const auto& source : data.pictures) {
    size_t english = 0;
    for (const RawPicture& picture : source.records) {
      if (picture.split == Split::eval) continue;
      for (const auto& [language, text] : picture.captions) {
        // Half of the English share stays for running text.
        if (language == "en" && (english += text.size()) > 200000) continue;
        mixture.add(language == "keywords" ? "en" : language, text);
      }
    }
  }
  for (const auto& source : data.speech) {
    for (const RawSpeech& speech : source.records) {
      if (speech.split == Split::train) mixture.add(speech.language, speech.transcript);
    }
  }
  add_texts(data, mixture);
  return mixture.take();
}

}  // namespace tutti
