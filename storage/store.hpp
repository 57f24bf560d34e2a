// store.hpp — the interface of a database. It is plain and synchronous: an engine knows nothing of
// actors; the persistence and reader actors call it.
#pragma once

#include "protocol/facts/facts.hpp"
#include "protocol/result.hpp"
#include "storage/members.hpp"

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace latchkey::storage {

/// A connection that writes; for one thread.
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

/// A connection that reads; for one thread. Absence is an empty optional; an error is the store's.
class reader {
public:
  virtual ~reader() = default;

  /// `login_key` is a folded username or email.
  virtual result<std::optional<user_id>> find_login(std::string_view login_key) = 0;
  virtual result<std::optional<user_record>> find_user(const user_id& id) = 0;
  /// Ended and expired sessions are found too; the caller looks at the record.
  virtual result<std::optional<session_record>> find_session(const session_id& id) = 0;
  /// Answers with the alternative of `finding` at the query's position in `query`.
  virtual result<finding> find(const query& q) = 0;
  virtual result<std::int64_t> count_users() = 0;
  /// Whether the database answers and, if the last write failed, whether it can be written now.
  /// A failure with the field "database" gives the reason in a few words that anybody may read.
  virtual result<void> ping() = 0;

  /// `find` for one kind of query.
  template <class Query>
  result<typename Query::answer> answer_to(Query q) {
    auto found = find(query(std::move(q)));
    if (!found) return fail(std::move(found.error()));
    return std::move(found->template get<typename Query::answer>());
  }
};

/// A database: makes connections and brings the schema up to date. Thread-safe.
class store {
public:
  virtual ~store() = default;

  virtual std::unique_ptr<reader> open_reader() = 0;
  virtual std::unique_ptr<writer> open_writer() = 0;
  /// Applies what is missing of the versioned migrations under a lock; answers the
  /// names of those it applied. Refuses a schema that is too new for this program.
  virtual result<std::vector<std::string>> migrate() = 0;
  /// Succeeds when this program works with the schema. CONFLICT, with the schema that was found and
  /// what to do about it, when it is older, too new or missing. Changes nothing.
  virtual result<void> check_schema() = 0;

  /// Makes this process the one server of the database until it ends; to be called before
  /// `migrate` and before any connection is opened. `holder` describes the process. CONFLICT when
  /// another server is at work, with a sentence that names it; CONFLICT also when the way to the
  /// database does not keep sessions (a pooler in transaction mode). A crashed server is in
  /// nobody's way. `lost` hears, on any thread, the sentence of why this process is not the one
  /// server any more: nothing is written from then on.
  virtual result<void> claim(const std::string& holder,
                             std::function<void(const std::string&)> lost) = 0;
  /// The same for one of several servers: those of a cluster use the database together, and none
  /// beside them. What it writes fails once its row in the table of members is removed, and `lost`
  /// hears so. CONFLICT also when the engine serves one process alone, as most do.
  virtual result<void> claim_as_member(const member_id&, const std::string& /*holder*/,
                                       std::function<void(const std::string&)> /*lost*/) {
    return fail(error_code::conflict, "DATABASE_URL",
                "the members of a cluster share a PostgreSQL database, and this is none");
  }
  /// Null where there are no clusters.
  virtual std::unique_ptr<member_table> open_member_table() { return nullptr; }
  /// What was written under that name by `write_note`; needs the schema.
  virtual result<std::optional<std::string>> read_note(std::string_view name) = 0;
  virtual result<void> write_note(std::string_view name, std::string_view value) = 0;
  /// Whether any session has neither ended nor expired.
  virtual result<bool> has_live_sessions(time_point now) = 0;
  /// Writes a whole copy of the database as of now to a new file, beside a running server too.
  /// CONFLICT when there is such a file, or when the engine has a tool of its own for it.
  virtual result<void> back_up(const std::string& path) = 0;

  /// "postgresql" or "sqlite".
  virtual std::string_view engine() const noexcept = 0;
  /// Connections open right now, for the metrics.
  virtual std::size_t open_connections() const noexcept = 0;
  /// Bytes of the log beside the file, at the last commit, for the metrics; 0 where there is none.
  virtual std::int64_t log_bytes() const noexcept = 0;
};

/// `postgresql://…` or a libpq connection string, opened through libpqxx; every connection
/// is made when first used. Timeouts: storage/postgres/options.hpp.
std::unique_ptr<store> open_postgres(const secret& url);
/// A file in WAL mode with synchronous=FULL; its folder must exist.
std::unique_ptr<store> open_sqlite(const std::string& path);

} // namespace latchkey::storage
