// A real FFT of one power-of-two size, so that the front end of speech needs no library at training
// time. 512 points take about 2 microseconds, which is 0.02 % of the 10 ms hop it serves.
#pragma once

#include <complex>
#include <vector>

namespace tutti {

// Immutable after construction: any number of threads may share one.
class RealFft {
 public:
  explicit RealFft(int size);  // a power of two, at least 4

  int size() const { return size_; }

  // in: size reals; out: size/2 + 1 bins, unnormalised (the convention of torch.fft.rfft).
  void forward(const float* in, std::complex<float>* out) const;

  // in: size/2 + 1 bins; out: size reals, divided by size (torch.fft.irfft). The imaginary parts of
  // the first and last bin are ignored, as no real signal has them.
  void inverse(const std::complex<float>* in, float* out) const;

 private:
  void transform(float* z, bool inverse) const;  // z: size/2 complex values in bit-reversed order

  int size_;
  std::vector<int> reversed_;  // size/2
  std::vector<float> cos_;     // cos and sin of 2 pi k / size, k < size/2
  std::vector<float> sin_;
};

}  // namespace tutti
