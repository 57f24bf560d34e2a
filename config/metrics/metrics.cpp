// metrics.cpp — counters while serving, and prometheus-cpp's families and text when scraped.
#include "config/metrics/metrics.hpp"

#include "config/log.hpp"
#include "config/metrics/metrics_process.hpp"
#include "config/metrics/metrics_samples.hpp"

#include <cmath>
#include <limits>
#include <mutex>
#include <prometheus/text_serializer.h>
#include <vector>

namespace latchkey {
namespace {

using detail::histogram_sample;
using prometheus::ClientMetric;
using prometheus::MetricFamily;
using prometheus::MetricType;

constexpr double request_bounds[] = {0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05,
                                     0.1,    0.25,  0.5,    1,     2.5,  5,     10};
constexpr double hashing_bounds[] = {0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5};
constexpr double batch_bounds[] = {1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024};
constexpr double commit_bounds[] = {0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025,
                                    0.05,    0.1,    0.25,  0.5,    1,     2.5};
static_assert(std::size(request_bounds) < histogram::buckets_max);
static_assert(std::size(commit_bounds) < histogram::buckets_max);

/// Slot 0 is of every status that is not here.
constexpr std::uint16_t statuses[] = {0,   101, 200, 201, 202, 204, 206, 301, 302, 303,
                                      304, 307, 308, 400, 401, 403, 404, 405, 406, 408,
                                      409, 410, 411, 412, 413, 414, 415, 417, 422, 426,
                                      428, 429, 431, 500, 501, 502, 503, 504, 505};
static_assert(std::size(statuses) <= http_series::statuses_max);

constexpr auto slot_of_status = [] {
  std::array<std::uint8_t, 600> slots{};
  for (std::size_t i = 1; i < std::size(statuses); ++i)
    slots[statuses[i]] = static_cast<std::uint8_t>(i);
  return slots;
}();

/// Threads take turns through the stripes; one per reactor as long as those are few.
std::size_t own_stripe() noexcept {
  static std::atomic<std::size_t> next{0};
  constexpr auto none = std::numeric_limits<std::size_t>::max();
  constinit thread_local std::size_t own = none;
  if (own == none) [[unlikely]]
    own = next.fetch_add(1, std::memory_order_relaxed) % http_series::stripes;
  return own;
}

MetricFamily family_of(const char* name, const char* help, const histogram& of) {
  return {
      name,
      help,
      MetricType::Histogram,
      {histogram_sample(of.bounds(), of.sum(), [&](std::size_t i) { return of.in_bucket(i); })}};
}

MetricFamily family_of(const char* name, const char* help, const gauge& of) {
  return detail::single(name, help, MetricType::Gauge, static_cast<double>(of.value()));
}

MetricFamily family_of(const char* name, const char* help, const counter& of) {
  return detail::single(name, help, MetricType::Counter, static_cast<double>(of.value()));
}

/// A counter with one label; its series are never removed.
class labelled_counter {
public:
  labelled_counter(const char* name, const char* help, const char* label)
      : name_(name), help_(help), label_(label) {}

  counter& of(std::string_view value) {
    const std::scoped_lock lock(mutex_);
    if (auto* known = find(value)) return *known;
    if (entries_.size() >= metrics::outcomes_max - 1) { // the last place is "other"'s
      value = "other";
      if (auto* known = find(value)) return *known;
    }
    return *entries_.emplace_back(std::string(value), std::make_unique<counter>()).second;
  }

  MetricFamily collect() const {
    MetricFamily out{name_, help_, MetricType::Counter, {}};
    const std::scoped_lock lock(mutex_);
    for (const auto& [value, count] : entries_) {
      auto& metric = out.metric.emplace_back();
      metric.label = {{label_, value}};
      metric.counter.value = static_cast<double>(count->value());
    }
    return out;
  }

private:
  counter* find(std::string_view value) {
    for (auto& [known, count] : entries_)
      if (known == value) return count.get();
    return nullptr;
  }

  const char* name_;
  const char* help_;
  const char* label_;
  mutable std::mutex mutex_;
  std::vector<std::pair<std::string, std::unique_ptr<counter>>> entries_;
};

struct route_entry {
  std::string method;
  std::string route;
  std::unique_ptr<http_series> series;
};

} // namespace

void http_series::observe(unsigned status, double seconds) noexcept {
  if (!(seconds >= 0)) seconds = 0;
  auto& own = stripes_[own_stripe()];
  const auto slot = status < slot_of_status.size() ? slot_of_status[status] : std::uint8_t{0};
  own.by_status[slot].fetch_add(1, std::memory_order_relaxed);
  own.by_duration[detail::bucket_of(request_bounds, seconds)].fetch_add(1,
                                                                        std::memory_order_relaxed);
  own.nanoseconds.fetch_add(static_cast<std::uint64_t>(std::min(seconds * 1e9, 1e15)),
                            std::memory_order_relaxed);
}

struct metrics::tables {
  labelled_counter logins{"logins_total", "Attempts to sign in by outcome.", "outcome"};
  labelled_counter refreshes{"refresh_total", "Refreshes of access tokens by outcome.", "outcome"};
  labelled_counter refusals{"overload_refusals_total",
                            "Work refused because too much was under way, by kind.", "kind"};
  labelled_counter password_checks{"password_checks_total",
                                   "Passwords compared with a stored hash, or with nothing.",
                                   "against"};
  labelled_counter mails{"mails_total", "Attempts to send a mail by outcome.", "outcome"};
  labelled_counter workflows{"workflows_total", "Workflows started, completed and failed.", "what"};
  labelled_counter live_received{"live_messages_received_total",
                                 "Messages that came on live sockets, by type.", "type"};
  labelled_counter live_sent{"live_messages_sent_total", "Messages sent on live sockets, by type.",
                             "type"};
  mutable std::mutex mutex;
  std::vector<route_entry> routes;
  detail::upstream_table upstreams;
};

metrics::metrics()
    : hashing_seconds(hashing_bounds), persistence_batch_units(batch_bounds),
      persistence_commit_seconds(commit_bounds), tables_(std::make_unique<tables>()) {}

metrics::~metrics() = default;

http_series& metrics::series(std::string_view method, std::string_view route) {
  const std::scoped_lock lock(tables_->mutex);
  auto& routes = tables_->routes;
  for (int attempt = 0; attempt < 2; ++attempt) {
    for (auto& entry : routes)
      if (entry.method == method && entry.route == route) return *entry.series;
    if (routes.size() < http_series_max - 1) break; // the last place is "other"'s
    method = route = "other";
  }
  routes.push_back({std::string(method), std::string(route), std::make_unique<http_series>()});
  return *routes.back().series;
}

counter& metrics::logins(std::string_view outcome) {
  return tables_->logins.of(outcome);
}
counter& metrics::refreshes(std::string_view outcome) {
  return tables_->refreshes.of(outcome);
}
counter& metrics::overload_refusals(std::string_view kind) {
  return tables_->refusals.of(kind);
}
counter& metrics::password_checks(std::string_view against) {
  return tables_->password_checks.of(against);
}
counter& metrics::mails(std::string_view outcome) {
  return tables_->mails.of(outcome);
}
counter& metrics::workflows(std::string_view event) {
  return tables_->workflows.of(event);
}
counter& metrics::live_messages_received(std::string_view type) {
  return tables_->live_received.of(type);
}
counter& metrics::live_messages_sent(std::string_view type) {
  return tables_->live_sent.of(type);
}

upstream_series& metrics::upstream(std::string_view name) {
  return tables_->upstreams.of(name);
}

void metrics::append_http(std::vector<MetricFamily>& out) const {
  MetricFamily requests{"http_requests_total", "HTTP requests answered.", MetricType::Counter, {}};
  MetricFamily durations{"http_request_duration_seconds",
                         "Time from a request's last byte to its answer, in seconds.",
                         MetricType::Histogram,
                         {}};
  const std::scoped_lock lock(tables_->mutex);
  for (const auto& entry : tables_->routes) {
    const auto total = [&](auto member) {
      std::uint64_t sum = 0;
      for (const auto& own : entry.series->stripes_)
        sum += member(own).load(std::memory_order_relaxed);
      return sum;
    };
    for (std::size_t slot = 0; slot < std::size(statuses); ++slot) {
      const auto count = total([&](auto& own) -> auto& { return own.by_status[slot]; });
      if (count == 0) continue;
      auto& metric = requests.metric.emplace_back();
      metric.label = {{"method", entry.method},
                      {"route", entry.route},
                      {"status", slot == 0 ? "other" : std::to_string(statuses[slot])}};
      metric.counter.value = static_cast<double>(count);
    }
    const auto nanoseconds = total([](auto& own) -> auto& { return own.nanoseconds; });
    auto metric = histogram_sample(
        request_bounds, static_cast<double>(nanoseconds) * 1e-9, [&](std::size_t i) {
          return total([&](auto& own) -> auto& { return own.by_duration[i]; });
        });
    if (metric.histogram.sample_count == 0) continue; // a route nobody has asked for yet
    metric.label = {{"method", entry.method}, {"route", entry.route}};
    durations.metric.push_back(std::move(metric));
  }
  out.push_back(std::move(requests));
  out.push_back(std::move(durations));
}

std::string metrics::render() const {
  std::vector<MetricFamily> out;
  append_http(out);
  tables_->upstreams.append(out);
  out.push_back(tables_->logins.collect());
  out.push_back(tables_->refreshes.collect());
  out.push_back(tables_->password_checks.collect());
  out.push_back(tables_->refusals.collect());
  out.push_back(tables_->mails.collect());
  out.push_back(tables_->workflows.collect());
  out.push_back(
      family_of("workflows_running", "Workflows that have not ended.", workflows_running));
  out.push_back(family_of("workflow_statuses_total", "Statuses of workflows made durable.",
                          workflow_statuses));
  out.push_back(family_of("workflow_replays_total", "Replays of missed statuses to sockets.",
                          workflow_replays));
  out.push_back(tables_->live_received.collect());
  out.push_back(tables_->live_sent.collect());
  out.push_back(family_of("live_sockets_open", "Open WebSockets.", live_sockets));
  out.push_back(detail::single("live_statuses_overtaken_total",
                               "Statuses not sent because newer ones of their workflow were.",
                               MetricType::Counter,
                               static_cast<double>(statuses_overtaken.value())));
  out.push_back(
      family_of("mails_waiting", "Mails not sent yet; counts at most 256.", mails_waiting));
  out.push_back(
      family_of("database_connections", "Open connections to the database.", database_connections));
  out.push_back(family_of("database_log_bytes",
                          "Size of SQLite's write-ahead log at the last commit, in bytes.",
                          database_log_bytes));
  out.push_back(family_of("redis_connections", "Open connections to Redis after the last command.",
                          redis_connections));
  out.push_back(family_of("sessions_live", "Sessions held in memory.", sessions_live));
  out.push_back(family_of("memory_trusted",
                          "Whether sessions are validated from memory: 1 yes, 0 the database is "
                          "asked each time. A server that is alone says 1.",
                          memory_trusted));
  out.push_back(family_of("cluster_members",
                          "Members of the cluster. A server that is alone says 0.",
                          cluster_members));
  out.push_back(
      family_of("cluster_frames_sent_total", "Frames sent to other nodes.", cluster_frames));
  out.push_back(
      family_of("cluster_bytes_sent_total", "Their bytes, before encryption.", cluster_bytes));
  out.push_back(family_of("connections_open", "Open client sockets.", connections_open));
  out.push_back(
      family_of("requests_in_flight", "Requests read and not yet answered.", requests_in_flight));
  out.push_back(family_of("hashing_queue_depth", "Passwords waiting for a hashing thread.",
                          hashing_queue_depth));
  out.push_back(family_of("hashing_duration_seconds",
                          "Time of one password hash without the wait, in seconds.",
                          hashing_seconds));
  out.push_back(family_of("persistence_batch_units", "Units made durable by one transaction.",
                          persistence_batch_units));
  out.push_back(family_of("persistence_commit_seconds",
                          "Time of one batch from its begin to its COMMIT, in seconds.",
                          persistence_commit_seconds));
  out.push_back(detail::single("log_lines_dropped_total", "Lines the log could not take in time.",
                               MetricType::Counter, static_cast<double>(log_lines_dropped())));
  auto build = detail::single("latchkey_build_info", "Always 1; the labels tell the build.",
                              MetricType::Gauge, 1);
  build.metric.front().label = {{"compiler", __VERSION__}, {"version", LATCHKEY_VERSION}};
  out.push_back(std::move(build));
  detail::append_process_families(out);
  return prometheus::TextSerializer().Serialize(out);
}

} // namespace latchkey
