// memory_tables.hpp — the rules of storage/store.hpp over plain maps: what the fake stores
// and how its facts win or lose.
#pragma once

#include "storage/store.hpp"

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace latchkey::test {

class memory_tables {
public:
  struct session_row {
    session_record record;
    std::string end_reason;
  };

  /// Writes a unit whole or not at all.
  result<storage::written> apply(const storage::unit& u);

  std::map<user_id, user_record> users;
  std::map<std::string, user_id> names;
  std::map<session_id, session_row> sessions;
  std::map<uuid, audit_record> audits;

private:
  using maybe_failure = std::optional<failure>;

  maybe_failure write(const storage::create_user& f, storage::written& note);
  maybe_failure write(const storage::set_password_hash& f, storage::written& note);
  maybe_failure write(const storage::create_session& f, storage::written& note);
  maybe_failure write(const storage::rotate_session& f, storage::written& note);
  maybe_failure write(const storage::end_session& f, storage::written& note);
  maybe_failure write(const storage::end_sessions_of& f, storage::written& note);
  maybe_failure write(const storage::add_audit& f, storage::written& note);
  maybe_failure write(const storage::touch_login& f, storage::written& note);
  void end(session_row& row, time_point at, const std::string& reason, storage::written& note);

  /// Remembers how an entry was, for a unit that loses further on.
  template <class Map>
  void keep(Map& map, const typename Map::key_type& key);

  std::int64_t last_number_ = 0;
  std::vector<std::function<void()>> undo_;
};

} // namespace latchkey::test
