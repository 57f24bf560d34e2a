// What users have spent of their quotas.
#include "storage/facts/rules/topic.hpp"

#include <algorithm>
#include <chrono>

namespace latchkey::storage {

namespace sql {
namespace {

constexpr statement list_quota_usage{
    "list_quota_usage", "SELECT quota, window_start, used FROM quota_usage "
                        "WHERE user_id = $1 ORDER BY window_start DESC, quota LIMIT $2"};
// The condition looks at the row as it is when the statement gets its lock, so no two writers spend
// the same. Giving back is never refused, not even above a limit that was lowered.
#define LATCHKEY_SPEND_QUOTA(lock)                                                                 \
  "INSERT INTO quota_usage (user_id, quota, window_start, used, updated_at) "                      \
  "SELECT id, $2, $3, CASE WHEN CAST($4 AS BIGINT) > 0 THEN CAST($4 AS BIGINT) ELSE 0 END, $6 "    \
  "FROM users WHERE id = $1 "                                                                      \
  "AND (CAST($4 AS BIGINT) <= 0 OR CAST($4 AS BIGINT) <= CAST($5 AS BIGINT)) " lock                \
  "ON CONFLICT (user_id, quota, window_start) DO UPDATE SET "                                      \
  "used = CASE WHEN quota_usage.used + CAST($4 AS BIGINT) > 0 "                                    \
  "THEN quota_usage.used + CAST($4 AS BIGINT) ELSE 0 END, updated_at = EXCLUDED.updated_at "       \
  "WHERE CAST($4 AS BIGINT) <= 0 "                                                                 \
  "OR quota_usage.used + CAST($4 AS BIGINT) <= CAST($5 AS BIGINT) RETURNING used"
constexpr statement spend_quota{"spend_quota", LATCHKEY_SPEND_QUOTA(""),
                                LATCHKEY_SPEND_QUOTA("FOR KEY SHARE ")};
constexpr statement forget_quota_windows{
    "forget_quota_windows", "DELETE FROM quota_usage WHERE user_id = $1 AND quota = $2 "
                            "AND window_start < $3 AND window_start <> $4"};

} // namespace
} // namespace sql

namespace {

/// How long past windows are kept; the longest window is a month.
constexpr auto quota_windows_kept = std::chrono::hours(24 * 92);

constexpr time_point no_window{}; // a quota without windows counts from here

/// The limit of a quota without one, so that the sum cannot overflow.
constexpr auto quota_used_max = std::int64_t{1} << 62;

} // namespace

// -- spend_quota ----------------------------------------------------------------------

void check(fact_checker& c, const spend_quota& f) {
  // Sums of two such amounts cannot overflow.
  constexpr auto most = std::int64_t{1} << 52;
  c.id("user", f.user);
  c.name("quota", f.quota, quota_chars_max);
  c.require(f.amount >= -most && f.amount <= most, "amount", "is out of range");
  c.require(!f.limit || (*f.limit >= 0 && *f.limit <= most), "limit", "is out of range");
  c.time("window_start", f.window_start);
  c.time("at", f.at);
}

void touch(footprint& print, const spend_quota& f) {
  print.reads(thing::user, f.user);
  print.writes(thing::quota, to_string(f.user) + f.quota);
}

std::optional<failure> write(runner& on, const spend_quota& f, written& note) {
  const auto user = to_string(f.user);
  const auto limit = std::min(f.limit.value_or(quota_used_max), quota_used_max);
  const auto spent =
      on.run(sql::spend_quota,
             {user, f.quota, time_text(f.window_start), f.amount, limit, time_text(f.at)},
             [&note](const row_source& row) { note.quota_used = number_at(row, 0); });
  if (spent == 0) {
    if (on.run(sql::keep_user, {user}) == 0) return losing(error_code::user_not_found);
    failure why = losing(error_code::quota_exceeded);
    why.field = f.quota;
    return why;
  }
  const bool is_first = note.quota_used == f.amount;
  if (is_first && f.window_start != no_window)
    on.run(sql::forget_quota_windows,
           {user, f.quota, time_text(f.window_start - quota_windows_kept), time_text(no_window)});
  return std::nullopt;
}

// -- queries ------------------------------------------------------------------------------

finding answer(runner& on, const list_quota_usage& q) {
  list_quota_usage::answer usage;
  on.run(sql::list_quota_usage, {to_string(q.user), page_rows(page_rows_max)},
         [&](const row_source& row) {
           if (const auto start = time_at(row, 1))
             usage.push_back({text_or(row, 0), *start, number_at(row, 2)});
         });
  return usage;
}

topic quotas_topic() {
  static constexpr fact_rules facts[] = {rules_for<spend_quota>()};
  static constexpr query_rules queries[] = {rules_for_query<list_quota_usage>()};
  return {facts, queries};
}

} // namespace latchkey::storage
