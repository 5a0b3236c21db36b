// A classifier of sets: one small network for each member, the largest value of each feature over
// all members, a head. With points as members it is PointNet without its transforms (Qi et al.
// 2017, the "vanilla" row of table 5); with patches it is the least that can be made of what the
// model reads.
#pragma once

#include <vector>

#include "train/backend/torch.h"

namespace tutti {

struct SetClassifierSizes {
  int width = 3;            // values of a member
  std::vector<int> shared;  // widths of the layers that each member passes
  std::vector<int> head;    // widths of the layers behind the maximum
  int classes = 2;
};
SetClassifierSizes pointnet_sizes(int classes);
SetClassifierSizes patch_net_sizes(int classes);

// Linear layers with batch normalisation and ReLU; dropout 0.3 before the last.
class SetClassifier : public torch::nn::Module {
 public:
  explicit SetClassifier(const SetClassifierSizes& sizes);

  // batch x members x width to batch x classes.
  torch::Tensor forward(const torch::Tensor& members);
  int64_t parameter_count() const;

 private:
  torch::nn::Sequential shared_, head_;
};

}  // namespace tutti
