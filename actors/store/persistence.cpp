#include "actors/store/persistence.hpp"

#include "actors/audit/event_log.hpp"

#include <chrono>
#include <utility>

namespace latchkey {
namespace {

void log_events_of(const storage::unit& unit) {
  for (const auto& fact : unit.facts)
    if (const auto* audited = fact.get_if<storage::add_audit>()) log_audited(audited->entry);
}

} // namespace

caf::result<storage::written> persistence_state::on_commit(messages::commit& request) {
  promise<storage::written> answer{self};
  // Nobody waits for it any more, and it must not happen behind their back.
  if (request.deadline <= clock->steady()) {
    answer.fail(error_code::timeout);
    return answer;
  }
  units.push_back(std::move(request.unit));
  askers.push_back(answer);
  if (units.size() >= batch_units_max) {
    write();
  } else if (!std::exchange(flush_scheduled, true)) {
    self->send(self, messages::flush{});
  }
  return answer;
}

void persistence_state::on_flush(messages::flush&) {
  flush_scheduled = false;
  write();
}

void persistence_state::write() {
  if (units.empty()) return;
  const auto batch = std::exchange(units, {});
  const auto owed = std::exchange(askers, {});
  const auto start = std::chrono::steady_clock::now();
  const auto outcomes = writer->commit(batch);
  const std::chrono::duration<double> taken = std::chrono::steady_clock::now() - start;
  counts->persistence_batch_units.observe(static_cast<double>(batch.size()));
  counts->persistence_commit_seconds.observe(taken.count());
  for (std::size_t i = 0; i < owed.size(); ++i) {
    if (outcomes[i]) {
      log_events_of(batch[i]);
      owed[i].deliver(*outcomes[i]);
    } else {
      owed[i].fail(outcomes[i].error());
    }
  }
}

persistence_actor::behavior_type
persistence(persistence_actor::stateful_pointer<persistence_state> self, storage::store* store,
            const clock_source* clock, metrics* counts) {
  install_default_handlers(self);
  auto* state = &self->state;
  state->self = self;
  state->clock = clock;
  state->counts = counts;
  state->writer = store->open_writer();
  return {handler<&persistence_state::on_commit>(state),
          handler<&persistence_state::on_flush>(state)};
}

} // namespace latchkey
