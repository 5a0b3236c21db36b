#include "train/points/set_classifier.h"

#include "media/points/point_patches.h"

namespace tutti {
namespace {

int add_layers(torch::nn::Sequential& net, int width, const std::vector<int>& widths) {
  for (const int next : widths) {
    net->push_back(torch::nn::Linear(torch::nn::LinearOptions(width, next).bias(false)));
    net->push_back(torch::nn::BatchNorm1d(next));
    net->push_back(torch::nn::ReLU(torch::nn::ReLUOptions(true)));
    width = next;
  }
  return width;
}

}  // namespace

SetClassifierSizes pointnet_sizes(int classes) {
  return {3, {64, 128, 1024}, {512, 256}, classes};
}

SetClassifierSizes patch_net_sizes(int classes) {
  return {kPatchValues + 3, {256, 256, 512}, {512, 256}, classes};
}

SetClassifier::SetClassifier(const SetClassifierSizes& sizes) {
  const int features = add_layers(shared_, sizes.width, sizes.shared);
  const int width = add_layers(head_, features, sizes.head);
  head_->push_back(torch::nn::Dropout(0.3));
  head_->push_back(torch::nn::Linear(width, sizes.classes));
  register_module("shared", shared_);
  register_module("head", head_);
}

torch::Tensor SetClassifier::forward(const torch::Tensor& members) {
  const int64_t batch = members.size(0), count = members.size(1);
  const torch::Tensor each = shared_->forward(members.reshape({batch * count, members.size(2)}));
  return head_->forward(each.reshape({batch, count, each.size(1)}).amax(1));
}

int64_t SetClassifier::parameter_count() const {
  int64_t count = 0;
  for (const torch::Tensor& parameter : parameters()) count += parameter.numel();
  return count;
}

}  // namespace tutti
