// metrics_samples.hpp — samples of families with labels; private to config/.
#pragma once

#include "config/metrics/metrics.hpp"

#include <cstdint>
#include <limits>
#include <memory>
#include <mutex>
#include <prometheus/metric_family.h>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace latchkey::detail {

/// The bucket that counts the value; the last one is behind all bounds.
inline std::size_t bucket_of(std::span<const double> bounds, double value) noexcept {
  std::size_t i = 0;
  while (i < bounds.size() && value > bounds[i])
    ++i;
  return i;
}

/// A histogram's sample; `count_of(i)` is the count of bucket i alone.
template <class CountOf>
prometheus::ClientMetric histogram_sample(std::span<const double> bounds, double sum,
                                          CountOf count_of) {
  prometheus::ClientMetric metric;
  std::uint64_t cumulative = 0;
  for (std::size_t i = 0; i <= bounds.size(); ++i) {
    cumulative += count_of(i);
    const double bound = i < bounds.size() ? bounds[i] : std::numeric_limits<double>::infinity();
    metric.histogram.bucket.push_back({cumulative, bound});
  }
  metric.histogram.sample_count = cumulative;
  metric.histogram.sample_sum = sum;
  return metric;
}

/// The upstreams' series, by name; none is ever removed.
class upstream_table {
public:
  upstream_series& of(std::string_view name);
  void append(std::vector<prometheus::MetricFamily>& out) const;

private:
  mutable std::mutex mutex_;
  std::vector<std::pair<std::string, std::unique_ptr<upstream_series>>> entries_;
};

} // namespace latchkey::detail
