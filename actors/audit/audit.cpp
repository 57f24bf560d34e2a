#include "actors/audit/audit.hpp"

#include <functional>
#include <utility>

namespace latchkey {

result<time_point> newest_audit_time(storage::reader& from) {
  storage::list_audit question;
  question.limit = 1;
  const auto newest = from.answer_to(std::move(question));
  if (!newest) return fail(newest.error());
  return newest->empty() ? time_point{} : newest->front().at;
}

task<messages::done> audit_state::on_record(messages::record_audit request) {
  const auto writer = writers[std::hash<uuid>{}(request.entry.id) % writers.size()];
  storage::unit unit{{storage::add_audit{std::move(request.entry)}}};
  messages::commit commit{std::move(unit), request.deadline};
  const auto written = co_await ask(writer, std::move(commit));
  if (!written) co_return written.error();
  co_return messages::done{};
}

audit_actor::behavior_type audit(audit_actor::stateful_pointer<audit_state> self,
                                 std::vector<persistence_actor> writers) {
  install_default_handlers(self);
  auto* state = &self->state;
  state->self = self;
  state->writers = std::move(writers);
  return {handler<&audit_state::on_record>(state)};
}

} // namespace latchkey
