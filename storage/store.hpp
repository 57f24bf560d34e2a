// store.hpp — what may be asked of a database. Plain and synchronous: an engine knows
// nothing of actors; the persistence and reader actors stand outside and call it.
#pragma once

#include "protocol/records.hpp"
#include "protocol/result.hpp"

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace latchkey::storage {

// -- facts: what can be made durable --------------------------------------------

/// Adds a user, its profile and its login names. Loses with USER002 and the field
/// ("username" or "email") when either name, folded, belongs to anybody already, as a
/// username or as an email; with the field "number" or "id" when that is taken.
/// `user.number` 0 takes the next from the sequence; another moves the sequence past it.
/// A number is never given twice.
struct create_user {
  user_record user;
  std::string username_key; // folded (protocol/login_name.hpp)
  std::string email_key;    // folded
};

/// Replaces the password hash if the user still has `based_on` as its version; loses
/// with CONFLICT (field "version") when it does not, USER001 when there is no such user.
struct set_password_hash {
  user_id user;
  std::int64_t based_on = 0;
  secret password_hash;
  time_point at{};
};

/// Adds a session. Loses with USER001 when the user is missing or inactive, with CONFLICT
/// (field "session") when the id is taken. `user_number` and `user_role` are not written.
struct create_session {
  session_record session;
};

/// Moves a live, unexpired session's counter from `from` to `from + 1`; loses with
/// AUTH003 when it has ended, has expired or has another counter.
struct rotate_session {
  session_id session;
  std::uint64_t from = 0;
  time_point at{};
};

/// Ends a session. Ending one that has ended already, or that never was, succeeds and
/// counts nothing; one that has expired is marked as ended and counts nothing either.
struct end_session {
  session_id session;
  time_point at{};
  std::string reason; // "logout", "refresh_reused", …
};

/// Ends every live session of a user but `keep`.
struct end_sessions_of {
  user_id user;
  std::optional<session_id> keep;
  time_point at{};
  std::string reason;
};

/// Adds a line; one whose id is there already changes nothing, so that a unit whose outcome
/// was unknown may be sent again.
struct add_audit {
  audit_record entry;
};

/// May be lost: the time of the last login. Does not touch `version`.
struct touch_login {
  user_id user;
  time_point at{};
};

using fact = std::variant<create_user, set_password_hash, create_session, rotate_session,
                          end_session, end_sessions_of, add_audit, touch_login>;

/// Facts that become durable together or not at all, in the order given. A unit with text
/// that is not UTF-8, holds a NUL or is longer than its column, with a nil id, or with a
/// number or a time out of range fails with VALIDATION_ERROR and the field
/// (storage/fact_check.hpp has the limits).
struct unit {
  std::vector<fact> facts;
};

/// What a unit's writer may want to know of it.
struct written {
  std::int64_t user_number = 0;    // of the user it created
  std::int64_t sessions_ended = 0; // live sessions that it ended
};

// -- the interfaces -----------------------------------------------------------------

/// One connection that writes. Used by one thread.
class writer {
public:
  virtual ~writer() = default;

  /// Makes a batch durable in as few transactions and round trips as it can. Answers
  /// one outcome a unit, in order, only after COMMIT; a unit that loses or cannot be
  /// written fails alone. Units that touch the same user, session or name take effect in
  /// their order. Never throws. `store_unavailable`: nothing was written, the
  /// connection heals by itself at a later call. `outcome_unknown`: COMMIT was sent and
  /// its result could not be learnt.
  virtual std::vector<result<written>> commit(std::span<const unit> batch) = 0;
};

/// One connection that reads. Used by one thread. Absence is an empty optional; an
/// error is the store's.
class reader {
public:
  virtual ~reader() = default;

  /// `login_key` is a folded username or email.
  virtual result<std::optional<user_id>> find_login(std::string_view login_key) = 0;
  virtual result<std::optional<user_record>> find_user(const user_id& id) = 0;
  virtual result<std::optional<user_record>> find_user_by_number(std::int64_t number) = 0;
  /// Ended and expired sessions are found too; the caller looks at the record.
  virtual result<std::optional<session_record>> find_session(const session_id& id) = 0;
  /// Live ones only, oldest first, at most `limit`.
  virtual result<std::vector<session_record>> live_sessions_of(const user_id& id, time_point now,
                                                               std::size_t limit) = 0;
  virtual result<std::int64_t> count_users() = 0;
  /// Whether the database answers.
  virtual result<void> ping() = 0;
};

/// A database: makes connections and brings the schema up to date. Thread-safe.
class store {
public:
  virtual ~store() = default;

  virtual std::unique_ptr<reader> open_reader() = 0;
  virtual std::unique_ptr<writer> open_writer() = 0;
  /// Applies what is missing of the versioned migrations under a lock; answers the
  /// names of those it applied. Refuses a schema newer than this program.
  virtual result<std::vector<std::string>> migrate() = 0;
  /// "postgresql" or "sqlite".
  virtual std::string_view engine() const noexcept = 0;
  /// Connections open right now, for the metrics.
  virtual std::size_t open_connections() const noexcept = 0;
};

/// `postgresql://…` or a libpq connection string, opened through libpqxx; every connection
/// is made when first used. Timeouts: storage/postgres/options.hpp.
std::unique_ptr<store> open_postgres(const secret& url);
/// A file in WAL mode with synchronous=FULL; its folder must exist.
std::unique_ptr<store> open_sqlite(const std::string& path);

} // namespace latchkey::storage
