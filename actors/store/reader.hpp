// reader.hpp — the reader actor: one reading connection.
#pragma once

#include "actors/base/behave.hpp"
#include "protocol/interfaces.hpp"
#include "protocol/time.hpp"
#include "storage/store.hpp"

#include <caf/stateful_actor.hpp>
#include <memory>

namespace latchkey {

struct reader_state {
  static inline const char* name = "reader";

  const clock_source* clock = nullptr;
  std::unique_ptr<storage::reader> connection;

  caf::result<messages::login_owner> on_login(messages::read_login& request);
  caf::result<user_record> on_user(messages::read_user& request);
  caf::result<session_record> on_session(messages::read_session& request);
  caf::result<messages::found> on_read(messages::read& request);
  caf::result<messages::done> on_ping(messages::ping_store& request);

private:
  bool late(time_point deadline) const { return deadline <= clock->steady(); }
};

/// Spawn it detached: it blocks on the database.
reader_actor::behavior_type reader(reader_actor::stateful_pointer<reader_state> self,
                                   storage::store* store, const clock_source* clock);

} // namespace latchkey
