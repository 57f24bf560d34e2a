// connection_advice.cpp — what the operator can do when PostgreSQL refuses a connection or a
// statement.
#include "config/log.hpp"
#include "storage/postgres/connection.hpp"

#include <string_view>

namespace latchkey::storage::postgres {

namespace {

bool has(std::string_view text, std::string_view part) {
  return text.find(part) != std::string_view::npos;
}

/// For an attempt to connect, by the message of PostgreSQL or libpq.
std::string_view advice_for_message(std::string_view message) {
  if (has(message, "password authentication failed"))
    return "check the user and the password in DATABASE_URL, or AUTH_DB_PASSWORD";
  if (has(message, "no password supplied"))
    return "set AUTH_DB_PASSWORD, or put the password into DATABASE_URL";
  if (has(message, "no pg_hba.conf entry"))
    return "allow this host, user and database in the server's pg_hba.conf";
  if (has(message, "role \"") && has(message, "does not exist"))
    return "make the user (CREATE ROLE … LOGIN PASSWORD …), or name another in DATABASE_URL";
  if (has(message, "database \"") && has(message, "does not exist"))
    return "make the database (CREATE DATABASE … OWNER …), or name another in DATABASE_URL";
  if (has(message, "the database system is"))
    return "wait until PostgreSQL is up: it is starting, stopping or recovering";
  if (has(message, "Connection refused") || has(message, "No such file") ||
      has(message, "timeout expired") || has(message, "unreachable") ||
      has(message, "No route to host"))
    return "start PostgreSQL, or check the host and the port in DATABASE_URL";
  if (has(message, "host name is not known")) return "check the host in DATABASE_URL";
  if (has(message, "too many clients") || has(message, "too many connections") ||
      has(message, "remaining connection slots"))
    return "raise the server's max_connections, or lower DB_WRITERS and DB_READERS";
  if (has(message, "read-only"))
    return "name the primary in DATABASE_URL, or all hosts with target_session_attrs=read-write";
  return "check DATABASE_URL";
}

/// For a statement that was refused.
std::string advice_for_state(std::string_view state, const std::string& user) {
  if (state == "42501" || state == "3F000") // insufficient privilege, no schema to create in
    return "the database's user may not make tables: as the owner of the database or a superuser, "
           "connected to it, run GRANT USAGE, CREATE ON SCHEMA public TO " +
           user + ";";
  if (state == "25006")
    return "the server is read-only: name the primary in DATABASE_URL, or all hosts with "
           "target_session_attrs=read-write";
  if (state == "53100") return "the database's disk is full";
  return {};
}

} // namespace

failure connection::why_not(failure why) const {
  if (!state_.empty()) {
    const auto advice = advice_for_state(state_, user_);
    why.reason += advice.empty() ? " (SQLSTATE " + state_ + ")" : ": " + advice;
  } else if (!message_.empty()) {
    why.reason += ": " + escaped_for_log(message_, 400) +
                  ". What to do: " + std::string(advice_for_message(message_));
  }
  return why;
}

} // namespace latchkey::storage::postgres
