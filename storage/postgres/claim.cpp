#include "storage/postgres/claim.hpp"

#include "config/log.hpp"

#include <pqxx/except>
#include <thread>

namespace latchkey::storage::postgres {

namespace {

// Any two numbers that nobody else uses will do.
constexpr const char* lock_group = "1818326115"; // "latc"
constexpr const char* server_lock = "1";
constexpr const char* writers_lock = "2";        // of a server that is alone
constexpr const char* member_writers_lock = "3"; // of the members of a cluster

constexpr const char* own_process = "SELECT pg_backend_pid()";

constexpr auto start_patience = std::chrono::seconds(3);
constexpr auto retake_patience = std::chrono::seconds(5);
constexpr auto pause = std::chrono::milliseconds(100);
constexpr int pooling_rounds = 4;
constexpr int begin_attempts_max = 3;

std::string call(const char* function, const char* lock) {
  return std::string("SELECT ") + function + "(" + lock_group + ", " + lock + ")";
}

std::shared_ptr<shared> same_database(const shared& common) {
  auto own = std::make_shared<shared>();
  own->url = common.url;
  own->options = common.options;
  return own;
}

/// An application_name: 63 bytes at most, letters, digits and a few marks.
std::string name_of(const std::string& holder) {
  std::string name = "latchkey server: ";
  for (const char c : holder) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
    name += plain || c == '-' || c == '.' || c == ':' || c == ',' ? c : ' ';
  }
  name.resize(std::min<std::size_t>(name.size(), 63));
  return name;
}

const char* what_to_do(claim::kind kind) {
  return kind == claim::kind::alone
             ? ". Two would contradict each other: stop that one first, give this one a database "
               "of its own, or set CLUSTER_BIND and what goes with it on both, so that they are a "
               "cluster"
             : ". It is not one of a cluster: stop that one first, or set CLUSTER_BIND there too";
}

/// Of those who hold a lock of ours.
std::string holders_of(const char* lock, const char* columns) {
  return std::string("SELECT ") + columns +
         " FROM pg_locks l LEFT JOIN pg_stat_activity a ON a.pid = l.pid WHERE l.locktype = "
         "'advisory' AND l.granted AND l.objsubid = 2 AND l.classid::bigint = " +
         lock_group + " AND l.objid::bigint = " + lock +
         " AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database()) "
         "AND l.pid <> pg_backend_pid()";
}

int process_of(connection& link) {
  return link.execute(own_process)[0][0].as<int>();
}

/// A pooler in statement mode ends the connection of whoever begins a transaction, and libpqxx
/// does not tell what it says. Throws when there is no connection.
bool takes_transactions(connection& link) {
  for (int attempt = 1; attempt <= begin_attempts_max; ++attempt) {
    if (link.ensure(true)) throw pqxx::broken_connection("the connection cannot be made");
    process_of(link); // outside of a transaction it answers
    try {
      link.execute("BEGIN");
      link.execute("COMMIT");
      return true;
    } catch (const std::exception&) {
      link.drop();
    }
  }
  return false;
}

} // namespace

claim::claim(const shared& common, kind wanted, const std::string& holder,
             std::function<void(const std::string&)> lost)
    : own_(same_database(common)), link_(own_, name_of(holder)), kind_(wanted),
      lost_(std::move(lost)) {}

bool claim::try_server_lock() {
  const auto* function =
      kind_ == kind::alone ? "pg_try_advisory_lock" : "pg_try_advisory_lock_shared";
  return link_.execute(call(function, server_lock))[0][0].as<bool>();
}

bool claim::is_in_use(const char* lock) {
  const bool is_free = link_.execute(call("pg_try_advisory_lock", lock))[0][0].as<bool>();
  if (is_free) link_.execute(call("pg_advisory_unlock", lock));
  return !is_free;
}

claim::attempt claim::try_once() {
  if (!try_server_lock()) return attempt::held_by_another;
  if (is_in_use(writers_lock) || (kind_ == kind::alone && is_in_use(member_writers_lock))) {
    const auto* give_back =
        kind_ == kind::alone ? "pg_advisory_unlock" : "pg_advisory_unlock_shared";
    link_.execute(call(give_back, server_lock));
    return attempt::held_by_another;
  }
  // By SQL: a pooler in session mode tells a number of its own with the connection.
  process_ = link_.execute(own_process)[0][0].as<std::string>();
  return attempt::taken;
}

std::string claim::holder() {
  std::string name;
  for (const auto* lock : {server_lock, writers_lock, member_writers_lock}) {
    const auto rows = link_.execute(
        holders_of(lock, "coalesce(a.application_name, ''), coalesce(host(a.client_addr), ''), "
                         "coalesce(to_char(a.backend_start AT TIME ZONE 'UTC', "
                         "'YYYY-MM-DD\"T\"HH24:MI:SS\"Z\"'), '')"));
    if (rows.empty()) continue;
    const auto text = [&](int column) {
      return std::string(rows[0][static_cast<pqxx::row::size_type>(column)].c_str());
    };
    constexpr std::string_view beginning = "latchkey server: ";
    name = text(0).rfind(beginning, 0) == 0 ? text(0).substr(beginning.size())
                                            : "a process of another user of the database";
    if (!text(1).empty()) name += ", connected from " + text(1);
    const bool says_since = name.find(", since ") != std::string::npos;
    if (!text(2).empty() && !says_since) name += " since " + text(2);
    break;
  }
  return escaped_for_log(name.empty() ? "one that is just ending" : name, 300);
}

result<void> claim::take() {
  const std::lock_guard lock(mutex_);
  if (auto why = link_.ensure(true)) return fail(link_.why_not(*why));
  try {
    // A host that has died says no goodbye: the server shall find out by itself, within half a
    // minute.
    link_.execute("SET tcp_keepalives_idle = 10; SET tcp_keepalives_interval = 5; "
                  "SET tcp_keepalives_count = 3");
    const auto give_up = std::chrono::steady_clock::now() + start_patience;
    while (try_once() != attempt::taken) {
      if (std::chrono::steady_clock::now() > give_up)
        return fail(error_code::conflict, "DATABASE_URL",
                    "another server uses this database: " + holder() + what_to_do(kind_) +
                        " (one whose host has died is forgotten within half a minute)");
      std::this_thread::sleep_for(pause);
    }
    return {};
  } catch (...) {
    link_.classify();
    link_.drop();
    return fail_with_retry(error_code::store_unavailable, 1, "the database does not answer");
  }
}

bool claim::is_ours_at(connection& made) {
  if (process_.empty() || !link_.is_connected()) return false;
  for (const auto& row : made.execute(holders_of(server_lock, "l.pid, a.application_name")))
    if (row[0].as<std::string>() == process_ && row[1].as<std::string>("") == link_.name())
      return true;
  return false;
}

void claim::confirm(connection& made, bool writes) {
  if (writes)
    made.execute(
        call("pg_advisory_lock_shared", kind_ == kind::alone ? writers_lock : member_writers_lock));
  const std::lock_guard lock(mutex_);
  if (is_ours_at(made)) return;
  log_warning("storage", "PostgreSQL: the lock that keeps other servers away was lost with its "
                         "connection; taking it again");
  link_.drop();
  process_.clear();
  const auto give_up = std::chrono::steady_clock::now() + retake_patience;
  for (;;) {
    if (link_.ensure(true)) throw pqxx::broken_connection("the lock's connection cannot be made");
    // Our own writers hold the second lock; the first decides.
    if (try_server_lock()) break;
    // What is left of our own earlier connection.
    link_.run(sql::end_own_backends, {link_.name()});
    if (std::chrono::steady_clock::now() > give_up) {
      const auto why =
          "another server has taken this database over while its connection was lost: " + holder() +
          ". This process ends, for two would contradict each other";
      lost_(why);
      throw claim_lost(why);
    }
    std::this_thread::sleep_for(pause);
  }
  process_ = link_.execute(own_process)[0][0].as<std::string>();
  if (!is_ours_at(made))
    throw pqxx::broken_connection("the lock was taken at another host than this connection's");
}

std::optional<std::string> refuse_shared_sessions(const shared& common) {
  const std::string sentence =
      "DATABASE_URL leads to a connection pooler, such as PgBouncer, in transaction or statement "
      "mode: there a connection's prepared statements and locks are other clients' too. Set "
      "pool_mode = session for this database, or connect to PostgreSQL directly";
  const auto target = same_database(common);
  connection first(target, "latchkey-check");
  connection second(target, "latchkey-check");
  if (first.ensure(true) || second.ensure(true)) return std::nullopt; // said by whoever claims
  try {
    if (!takes_transactions(second)) return sentence;
    for (int round = 0; round < pooling_rounds; ++round) {
      const auto before = process_of(first);
      second.execute("BEGIN"); // in transaction mode it now has one process for itself
      const auto others = process_of(second);
      const bool is_shared = others == before || process_of(first) != before;
      second.execute("COMMIT");
      if (is_shared) return sentence;
    }
  } catch (...) {
  }
  return std::nullopt;
}

} // namespace latchkey::storage::postgres
