// The vocoder's loss: its spectra become sound by a differentiable inverse STFT, and the sound is
// compared with the original at three resolutions (Parallel WaveGAN, arXiv 1910.11480, eq. 4-6).
#pragma once

#include "train/backend/torch.h"

namespace tutti {

// spectrum: rows x 771 as model/vocoder.h puts it; samples: 160 a row; frames: rows of each sound.
torch::Tensor vocoder_loss(const torch::Tensor& spectrum, const torch::Tensor& samples,
                           const std::vector<int32_t>& frames);

}  // namespace tutti
