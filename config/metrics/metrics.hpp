// metrics.hpp — what the server counts of itself, for Prometheus to scrape.
//
// Counting is a relaxed atomic addition or two and never takes a lock; names and text
// come together only when scraped. What "Flask Service Integration Documentation",
// Metrics, lists is here (HTTP counts and durations, database and Redis connections).
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace prometheus {
struct MetricFamily;
}

namespace latchkey {

/// Only rises.
class counter {
public:
  void add(std::uint64_t n = 1) noexcept { value_.fetch_add(n, std::memory_order_relaxed); }
  std::uint64_t value() const noexcept { return value_.load(std::memory_order_relaxed); }

private:
  std::atomic<std::uint64_t> value_{0};
};

/// Rises and falls.
class gauge {
public:
  void set(std::int64_t value) noexcept { value_.store(value, std::memory_order_relaxed); }
  void add(std::int64_t n) noexcept { value_.fetch_add(n, std::memory_order_relaxed); }
  std::int64_t value() const noexcept { return value_.load(std::memory_order_relaxed); }

private:
  std::atomic<std::int64_t> value_{0};
};

/// Counts observations in buckets. `bounds` must outlive it, ascend, and hold at most
/// `buckets_max - 1` values; the sum is kept to the millionth.
class histogram {
public:
  static constexpr std::size_t buckets_max = 16;

  explicit histogram(std::span<const double> bounds) noexcept : bounds_(bounds) {}
  void observe(double value) noexcept;
  std::span<const double> bounds() const noexcept { return bounds_; }
  /// Not cumulative; the last is of what lies above every bound.
  std::uint64_t in_bucket(std::size_t index) const noexcept {
    return counts_[index].load(std::memory_order_relaxed);
  }
  double sum() const noexcept;

private:
  std::span<const double> bounds_;
  std::array<std::atomic<std::uint64_t>, buckets_max> counts_{};
  std::atomic<std::uint64_t> sum_millionths_{0};
};

/// The requests of one route: `http_requests_total` by status, and
/// `http_request_duration_seconds`. Each thread counts in a stripe of its own, so that
/// reactors do not take one another's cache lines.
class http_series {
public:
  static constexpr std::size_t stripes = 8;
  static constexpr std::size_t statuses_max = 48;

  /// `status` is an HTTP status; `seconds` from the request's last byte to the reply.
  void observe(unsigned status, double seconds) noexcept;

private:
  friend class metrics;
  struct alignas(64) stripe {
    std::array<std::atomic<std::uint64_t>, statuses_max> by_status{};
    std::array<std::atomic<std::uint64_t>, histogram::buckets_max> by_duration{};
    std::atomic<std::uint64_t> nanoseconds{0};
  };
  std::array<stripe, stripes> stripes_{};
};

/// The requests to one upstream, named by the label `upstream`.
struct upstream_series {
  upstream_series();

  counter answered;     // upstream_requests_total{outcome="answered"}: whatever was said
  counter failed;       // "failed": refused, reset, broken off, no HTTP
  counter timed_out;    // "timed_out": no answer in time
  counter refused;      // "refused": not asked, by the breaker or for want of a connection
  counter abandoned;    // "abandoned": whoever asked has gone
  counter cut;          // upstream_bodies_cut_total: answers that ended too early
  counter retries;      // upstream_retries_total
  histogram seconds;    // upstream_request_duration_seconds: to the answer's head
  gauge connections;    // upstream_connections
  gauge waiting;        // upstream_requests_waiting: for a connection
  gauge breaker;        // upstream_breaker_state: 0 closed, 1 half-open, 2 open
  gauge breaker_opened; // upstream_breaker_openings_total
};

/// All of them. Thread-safe; lives as long as the server.
class metrics {
public:
  static constexpr std::size_t http_series_max = 1024;
  static constexpr std::size_t outcomes_max = 32; // of each counter with a label

  metrics();
  ~metrics();
  metrics(const metrics&) = delete;
  metrics& operator=(const metrics&) = delete;

  /// The series of a method and a route's pattern ("/auth/me", never a path with ids).
  /// It takes a lock: ask once at start and keep the reference, which lives as long as
  /// this. Past `http_series_max` all share one, method and route "other".
  http_series& series(std::string_view method, std::string_view route);

  /// By label; each takes a lock: ask once and keep the reference, which lives as long
  /// as this. Past `outcomes_max` all share the label "other".
  counter& logins(std::string_view outcome);              // logins_total{outcome}
  counter& refreshes(std::string_view outcome);           // refresh_total{outcome}
  counter& overload_refusals(std::string_view kind);      // overload_refusals_total{kind}
  counter& password_checks(std::string_view against);     // password_checks_total{against}
  counter& mails(std::string_view outcome);               // mails_total{outcome}
  counter& workflows(std::string_view event);             // workflows_total{what}
  counter& live_messages_received(std::string_view type); // live_messages_received_total{type}
  counter& live_messages_sent(std::string_view type);     // live_messages_sent_total{type}

  /// Of the upstream of that name; as `series` is.
  upstream_series& upstream(std::string_view name);

  gauge live_sockets;                   // live_sockets_open: WebSockets
  counter statuses_overtaken;           // live_statuses_overtaken_total: not sent, newer ones were
  gauge database_connections;           // database_connections: open now
  gauge database_log_bytes;             // database_log_bytes: of SQLite's log at the last commit
  gauge redis_connections;              // redis_connections: open after the last command
  gauge sessions_live;                  // sessions_live: session actors in memory
  gauge memory_trusted;                 // memory_trusted: 1 when what is remembered counts, else 0
  gauge cluster_members;                // cluster_members: of the newest table; alone: 0
  counter cluster_frames;               // cluster_frames_sent_total: to other nodes
  counter cluster_bytes;                // cluster_bytes_sent_total: of those, before encryption
  gauge connections_open;               // connections_open: accepted sockets
  gauge requests_in_flight;             // requests_in_flight: read and not yet answered
  gauge hashing_queue_depth;            // hashing_queue_depth: passwords waiting for a worker
  gauge workflows_running;              // workflows_running: in memory, not ended
  counter workflow_statuses;            // workflow_statuses_total: made durable
  counter workflow_replays;             // workflow_replays_total: to sockets, of missed statuses
  gauge mails_waiting;                  // mails_waiting: not sent yet; counts at most 256
  histogram hashing_seconds;            // hashing_duration_seconds: one hash, without the wait
  histogram persistence_batch_units;    // persistence_batch_units: units a transaction
  histogram persistence_commit_seconds; // persistence_commit_seconds: one batch, begin to COMMIT

  /// Prometheus' text format, version 0.0.4; the process's own figures (memory, CPU,
  /// descriptors) are read at this moment.
  std::string render() const;
  /// The `Content-Type` of what `render` answers.
  static constexpr std::string_view content_type = "text/plain; version=0.0.4; charset=utf-8";

private:
  struct tables;
  void append_http(std::vector<prometheus::MetricFamily>& out) const;
  std::unique_ptr<tables> tables_;
};

} // namespace latchkey
