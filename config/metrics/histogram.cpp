// histogram.cpp — observations counted in buckets, and their sum.
#include "config/metrics/metrics.hpp"
#include "config/metrics/metrics_samples.hpp"

#include <algorithm>
#include <cmath>
#include <cstdint>

namespace latchkey {

void histogram::observe(double value) noexcept {
  if (!(value >= 0)) value = 0; // a clock that went back, or not a number
  counts_[detail::bucket_of(bounds_, value)].fetch_add(1, std::memory_order_relaxed);
  const auto millionths = std::min(value * 1e6, 1e18);
  sum_millionths_.fetch_add(static_cast<std::uint64_t>(std::llround(millionths)),
                            std::memory_order_relaxed);
}

double histogram::sum() const noexcept {
  return static_cast<double>(sum_millionths_.load(std::memory_order_relaxed)) * 1e-6;
}

} // namespace latchkey
