// connection.hpp — a PostgreSQL connection that is made when first used and made again after it
// broke; no call waits without limit.
#pragma once

#include "storage/postgres/options.hpp"
#include "storage/postgres/round_trip_guard.hpp"
#include "storage/postgres/trouble.hpp"
#include "storage/sql/catalogue.hpp"

#include <atomic>
#include <functional>
#include <memory>
#include <optional>
#include <pqxx/connection>
#include <pqxx/errorhandler>
#include <pqxx/result>
#include <string>
#include <unordered_set>
#include <vector>

namespace latchkey::storage::postgres {

class claim;

/// The use of a connection. A writing connection refuses a read-only server.
enum class use : std::uint8_t { other, reads, writes };

/// What all connections of one store share; they keep it alive.
struct shared {
  secret url;
  postgres_options options;
  std::atomic<std::size_t> open_count{0};
  /// Rises when the server turns out to be read-only: older connections are then made again, for
  /// another server may be the primary by now.
  std::atomic<std::uint64_t> generation{0};
  std::atomic<int> readers_of_standby{0};    // connections that read from a read-only server
  std::atomic<const char*> trouble{nullptr}; // why nothing could be written last; null: it could
  std::shared_ptr<claim> claimed;            // null where no server was asked for
  std::string member; // of a cluster, as text: whose transactions these are; empty: of none
  std::function<void(const std::string&)> lost; // hears that the member was fenced
  round_trip_guard guard;
};

class connection {
public:
  /// `name` is the connection's application_name; letters, digits, `_` and `-`.
  connection(std::shared_ptr<shared> common, std::string name, use purpose = use::other);
  ~connection();
  connection(const connection&) = delete;
  connection& operator=(const connection&) = delete;

  /// Connects when that is needed. STORE_UNAVAILABLE when the server does not answer, or did not
  /// answer a moment ago; `patient` tries in any case.
  std::optional<failure> ensure(bool patient = false);
  /// `why` with advice to the operator; for a failure of `ensure` or after `classify`.
  failure why_not(failure why) const;
  bool is_connected() const noexcept { return link_ != nullptr; }
  /// Forgets the connection.
  void drop() noexcept;

  /// Runs text (several statements with `;` answer the last one's rows). Throws as
  /// libpqxx does; `classify` sorts what it threw.
  pqxx::result execute(const std::string& text);
  /// Runs a statement of the catalogue (`batch`, else `text`), prepared once.
  pqxx::result run(const sql::statement& command, const std::vector<std::string>& parameters = {});
  /// The same; a null pointer is NULL.
  pqxx::result run(const sql::statement& command, const std::vector<const char*>& parameters);
  /// Sorts the exception being handled. Drops the connection when it is lost.
  trouble classify() noexcept;
  /// Whether the last error was that a row refers to one that is not there.
  bool lacks_a_row() const noexcept { return state_ == "23503"; }
  /// Logs the SQLSTATE that `classify` saw last. `classify` itself logs errors that concern more
  /// than one row.
  void log_refusal() const noexcept;

  const std::string& name() const noexcept { return name_; }
  const postgres_options& options() const noexcept { return common_->options; }
  /// Counts connections made, to tell one life from the next.
  std::uint64_t lives() const noexcept { return lives_; }

private:
  /// Arms the guard for as long as one round trip may take.
  class round_trip;

  void connect();
  void set_up();
  void note_standby(bool is_read_only);
  void note_trouble(const char* reason) noexcept;
  template <class Parameters>
  pqxx::result run_prepared(const sql::statement& command, const Parameters& parameters);

  std::shared_ptr<shared> common_;
  std::string name_;
  std::unique_ptr<pqxx::connection> link_;
  std::unique_ptr<pqxx::quiet_errorhandler> quiet_; // goes before link_
  std::shared_ptr<round_trip_guard::slot> slot_;
  std::unordered_set<const char*> prepared_; // names in the catalogue, by address
  std::uint64_t lives_ = 0;
  use purpose_;
  bool on_standby_ = false;
  std::uint64_t generation_ = 0;
  std::string user_;    // quoted, as SQL takes it
  std::string message_; // libpq's, of the last failed attempt to connect; safe to log
  std::string state_;   // SQLSTATE of the last error
  bool is_away_ = false;
  std::chrono::milliseconds backoff_;
  std::chrono::steady_clock::time_point not_before_{};
};

} // namespace latchkey::storage::postgres
