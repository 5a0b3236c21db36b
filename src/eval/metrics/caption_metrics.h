// Scores of generated captions against several reference captions each.
#pragma once

#include <string>
#include <vector>

namespace tutti {

struct Captioned {
  std::string caption;                  // generated
  std::vector<std::string> references;  // at least one
};

// Both compare normalised words (see text_metrics.h), without stemming.

// Corpus BLEU with n-grams up to 4 (Papineni et al. 2002): the geometric mean of clipped precisions
// times the brevity penalty against the closest reference length. 0 to 1; 0 where one order has no
// match at all.
double bleu4(const std::vector<Captioned>& corpus);

// CIDEr (Vedantam et al., CVPR 2015, equations 1 to 3), in the customary scale of 0 to 10: the mean
// cosine of TF-IDF vectors of 1- to 4-grams, averaged over references. Document frequencies come
// from the references of this corpus.
double cider(const std::vector<Captioned>& corpus);

}  // namespace tutti
