// migrations.hpp — how the schema gets from one version to the next. A version that has been
// released is never edited: a change is a new version (versions.hpp).
//
// The tables users, user_profiles, projects and subscriptions have every column of "Auth Service
// Internal API Documentation", Database Schema, and further columns of ours.
#pragma once

#include "protocol/result.hpp"

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace latchkey::storage {

namespace sql {
class runner;
}

enum class sql_dialect : std::uint8_t { postgresql, sqlite };

struct migration {
  std::int64_t version;
  std::string_view name;
  /// Statements for both engines. `{now}` is the default of a time column, `{bytes}` the
  /// type of raw bytes, `{key}` compares ids and names as bytes (faster than a language's
  /// order, and an index that no new version of the system's locales can spoil), `{number}` the
  /// rest of users.number's declaration, `{hot}` leaves room in each page so that an update of
  /// unindexed columns writes no index.
  std::vector<std::string_view> statements;
  std::vector<std::string_view> postgresql_only;
  std::vector<std::string_view> sqlite_only;
  /// Runs after the statements, in the same transaction; null: nothing.
  void (*in_code)(sql::runner& on) = nullptr;
};

/// All of them, by rising version.
const std::vector<migration>& migrations();
/// The version of the last one.
std::int64_t newest_version();
/// Succeeds when that version (0: no schema) is this program's; CONFLICT otherwise.
result<void> check_version(std::int64_t version);
/// The statements of one migration as one engine takes them, in order.
std::vector<std::string> statements_of(const migration& step, sql_dialect dialect);

} // namespace latchkey::storage
