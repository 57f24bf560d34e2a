// address_lookup.hpp — the addresses of one upstream. The system's resolver cannot be interrupted,
// so a detached thread asks it, one question at a time; private to the proxy.
#pragma once

#include "gateway/proxy/upstream/turn_queue.hpp"
#include "protocol/result.hpp"

#include <boost/asio/ip/tcp.hpp>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

namespace latchkey::proxy {

/// The addresses of one upstream that any reactor found last. A reactor that never asked before the
/// resolver went away goes on with what another knows.
class found_addresses {
public:
  using endpoints = std::vector<boost::asio::ip::tcp::endpoint>;

  void keep(endpoints found);
  endpoints get() const;

private:
  mutable std::mutex mutex_;
  endpoints found_;
};

/// Used on the reactor's thread alone.
class address_lookup {
public:
  using endpoints = found_addresses::endpoints;
  using deadline_point = std::chrono::steady_clock::time_point;
  /// What is asked, on a thread of its own that may outlive this; empty: there are none.
  using question = std::function<endpoints(const std::string& host, std::uint16_t port)>;

  struct durations {
    /// How long an answer stands, and after how long it is asked again when there was none.
    std::chrono::milliseconds stands_for{4'000};
    std::chrono::milliseconds asked_again_after{1'000};
    /// How long a new answer is waited for while an old one is there.
    std::chrono::milliseconds patience{200};
  };

  /// `shared` is what the other reactors use.
  address_lookup(boost::asio::io_context& io, std::string host, std::uint16_t port,
                 std::shared_ptr<found_addresses> shared);
  /// With another resolver than the system's.
  address_lookup(boost::asio::io_context& io, std::string host, std::uint16_t port,
                 std::shared_ptr<found_addresses> shared, question ask, const durations& how_long);
  /// No coroutine may wait any more, except those that `close` calls.
  ~address_lookup();
  address_lookup(const address_lookup&) = delete;
  address_lookup& operator=(const address_lookup&) = delete;

  /// The addresses: those that were found last for as long as no new ones can be. Empty when
  /// nobody ever found any, or none are known at the deadline.
  awaitable<endpoints> find(deadline_point deadline);
  /// Asks anew, when it is time to, and does not wait.
  void refresh();
  /// Whether a connection to that address is to be used again: not when it is one that was and is
  /// no longer.
  bool has(const boost::asio::ip::tcp::endpoint& endpoint) const;
  void close() { waiting_.call_all(); }

private:
  struct flight;
  void begin();
  void land(endpoints found);
  bool is_fresh() const;

  boost::asio::io_context& io_;
  const std::string host_;
  const std::uint16_t port_;
  const std::shared_ptr<found_addresses> shared_;
  const question ask_;
  const durations how_long_;
  bool is_numeric_ = false;
  endpoints known_;
  deadline_point asked_at_{}; // when the last answer came, or that there is none
  bool has_failed_ = false;   // the last one
  turn_queue waiting_;
  std::shared_ptr<flight> flight_; // the thread that is still asking
};

} // namespace latchkey::proxy
