// migrations.hpp — how the schema gets from one version to the next. A version that has been
// released is never edited: a change is a new version (versions.hpp).
//
// The nodes of a cluster are upgraded one after the other, so programs of two versions work on one
// schema for a while. A migration therefore only adds (expand), and what only the older program
// needs is removed by a later one (contract). Each says by `works_from` which older programs go on.
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
  /// The oldest program, by the version that it was made for, that works with this schema too; 0:
  /// none but that of `version`.
  std::int64_t works_from = 0;
};

/// What a database says of its schema.
struct schema_state {
  std::int64_t version = 0;    // 0: it has none
  std::int64_t works_from = 0; // as in `migration`; 0: it does not say
};
/// Under which name the store keeps `works_from` of its newest migration (`sql::read_note`), from
/// the version on that made the table of notes.
inline constexpr std::string_view works_from_note = "schema_works_from";
inline constexpr std::int64_t notes_since = 8;
/// What this program writes there: "VERSION WORKS_FROM", so that a note of another version is
/// known.
std::string works_from_text();
/// 0 when the note is not that version's.
std::int64_t works_from_of(const std::string& note, std::int64_t version);

/// All of them, by rising version.
const std::vector<migration>& migrations();
/// The version of the last one.
std::int64_t newest_version();
/// `works_from` of the newest one; its version where it names none.
std::int64_t newest_works_from();
/// Succeeds when this program works with that schema: it is of its version, or newer and made for
/// this program too. CONFLICT otherwise.
result<void> check_version(const schema_state& schema);
/// The statements of one migration as one engine takes them, in order.
std::vector<std::string> statements_of(const migration& step, sql_dialect dialect);

} // namespace latchkey::storage
