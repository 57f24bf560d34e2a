// persistence.hpp — the batching actor: one writing connection, group commit by mailbox.
//
// The first commit schedules a flush to the actor itself; whatever is in the mailbox
// already comes before it and shares the transaction. While one COMMIT runs, the next
// batch gathers. There is no timer to tune.
#pragma once

#include "actors/base/behave.hpp"
#include "config/metrics/metrics.hpp"
#include "protocol/interfaces.hpp"
#include "protocol/time.hpp"
#include "storage/store.hpp"

#include <caf/stateful_actor.hpp>
#include <memory>
#include <vector>

namespace latchkey {

struct persistence_state {
  static inline const char* name = "persistence";

  /// Units that share a transaction; a fuller mailbox makes more transactions.
  static constexpr std::size_t batch_units_max = 512;

  persistence_actor::pointer self = nullptr;
  const clock_source* clock = nullptr;
  metrics* counts = nullptr;
  std::unique_ptr<storage::writer> writer;
  std::vector<storage::unit> units;
  std::vector<promise<storage::written>> askers; // one a unit
  bool flush_scheduled = false;

  caf::result<storage::written> on_commit(messages::commit& request);
  void on_flush(messages::flush&);

private:
  void write();
};

/// Spawn it detached: it blocks on the database.
persistence_actor::behavior_type
persistence(persistence_actor::stateful_pointer<persistence_state> self, storage::store* store,
            const clock_source* clock, metrics* counts);

} // namespace latchkey
