// steady_load.hpp — clients that use a cluster without a pause, retry at another node what got no
// answer, and keep a log of what was acked.
#pragma once

#include "tests/product/cluster/few_servers.hpp"

#include <array>
#include <atomic>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <random>
#include <set>
#include <string>
#include <thread>
#include <vector>

namespace latchkey::test {

class steady_load {
public:
  /// Ports of the nodes, by place; 0: it does not serve now. Read by every thread.
  using port_list = std::array<std::atomic<std::uint16_t>, 3>;

  /// Asks a node; its answer, status 0 when it does not serve now. std::runtime_error: there is
  /// none.
  using asker = std::function<http_reply(std::size_t node, const http_call& call)>;

  /// The nodes know `service_keys` (integration.hpp).
  steady_load(port_list& ports, std::uint64_t seed);
  steady_load(std::size_t nodes, std::uint64_t seed, asker ask_node);
  /// As `stop`.
  ~steady_load();
  steady_load(const steady_load&) = delete;
  steady_load& operator=(const steady_load&) = delete;

  void begin();
  /// Ends the clients; each finishes what it asks.
  void stop();

  std::uint64_t acks() const noexcept { return acks_; }
  /// Waits until so many more acks have come; fails the test when that takes a minute.
  void await_acks(std::uint64_t more) const;

  /// Holds the log against the database: what was acked is there once, what has ended has ended.
  /// Whoever was signed in and asked for no end is signed in, at every node. Call after `stop`.
  void check(const test_store& store);

private:
  /// What one client has been told.
  struct client {
    std::mt19937_64 chance;
    std::vector<std::string> users;  // registrations that were acked
    std::vector<std::string> ended;  // access tokens of sessions whose logout was acked
    std::vector<std::string> keys;   // names of API keys that were acked
    std::vector<std::string> told;   // ids of sessions that a service has told of, live ones
    std::vector<std::string> untold; // and of those of which it has told the end
    std::vector<std::string> wrong;  // answers that must not be
    tokens line;                     // of the session that is refreshed again and again
    std::string owner;               // its user
    long owner_number = 0;
  };

  void live(client& own);
  void register_somebody(client& own);
  void refresh(client& own);
  void validate(client& own);
  void sign_in_and_out(client& own);
  void make_key(client& own);
  /// What another service says of its own sessions.
  void sync_session(client& own);
  /// The answer of some node; asks another one when there is none, or a 5xx.
  http_reply ask(client& own, const http_call& call);
  std::optional<http_reply> try_once(client& own, const http_call& call);
  /// Each node that answers refuses it.
  void expect_refused(client& own, const std::string& access_token);

  std::size_t nodes_;
  asker ask_node_;
  std::vector<client> clients_;
  std::vector<std::thread> threads_;
  std::atomic<bool> is_over_{false};
  std::atomic<std::uint64_t> acks_{0};
};

} // namespace latchkey::test
