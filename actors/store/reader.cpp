#include "actors/store/reader.hpp"

#include <utility>

namespace latchkey {

caf::result<messages::login_owner> reader_state::on_login(messages::read_login& request) {
  if (late(request.deadline)) return to_error(error_code::timeout);
  auto found = connection->find_login(request.login_key);
  if (!found) return to_error(found.error());
  return messages::login_owner{*found};
}

caf::result<user_record> reader_state::on_user(messages::read_user& request) {
  if (late(request.deadline)) return to_error(error_code::timeout);
  auto found = connection->find_user(request.id);
  if (!found) return to_error(found.error());
  if (!*found) return to_error(error_code::user_not_found);
  return std::move(**found);
}

caf::result<session_record> reader_state::on_session(messages::read_session& request) {
  if (late(request.deadline)) return to_error(error_code::timeout);
  auto found = connection->find_session(request.id);
  if (!found) return to_error(found.error());
  if (!*found) return to_error(error_code::token_invalid);
  return std::move(**found);
}

caf::result<messages::found> reader_state::on_read(messages::read& request) {
  if (late(request.deadline)) return to_error(error_code::timeout);
  auto found = connection->find(request.query);
  if (!found) return to_error(found.error());
  return messages::found{std::move(*found)};
}

caf::result<messages::done> reader_state::on_ping(messages::ping_store& request) {
  if (late(request.deadline)) return to_error(error_code::timeout);
  auto answered = connection->ping();
  if (!answered) return to_error(answered.error());
  return messages::done{};
}

reader_actor::behavior_type reader(reader_actor::stateful_pointer<reader_state> self,
                                   storage::store* store, const clock_source* clock) {
  install_default_handlers(self);
  auto* state = &self->state;
  state->clock = clock;
  state->connection = store->open_reader();
  return {handler<&reader_state::on_login>(state), handler<&reader_state::on_user>(state),
          handler<&reader_state::on_session>(state), handler<&reader_state::on_read>(state),
          handler<&reader_state::on_ping>(state)};
}

} // namespace latchkey
