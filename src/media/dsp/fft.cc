#include "media/dsp/fft.h"

#include <cmath>
#include <numbers>
#include <utility>

namespace tutti {

// The reals are packed in pairs into size/2 complex values, so the core works on half the size.
RealFft::RealFft(int size) : size_(size), reversed_(size / 2), cos_(size / 2), sin_(size / 2) {
  const int half = size / 2;
  for (int k = 0; k < half; ++k) {
    const double angle = 2 * std::numbers::pi * k / size;
    cos_[k] = float(std::cos(angle));
    sin_[k] = float(std::sin(angle));
    reversed_[k] = (reversed_[k / 2] / 2) + (k % 2 ? half / 2 : 0);
  }
}

template <class T>
void RealFft::transform(T* z, bool inverse) const {
  const int half = size_ / 2;
  const float sign = inverse ? 1.f : -1.f;
  for (int span = 1; span < half; span *= 2) {
    const int stride = half / span;  // twiddle step: the angle of k is 2 pi k / (2 span)
    for (int start = 0; start < half; start += 2 * span) {
      for (int k = 0; k < span; ++k) {
        const float wr = cos_[k * stride], wi = sign * sin_[k * stride];
        T* a = z + 2 * (start + k);
        T* b = a + 2 * span;
        const T tr = b[0] * wr - b[1] * wi, ti = b[0] * wi + b[1] * wr;
        b[0] = a[0] - tr;
        b[1] = a[1] - ti;
        a[0] += tr;
        a[1] += ti;
      }
    }
  }
}

// With Z the transform of the pairs, X[k] = E + W^k O, where E = (Z[k] + Z*[half-k]) / 2 and
// O = (Z[k] - Z*[half-k]) / 2i are the transforms of the even and the odd samples.
template <class T>
void RealFft::forward_any(const T* in, T* z) const {
  const int half = size_ / 2;
  for (int k = 0; k < half; ++k) {
    z[2 * k] = in[2 * reversed_[k]];
    z[2 * k + 1] = in[2 * reversed_[k] + 1];
  }
  transform(z, false);

  const T re0 = z[0], im0 = z[1];
  for (int k = 1; k <= half / 2; ++k) {
    T* a = z + 2 * k;
    T* b = z + 2 * (half - k);
    const T er = 0.5f * (a[0] + b[0]), ei = 0.5f * (a[1] - b[1]);
    const T oddr = 0.5f * (a[1] + b[1]), oddi = 0.5f * (b[0] - a[0]);
    const T wr = oddr * cos_[k] + oddi * sin_[k], wi = oddi * cos_[k] - oddr * sin_[k];
    b[0] = er - wr;
    b[1] = wi - ei;
    a[0] = er + wr;
    a[1] = ei + wi;
  }
  z[0] = re0 + im0;
  z[1] = T{};
  z[2 * half] = re0 - im0;
  z[2 * half + 1] = T{};
}

void RealFft::forward(const float* in, std::complex<float>* out) const {
  forward_any(in, reinterpret_cast<float*>(out));  // allowed for arrays of std::complex
}

void RealFft::forward(const Floats4* in, Floats4* out) const {
  forward_any(in, out);
}

void RealFft::inverse(const std::complex<float>* in, float* out) const {
  const int half = size_ / 2;
  const float scale = 1.f / float(half);
  for (int k = 0; k < half; ++k) {
    float ar = in[k].real(), ai = in[k].imag();
    float br = in[half - k].real(), bi = in[half - k].imag();
    if (k == 0) ai = bi = 0;
    const float er = 0.5f * (ar + br), ei = 0.5f * (ai - bi);
    const float dr = 0.5f * (ar - br), di = 0.5f * (ai + bi);
    const float oddr = dr * cos_[k] - di * sin_[k], oddi = di * cos_[k] + dr * sin_[k];
    out[2 * reversed_[k]] = scale * (er - oddi);
    out[2 * reversed_[k] + 1] = scale * (ei + oddr);
  }
  transform(out, true);
}

}  // namespace tutti
