#include "storage/postgres/trouble.hpp"

#include <algorithm>
#include <initializer_list>

namespace latchkey::storage::postgres {

const char* sqlstate_of(const pqxx::sql_error& e) noexcept {
  if (!e.sqlstate().empty()) return e.sqlstate().c_str();
  // Version 6 leaves it out of exceptions that stand for one SQLSTATE each.
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
  // A missing table or column, no right to it, an unsupported feature or state, an internal error.
  if (sqlstate.empty() || is_any({"0A", "25", "26", "28", "3D", "3F", "42", "XX"}))
    return trouble::broken;
  return trouble::bad_row;
}

} // namespace latchkey::storage::postgres
