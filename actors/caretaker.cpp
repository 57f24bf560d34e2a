#include "actors/caretaker.hpp"

#include "config/log.hpp"

#include <utility>

namespace latchkey {

void caretaker_state::on_sweep(messages::sweep&) {
  const auto now = with->now();
  const auto& policy = with->policy;
  std::deque<storage::fact> left;
  if (policy.session_history.count() > 0)
    left.emplace_back(storage::forget_sessions{now - policy.session_history, care_slice_max});
  if (policy.audit_history.count() > 0)
    left.emplace_back(storage::forget_audits{now - policy.audit_history, care_slice_max});
  forget(std::move(left));
}

void caretaker_state::forget(std::deque<storage::fact> left) {
  if (left.empty()) return rest();
  messages::commit request{{{left.front()}}, with->now() + with->policy.internal_deadline};
  self->request(with->writers.back(), no_timeout, std::move(request))
      .then(
          [this, left](storage::written& written) mutable {
            if (written.forgotten < static_cast<std::int64_t>(care_slice_max)) left.pop_front();
            forget(std::move(left));
          },
          [this](caf::error& error) {
            log_warning(name, "cannot forget what is over: ", name_of(to_failure(error).code));
            rest();
          });
}

void caretaker_state::rest() {
  self->delayed_send(caretaker_actor{self}, care_every, messages::sweep{});
}

caretaker_actor::behavior_type caretaker(caretaker_actor::stateful_pointer<caretaker_state> self,
                                         services_ptr with) {
  quiet(self);
  auto* state = &self->state;
  state->self = self;
  state->with = std::move(with);
  self->send(caretaker_actor{self}, messages::sweep{});
  return {handler(state, &caretaker_state::on_sweep)};
}

} // namespace latchkey
