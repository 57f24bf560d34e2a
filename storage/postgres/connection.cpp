#include "storage/postgres/connection.hpp"

#include "config/log.hpp"
#include "storage/postgres/claim.hpp"

#include <algorithm>
#include <initializer_list>
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

/// Adds a connection parameter unless the operator's URL or conninfo has it.
void add_parameter(std::string& target, std::string_view name, const std::string& value) {
  if (target.find(std::string(name) + "=") != std::string::npos) return;
  const bool is_url = target.rfind("postgres://", 0) == 0 || target.rfind("postgresql://", 0) == 0;
  if (is_url)
    target += target.find('?') == std::string::npos ? '?' : '&';
  else
    target += ' ';
  target.append(name).append("=").append(value);
}

bool names_several_hosts(std::string_view target) {
  const auto begin = std::min(target.find("://"), target.size());
  const auto place = target.substr(begin, target.find_first_of("/?", begin + 3) - begin);
  if (place.find(',') != std::string_view::npos) return true;
  const auto host = target.find("host=");
  if (host == std::string_view::npos) return false;
  const auto end = target.find_first_of("& ", host);
  return target.substr(host, end - host).find(',') != std::string_view::npos;
}

std::string target_of(const shared& common) {
  std::string target(common.url.reveal());
  const auto& o = common.options;
  add_parameter(target, "connect_timeout", std::to_string(o.connect_timeout.count()));
  add_parameter(target, "keepalives_idle", "10");
  add_parameter(target, "keepalives_interval", "5");
  add_parameter(target, "keepalives_count", "3");
  add_parameter(target, "tcp_user_timeout", std::to_string(o.round_trip_timeout.count()));
  // Of several hosts the one that can be written.
  if (names_several_hosts(target)) add_parameter(target, "target_session_attrs", "read-write");
  return target;
}

/// A warning with the first line of what a library says. A log line is not worth a batch.
void log_trouble(const char* where, std::string_view words) noexcept {
  try {
    log_warning("storage", where, ": ", words.substr(0, words.find('\n')));
  } catch (...) {
  }
}

/// What libpq says of a server it spoke to, or tried to. What it says of a string that it
/// cannot read quotes that string, which may be a part of the password.
std::string_view fit_to_log(std::string_view words) noexcept {
  if (words.rfind("connection to server ", 0) == 0) return words;
  if (words.rfind("the server is read-only", 0) == 0) return words;
  if (words.rfind("could not translate host name", 0) == 0) return "its host name is not known";
  return "the connection is refused or DATABASE_URL is not understood";
}

/// Version 6 leaves it out of some exceptions, which stand for one each.
const char* sqlstate_of(const pqxx::sql_error& e) noexcept {
  if (!e.sqlstate().empty()) return e.sqlstate().c_str();
  if (dynamic_cast<const pqxx::insufficient_privilege*>(&e) != nullptr) return "42501";
  if (dynamic_cast<const pqxx::disk_full*>(&e) != nullptr) return "53100";
  if (dynamic_cast<const pqxx::out_of_memory*>(&e) != nullptr) return "53200";
  return "";
}

trouble trouble_of(std::string_view sqlstate) noexcept {
  const auto is_any = [sqlstate](std::initializer_list<std::string_view> beginnings) {
    return std::any_of(beginnings.begin(), beginnings.end(),
                       [sqlstate](auto with) { return sqlstate.rfind(with, 0) == 0; });
  };
  if (is_any({"40001", "40P01"})) // serialization failure, deadlock
    return trouble::conflict;
  if (is_any({"08", "57P01", "57P02", "57P03"})) // connection exceptions, shutdown
    return trouble::lost;
  if (is_any({"55P03", "57014"})) return trouble::slow; // lock_timeout, statement_timeout
  if (sqlstate == "25006") return trouble::read_only;
  // Resources, operator intervention, system errors.
  if (is_any({"53", "57", "58"})) return trouble::unavailable;
  // No such table or column, no right to it, a feature or a state that is not there, a fault.
  if (sqlstate.empty() || is_any({"0A", "25", "26", "28", "3D", "3F", "42", "XX"}))
    return trouble::broken;
  return trouble::bad_row;
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
      words_ = fit_to_log(e.what());
      words_.resize(std::min(words_.find('\n'), words_.size()));
      // Once, not at every attempt until it is back.
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
  auto made = std::make_unique<pqxx::connection>(target_of(*common_));
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
  // Every statement here looks rows up in an index or walks along one. The planner, which sees
  // small tables when it plans and keeps a prepared plan, must not settle on reading whole tables;
  // nor is any statement worth compiling.
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
          // What we call durable must be, whatever the server's default.
          "SELECT set_config('synchronous_commit', 'on', false) "
          "WHERE current_setting('synchronous_commit') = 'off'");
  const bool is_read_only =
      execute("SELECT current_setting('transaction_read_only')")[0][0].as<std::string>() == "on";
  note_standby(is_read_only);
  if (purpose_ != use::other && common_->only_server)
    common_->only_server->confirm(*this, purpose_ == use::writes);
}

void connection::note_standby(bool is_read_only) {
  if (purpose_ == use::writes) {
    if (is_read_only) {
      note_trouble("the server is read-only");
      throw pqxx::broken_connection("the server is read-only: it is a standby, or "
                                    "default_transaction_read_only is on");
    }
    // Those who read elsewhere meanwhile would not see what is written here.
    if (common_->readers_of_standby > 0) generation_ = ++common_->generation;
  } else if (purpose_ == use::reads && is_read_only) {
    on_standby_ = true;
    ++common_->readers_of_standby;
  }
}

void connection::note_trouble(const char* word) noexcept {
  if (purpose_ == use::writes) common_->trouble = word;
}

pqxx::result connection::execute(const std::string& text) {
  const round_trip guarded(*this);
  pqxx::nontransaction plain(*link_);
  return plain.exec(text);
}

template <class Parameters>
pqxx::result connection::run_prepared(const sql::statement& what, const Parameters& parameters) {
  const round_trip guarded(*this);
  if (prepared_.count(what.name) == 0) {
    link_->prepare(what.name, what.batch != nullptr ? what.batch : what.text);
    prepared_.insert(what.name);
  }
  pqxx::nontransaction plain(*link_);
  return plain.exec_prepared(what.name, pqxx::prepare::make_dynamic_params(parameters));
}

pqxx::result connection::run(const sql::statement& what,
                             const std::vector<std::string>& parameters) {
  return run_prepared(what, parameters);
}

pqxx::result connection::run(const sql::statement& what,
                             const std::vector<const char*>& parameters) {
  return run_prepared(what, parameters);
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
  } catch (...) { // libpqxx's words about a lost connection depend on where it noticed
  }
  if (link_ && !link_->is_open()) kind = trouble::lost;
  if (kind == trouble::lost && link_) log_trouble("PostgreSQL", "the connection broke");
  if (kind == trouble::unavailable || kind == trouble::broken || kind == trouble::read_only)
    log_refusal();
  if (state_ == "53100") note_trouble("the disk is full");
  if (kind == trouble::read_only) {
    log_trouble("PostgreSQL", "the server is read-only now: connecting again, for another may have "
                              "become the primary");
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
