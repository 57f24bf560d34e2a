// redis/rate_windows.hpp — what Redis keeps of the rate windows of all nodes, and what is asked
// of it. Plain and synchronous; used by one thread.
//
// A window is a hash that ends by itself. Units that are lent to a node count as used until the
// node gives them back, so whatever happens to a node, no more than the limit is ever spent. A
// node that is asked to give back what it has been lent finds the window's key in a set of its own.
#pragma once

#include "protocol/result.hpp"
#include "storage/redis/connection.hpp"

#include <chrono>
#include <cstdint>
#include <string>
#include <variant>
#include <vector>

namespace latchkey::storage {

/// Takes some of a window, and begins it when there is none.
struct rate_question {
  std::string key;
  std::uint32_t limit = 0;
  std::uint32_t window_s = 0;
  std::uint32_t wanted = 1; // for those who wait
  /// Beside those, one of so many that are left then is lent; 0: none.
  std::uint32_t lease_divisor = 0;
  std::uint32_t unspent = 0; // of what was lent before
  std::uint32_t owed = 0;    // taken while Redis was away: counts whatever is left
  bool holds = false;        // what is granted may be given back
};
struct rate_answer {
  std::uint32_t granted = 0; // of those wanted
  std::uint32_t leased = 0;  // beside them
  std::uint32_t left = 0;    // for all nodes, after both
  std::chrono::milliseconds ends_in{};
  std::uint64_t window = 0; // its name: another one under this key has another
  std::uint32_t lent = 0;   // to others, when none is left; asked for where it is wanted
  std::uint32_t held = 0;   // of those used: may be given back yet
};

/// All that this node was lent and has not spent.
struct rate_return {
  std::string key;
  std::uint64_t window = 0;
  std::uint32_t unspent = 0;
};
/// One that was held counts, or is there again.
struct rate_settlement {
  std::string key;
  std::uint64_t window = 0;
  bool counts = false;
};
/// All are there again, but those that are held.
struct rate_forgetting {
  std::string key;
};
using rate_change = std::variant<rate_return, rate_settlement, rate_forgetting>;

class redis_rate_windows {
public:
  /// After so long without a word a node is taken for dead, and what it was lent for spent.
  static constexpr std::chrono::seconds lease_ttl{10};

  explicit redis_rate_windows(redis_address address,
                              std::chrono::milliseconds wait_max = redis_connection::patience);

  /// Makes the changes, then asks, in one round trip: an answer to each question.
  /// STORE_UNAVAILABLE: some may have been done.
  result<std::vector<rate_answer>> run(const std::vector<rate_change>& changes,
                                       const std::vector<rate_question>& questions);
  /// The windows of which other nodes want what this one was lent. STORE_UNAVAILABLE.
  result<std::vector<std::string>> recalled();
  result<void> ping() { return connection_.ping(); }
  bool connected() const noexcept { return connection_.connected(); }

private:
  struct call;
  call call_of(const rate_question& question) const;
  call call_of(const rate_return& change) const;
  static call call_of(const rate_settlement& change);
  static call call_of(const rate_forgetting& change);
  /// Sends the scripts' hashes and, to a Redis that does not know them, the scripts.
  result<std::vector<redis_reply>> run(const std::vector<call>& calls);

  std::string node_; // of this process alone
  redis_connection connection_;
};

} // namespace latchkey::storage
