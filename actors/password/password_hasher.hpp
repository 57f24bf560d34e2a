// password_hasher.hpp — hashing without standing in anybody's way.
//
// Argon2id takes milliseconds and 19 MiB, so it runs in a few threads of its own at a
// lower priority. In front of them stands one bounded queue: what does not fit is
// refused at once, and what has waited past its deadline is not hashed any more.
#pragma once

#include "actors/base/behave.hpp"
#include "actors/password/password_hash.hpp"
#include "config/metrics/metrics.hpp"
#include "protocol/interfaces.hpp"

#include <caf/stateful_actor.hpp>
#include <deque>
#include <functional>
#include <vector>

namespace latchkey {

/// What a sign-in hears that finds too many before it. It is the same wherever that is, or it
/// would tell whether the account exists.
failure too_many_sign_ins();

struct hasher_options {
  std::size_t workers = 1;
  std::size_t queue_max = 512; // all workers together
  argon2_cost cost;
};

struct password_hasher_state {
  static inline const char* name = "password_hasher";

  /// Work that waits for a worker. `start` sends it there; `refuse` answers instead.
  struct job {
    time_point deadline;
    std::function<void(const password_hasher_actor& worker, std::size_t index)> start;
    std::function<void(error_code)> refuse;
  };

  password_hasher_actor::pointer self = nullptr;
  const clock_source* clock = nullptr;
  metrics* counts = nullptr;
  counter* overload_refusals = nullptr;
  std::size_t queue_max = 0;
  std::vector<password_hasher_actor> workers;
  std::vector<std::size_t> idle; // indices of workers
  std::size_t lost = 0;          // workers that have ended: never given work again
  std::deque<job> queue;

  password_hasher_state() = default;
  password_hasher_state(const password_hasher_state&) = delete;
  password_hasher_state& operator=(const password_hasher_state&) = delete;
  ~password_hasher_state();

  caf::result<messages::hashed> on_hash(messages::hash_password& request);
  caf::result<messages::verdict> on_verify(messages::verify_password& request);

private:
  template <class Reply, class Request>
  caf::result<Reply> accept(Request& request);
  void start_next();
  void lose_worker();
};

/// `workers` are the hashing threads; a test gives workers without threads.
password_hasher_actor::behavior_type
password_hasher(password_hasher_actor::stateful_pointer<password_hasher_state> self,
                hasher_options options, const clock_source* clock, metrics* counts,
                std::vector<password_hasher_actor> workers);

struct hash_worker_state {
  static inline const char* name = "hash_worker";

  password_hasher_actor::pointer self = nullptr;
  metrics* counts = nullptr;
  counter* compared_with_stored = nullptr;
  counter* compared_with_nothing = nullptr;
  std::unique_ptr<password_hasher_engine> engine;

  caf::result<messages::hashed> on_hash(messages::hash_password& request);
  caf::result<messages::verdict> on_verify(messages::verify_password& request);
};

/// One hashing thread: spawn it detached. It wipes its memory after a second without work.
password_hasher_actor::behavior_type
hash_worker(password_hasher_actor::stateful_pointer<hash_worker_state> self, argon2_cost cost,
            metrics* counts);

} // namespace latchkey
