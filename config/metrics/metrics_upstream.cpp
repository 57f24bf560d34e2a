// metrics_upstream.cpp — the families of what is asked of upstreams.
#include "config/metrics/metrics_samples.hpp"

namespace latchkey {
namespace {

using prometheus::MetricFamily;
using prometheus::MetricType;

constexpr double upstream_bounds[] = {0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1,
                                      0.25,  0.5,    1,     2.5,  5,     10,   30};
static_assert(std::size(upstream_bounds) < histogram::buckets_max);

/// Past it, all share the series "other".
constexpr std::size_t upstreams_counted_max = 64;

} // namespace

upstream_series::upstream_series() : seconds(upstream_bounds) {}

namespace detail {

upstream_series& upstream_table::of(std::string_view name) {
  const std::scoped_lock lock(mutex_);
  for (int attempt = 0; attempt < 2; ++attempt) {
    for (auto& [known, series] : entries_)
      if (known == name) return *series;
    if (entries_.size() < upstreams_counted_max - 1) break; // the last place is "other"'s
    name = "other";
  }
  return *entries_.emplace_back(std::string(name), std::make_unique<upstream_series>()).second;
}

void upstream_table::append(std::vector<MetricFamily>& out) const {
  const std::scoped_lock lock(mutex_);
  const auto family = [&](const char* name, const char* help, MetricType type, auto value_of) {
    auto& made = out.emplace_back(MetricFamily{name, help, type, {}});
    for (const auto& [upstream, series] : entries_) {
      auto& metric = made.metric.emplace_back();
      metric.label = {{"upstream", upstream}};
      const auto value = static_cast<double>(value_of(*series));
      (type == MetricType::Counter ? metric.counter.value : metric.gauge.value) = value;
    }
  };
  MetricFamily requests{
      "upstream_requests_total", "Requests to upstreams by outcome.", MetricType::Counter, {}};
  MetricFamily durations{"upstream_request_duration_seconds",
                         "Time from a request to the head of its upstream's answer, in seconds.",
                         MetricType::Histogram,
                         {}};
  for (const auto& [upstream, series] : entries_) {
    const std::pair<const char*, const counter*> outcomes[] = {{"abandoned", &series->abandoned},
                                                               {"answered", &series->answered},
                                                               {"failed", &series->failed},
                                                               {"refused", &series->refused},
                                                               {"timed_out", &series->timed_out}};
    for (const auto& [outcome, count] : outcomes) {
      auto& metric = requests.metric.emplace_back();
      metric.label = {{"upstream", upstream}, {"outcome", outcome}};
      metric.counter.value = static_cast<double>(count->value());
    }
    const auto& seconds = series->seconds;
    auto sample = histogram_sample(seconds.bounds(), seconds.sum(),
                                   [&](std::size_t i) { return seconds.in_bucket(i); });
    sample.label = {{"upstream", upstream}};
    durations.metric.push_back(std::move(sample));
  }
  out.push_back(std::move(requests));
  out.push_back(std::move(durations));
  family("upstream_retries_total", "Requests to upstreams that were sent again.",
         MetricType::Counter, [](auto& upstream) { return upstream.retries.value(); });
  family("upstream_bodies_cut_total", "Upstreams' answers that ended too early.",
         MetricType::Counter, [](auto& upstream) { return upstream.cut.value(); });
  family("upstream_connections", "Open connections to upstreams.", MetricType::Gauge,
         [](auto& upstream) { return upstream.connections.value(); });
  family("upstream_requests_waiting", "Requests that wait for a connection to their upstream.",
         MetricType::Gauge, [](auto& upstream) { return upstream.waiting.value(); });
  family("upstream_breaker_state", "Whether an upstream is asked: 0 yes, 1 on trial, 2 no.",
         MetricType::Gauge, [](auto& upstream) { return upstream.breaker.value(); });
  family("upstream_breaker_openings_total", "How often an upstream was left alone.",
         MetricType::Counter, [](auto& upstream) { return upstream.breaker_opened.value(); });
}

} // namespace detail
} // namespace latchkey
