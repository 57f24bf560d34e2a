// upstream_set.hpp — a server's upstreams, each with its address, its circuit breaker and its
// counts.
#pragma once

#include "config/metrics/metrics.hpp"
#include "gateway/proxy/rules/proxy_routes.hpp"
#include "gateway/proxy/upstream/circuit_breaker.hpp"
#include "gateway/proxy/upstream/user_calls.hpp"

#include <cstddef>
#include <limits>
#include <memory>
#include <vector>

namespace boost::asio::ssl {
class context;
}

namespace latchkey::proxy {

class found_addresses;

/// One a server; every reactor uses it. It lives as long as anybody holds it, but no longer than
/// the metrics.
class upstream_set {
public:
  struct entry {
    entry(const upstream& described, const breaker_settings& limits, metrics& all);

    const upstream& target;
    circuit_breaker breaker;
    upstream_series& counts;
    /// What the reactors' lookups share.
    const std::shared_ptr<found_addresses> addresses;
  };

  /// `user_calls_max`: UPSTREAM_CALLS_PER_USER_MAX.
  upstream_set(proxy_table table, metrics& counts, const breaker_settings& limits = {},
               std::size_t user_calls_max = std::numeric_limits<std::size_t>::max());
  ~upstream_set();
  upstream_set(const upstream_set&) = delete;
  upstream_set& operator=(const upstream_set&) = delete;

  const proxy_table& table() const noexcept { return table_; }
  std::size_t size() const noexcept { return entries_.size(); }
  /// As in `proxy_table::upstreams`.
  entry& at(std::size_t index) noexcept { return *entries_[index]; }
  /// What each user has under way, at whichever upstream.
  const user_calls& calls_of_users() const noexcept { return calls_of_users_; }
  /// For upstreams behind TLS: their certificates must come from an authority that the system
  /// trusts.
  boost::asio::ssl::context& tls() noexcept { return *tls_; }

  /// Brings the breakers' state into the metrics. From any thread.
  void publish_counts() const;

private:
  const proxy_table table_;
  const user_calls calls_of_users_;
  std::vector<std::unique_ptr<entry>> entries_;
  std::unique_ptr<boost::asio::ssl::context> tls_;
};

} // namespace latchkey::proxy
