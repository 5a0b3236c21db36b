#include "eval/metrics/caption_metrics.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <map>
#include <set>

#include "eval/metrics/text_metrics.h"

namespace tutti {
namespace {

constexpr int kOrders = 4;
using Counts = std::map<std::string, int>;  // n-gram, words joined by spaces -> how often

Counts ngrams(const std::vector<std::string>& words, int order) {
  Counts counts;
  for (size_t i = 0; i + size_t(order) <= words.size(); ++i) {
    std::string gram = words[i];
    for (int k = 1; k < order; ++k) gram += " " + words[i + size_t(k)];
    ++counts[gram];
  }
  return counts;
}

std::vector<std::string> words_of_caption(const std::string& text) {
  return split_words(normalise_text(text));
}

// Matches of one order, each n-gram counted at most as often as one reference has it.
int clipped_matches(const Counts& said, const std::vector<Counts>& references) {
  int matches = 0;
  for (const auto& [gram, count] : said) {
    int most = 0;
    for (const Counts& reference : references)
      if (const auto at = reference.find(gram); at != reference.end())
        most = std::max(most, at->second);
    matches += std::min(count, most);
  }
  return matches;
}

// TF-IDF weights; the frequency need not be divided by the sentence's length, as cosines follow.
std::map<std::string, double> weighted(const Counts& counts, const Counts& documents,
                                       double corpus) {
  std::map<std::string, double> vector;
  for (const auto& [gram, count] : counts) {
    const auto at = documents.find(gram);
    vector[gram] = count * std::log(corpus / double(at == documents.end() ? 1 : at->second));
  }
  return vector;
}

double cosine(const std::map<std::string, double>& a, const std::map<std::string, double>& b) {
  double dot = 0, length_a = 0, length_b = 0;
  for (const auto& [gram, value] : a) {
    length_a += value * value;
    if (const auto at = b.find(gram); at != b.end()) dot += value * at->second;
  }
  for (const auto& [gram, value] : b) length_b += value * value;
  return dot > 0 ? dot / std::sqrt(length_a * length_b) : 0;
}

}  // namespace

double bleu4(const std::vector<Captioned>& corpus) {
  long matched[kOrders] = {}, possible[kOrders] = {}, said_words = 0, meant_words = 0;
  for (const Captioned& one : corpus) {
    const auto said = words_of_caption(one.caption);
    std::vector<std::vector<std::string>> references;
    for (const std::string& text : one.references) references.push_back(words_of_caption(text));
    const auto closer = [&](const auto& a, const auto& b) {
      const auto away = [&](const auto& r) {
        return std::labs(long(r.size()) - long(said.size()));
      };
      return std::pair(away(a), a.size()) < std::pair(away(b), b.size());
    };
    said_words += long(said.size());
    meant_words += long(std::min_element(references.begin(), references.end(), closer)->size());
    for (int order = 1; order <= kOrders; ++order) {
      std::vector<Counts> counts;
      for (const auto& words : references) counts.push_back(ngrams(words, order));
      matched[order - 1] += clipped_matches(ngrams(said, order), counts);
      possible[order - 1] += std::max(0L, long(said.size()) - order + 1);
    }
  }
  double log_precision = 0;
  for (int i = 0; i < kOrders; ++i) {
    if (matched[i] == 0) return 0;
    log_precision += std::log(double(matched[i]) / double(possible[i])) / kOrders;
  }
  const double brevity =
      said_words >= meant_words ? 0 : 1 - double(meant_words) / double(said_words);
  return std::exp(log_precision + brevity);
}

double cider(const std::vector<Captioned>& corpus) {
  double sum = 0;
  for (int order = 1; order <= kOrders; ++order) {
    Counts documents;  // n-gram -> pictures whose references have it
    for (const Captioned& one : corpus) {
      std::set<std::string> present;
      for (const std::string& text : one.references)
        for (const auto& [gram, count] : ngrams(words_of_caption(text), order))
          present.insert(gram);
      for (const std::string& gram : present) ++documents[gram];
    }
    for (const Captioned& one : corpus) {
      const auto said =
          weighted(ngrams(words_of_caption(one.caption), order), documents, double(corpus.size()));
      double of_references = 0;
      for (const std::string& text : one.references)
        of_references += cosine(said, weighted(ngrams(words_of_caption(text), order), documents,
                                               double(corpus.size())));
      sum += of_references / double(one.references.size());
    }
  }
  return corpus.empty() ? 0 : 10 * sum / (kOrders * double(corpus.size()));
}

}  // namespace tutti
