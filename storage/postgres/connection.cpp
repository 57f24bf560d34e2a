#include "storage/postgres/connection.hpp"

#include "config/log.hpp"
#include "storage/postgres/claim.hpp"
#include "storage/postgres/connection_target.hpp"

#include <algorithm>
#include <pqxx/except>
#include <pqxx/nontransaction>
#include <pqxx/prepared_statement>
#include <pqxx/version>
#include <string_view>
#include <utility>

#if defined(__SANITIZE_ADDRESS__) && PQXX_VERSION_MAJOR < 7
// Version 6 loses libpq's last result, 2 KiB, each time it finds its connection broken.
extern "C" const char* __lsan_default_suppressions();
extern "C" const char* __lsan_default_suppressions() {
  return "leak:libpqxx-6\n";
}
#endif

namespace latchkey::storage::postgres {

namespace {

/// Logs a warning with the first line of a library's message. A log line is not worth a batch.
void log_trouble(const char* about, std::string_view message) noexcept {
  try {
    log_warning("storage", about, ": ", message.substr(0, message.find('\n')));
  } catch (...) {
  }
}

/// libpq's message about a server that it reached or tried to reach. Its message about a connection
/// string that it cannot read quotes a part of it, which may be the password: that is replaced.
std::string_view fit_to_log(std::string_view message) noexcept {
  if (message.rfind("connection to server ", 0) == 0) return message;
  if (message.rfind("the server is read-only", 0) == 0) return message;
  if (message.rfind("could not translate host name", 0) == 0) return "its host name is not known";
  return "the connection is refused or DATABASE_URL is not understood";
}

} // namespace

class connection::round_trip {
public:
  explicit round_trip(connection& c) : slot_(c.slot_.get()) {
    if (slot_ != nullptr)
      slot_->arm(std::chrono::steady_clock::now() + c.common_->options.round_trip_timeout);
  }
  ~round_trip() {
    if (slot_ != nullptr) slot_->disarm();
  }
  round_trip(const round_trip&) = delete;
  round_trip& operator=(const round_trip&) = delete;

private:
  round_trip_guard::slot* slot_;
};

connection::connection(std::shared_ptr<shared> common, std::string name, use purpose)
    : common_(std::move(common)), name_(std::move(name)), purpose_(purpose),
      backoff_(common_->options.backoff_first) {}

connection::~connection() {
  drop();
}

void connection::drop() noexcept {
  if (!link_) return;
  slot_.reset();
  quiet_.reset();
  link_.reset();
  prepared_.clear();
  if (std::exchange(on_standby_, false)) --common_->readers_of_standby;
  --common_->open_count;
}

std::optional<failure> connection::ensure(bool patient) {
  if (link_ && generation_ != common_->generation) drop();
  if (link_) return std::nullopt;
  const auto now = std::chrono::steady_clock::now();
  if (patient || now >= not_before_) {
    try {
      connect();
      if (std::exchange(is_away_, false)) log_trouble("PostgreSQL", "connected again");
      backoff_ = common_->options.backoff_first;
      not_before_ = {};
      return std::nullopt;
    } catch (const std::exception& e) {
      message_ = fit_to_log(e.what());
      message_.resize(std::min(message_.find('\n'), message_.size()));
      // Logged once, not at every attempt until the server is back.
      if (!std::exchange(is_away_, true))
        log_trouble("cannot connect to PostgreSQL", fit_to_log(e.what()));
      drop();
    }
    not_before_ = std::chrono::steady_clock::now() + backoff_;
    backoff_ = std::min(backoff_ * 2, common_->options.backoff_max);
  }
  return failure{error_code::store_unavailable, {}, "the database does not answer", 1};
}

void connection::connect() {
  generation_ = common_->generation;
  auto made = std::make_unique<pqxx::connection>(connection_target(common_->url, common_->options));
#if PQXX_VERSION_MAJOR < 7
  // Version 6 would reconnect by itself in the middle of a transaction and go on outside
  // one. (Deprecated there because version 7 never does it.)
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wdeprecated-declarations"
  made->inhibit_reactivation(true);
#pragma GCC diagnostic pop
#endif
  link_ = std::move(made);
  ++common_->open_count;
  ++lives_;
  const char* user = link_->username();
  user_ = user == nullptr ? "…" : link_->quote_name(user);
  quiet_ = std::make_unique<pqxx::quiet_errorhandler>(*link_);
  slot_ = common_->guard.watch(link_->sock());
  set_up();
}

void connection::set_up() {
  const auto ms = [](std::chrono::milliseconds t) { return std::to_string(t.count()); };
  const auto& o = common_->options;
  // Every statement of ours looks rows up in an index or walks along one. The planner may see small
  // tables when it plans and keeps the plan of a prepared statement, so it must not choose to read
  // whole tables. No statement is worth compiling.
  execute("SET application_name = '" + name_ +
          "'; SET client_encoding = 'UTF8'; "
          "SET TimeZone = 'UTC'; SET DateStyle = 'ISO'; SET bytea_output = 'hex'; "
          "SET default_transaction_isolation = 'read committed'; "
          "SET statement_timeout = " +
          ms(o.statement_timeout) +
          "; "
          "SET lock_timeout = " +
          ms(o.lock_timeout) +
          "; "
          "SET idle_in_transaction_session_timeout = " +
          ms(2 * o.round_trip_timeout) +
          "; "
          "SET enable_seqscan = off; SET enable_hashjoin = off; SET enable_mergejoin = off; SET "
          "jit = off; "
          "SET plan_cache_mode = 'force_generic_plan'; "
          // A commit must be durable, whatever the server's default.
          "SELECT set_config('synchronous_commit', 'on', false) "
          "WHERE current_setting('synchronous_commit') = 'off'");
  const bool is_read_only =
      execute("SELECT current_setting('transaction_read_only')")[0][0].as<std::string>() == "on";
  note_standby(is_read_only);
  if (purpose_ != use::other && common_->claimed)
    common_->claimed->confirm(*this, purpose_ == use::writes);
}

void connection::note_standby(bool is_read_only) {
  if (purpose_ == use::writes) {
    if (is_read_only) {
      note_trouble("the server is read-only");
      throw pqxx::broken_connection("the server is read-only: it is a standby, or "
                                    "default_transaction_read_only is on");
    }
    // Connections that read from a standby meanwhile would not see what is written now.
    if (common_->readers_of_standby > 0) generation_ = ++common_->generation;
  } else if (purpose_ == use::reads && is_read_only) {
    on_standby_ = true;
    ++common_->readers_of_standby;
  }
}

void connection::note_trouble(const char* reason) noexcept {
  if (purpose_ == use::writes) common_->trouble = reason;
}

pqxx::result connection::execute(const std::string& text) {
  const round_trip guarded(*this);
  pqxx::nontransaction plain(*link_);
  return plain.exec(text);
}

template <class Parameters>
pqxx::result connection::run_prepared(const sql::statement& command, const Parameters& parameters) {
  const round_trip guarded(*this);
  if (prepared_.count(command.name) == 0) {
    link_->prepare(command.name, command.batch != nullptr ? command.batch : command.text);
    prepared_.insert(command.name);
  }
  pqxx::nontransaction plain(*link_);
  return plain.exec_prepared(command.name, pqxx::prepare::make_dynamic_params(parameters));
}

pqxx::result connection::run(const sql::statement& command,
                             const std::vector<std::string>& parameters) {
  return run_prepared(command, parameters);
}

pqxx::result connection::run(const sql::statement& command,
                             const std::vector<const char*>& parameters) {
  return run_prepared(command, parameters);
}

trouble connection::classify() noexcept {
  auto kind = trouble::broken;
  state_.clear();
  try {
    throw;
  } catch (const pqxx::broken_connection&) {
    kind = trouble::lost;
  } catch (const pqxx::serialization_failure&) {
    kind = trouble::conflict;
  } catch (const pqxx::deadlock_detected&) {
    kind = trouble::conflict;
  } catch (const pqxx::sql_error& e) {
    state_ = sqlstate_of(e); // five characters: no allocation
    kind = trouble_of(state_);
  } catch (...) { // libpqxx's exception for a lost connection depends on where it noticed
  }
  if (link_ && !link_->is_open()) kind = trouble::lost;
  if (kind == trouble::lost && link_) log_trouble("PostgreSQL", "the connection broke");
  if (kind == trouble::unavailable || kind == trouble::broken || kind == trouble::read_only)
    log_refusal();
  if (state_ == "53100") note_trouble("the disk is full");
  if (kind == trouble::read_only) {
    log_trouble("PostgreSQL",
                "the server is read-only now: connecting again, for another server may "
                "have become the primary");
    ++common_->generation;
    note_trouble("the server is read-only");
  }
  if (kind == trouble::lost || kind == trouble::read_only) drop();
  return kind;
}

void connection::log_refusal() const noexcept {
  // The text of the error may quote the row: its SQLSTATE alone is logged.
  log_trouble("PostgreSQL refuses a statement, SQLSTATE", state_.empty() ? "none" : state_);
}

} // namespace latchkey::storage::postgres
