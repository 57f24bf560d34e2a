// The audit log. Time and id together order its lines, for several may have one time.
#include "storage/facts/rules/topic.hpp"

namespace latchkey::storage {

namespace sql {
namespace {

#define LATCHKEY_FORGET_AUDITS(lock)                                                               \
  "DELETE FROM audit_log WHERE id IN (SELECT id FROM audit_log WHERE at < $1 "                     \
  "ORDER BY at LIMIT $2" lock ") RETURNING id"
constexpr statement forget_audits{"forget_audits", LATCHKEY_FORGET_AUDITS(""),
                                  LATCHKEY_FORGET_AUDITS(" FOR UPDATE SKIP LOCKED")};
// The first bound on `at` alone lets the index on it be used: SQLite has none on the pair.
#define LATCHKEY_LIST_AUDIT(and_of)                                                                \
  "SELECT id, at, action, user_id, session_id, address, request_id, reason, actor "                \
  "FROM audit_log WHERE at >= $1 AND at <= $2 AND (at < $2 OR id < $3)" and_of                     \
  " ORDER BY at DESC, id DESC LIMIT $4"
constexpr statement list_audit{"list_audit", LATCHKEY_LIST_AUDIT("")};
constexpr statement list_audit_of_user{"list_audit_of_user",
                                       LATCHKEY_LIST_AUDIT(" AND user_id = $5")};
constexpr statement list_audit_of_action{"list_audit_of_action",
                                         LATCHKEY_LIST_AUDIT(" AND action = $5")};
constexpr statement list_audit_of_user_action{
    "list_audit_of_user_action", LATCHKEY_LIST_AUDIT(" AND user_id = $5 AND action = $6")};
#define LATCHKEY_COUNT_AUDIT(day)                                                                  \
  "SELECT count(*), max(at) FROM audit_log WHERE user_id = $1 AND action = $2 AND at >= $3 "       \
  "GROUP BY " day
// In SQLite a time is a text that begins with its day.
constexpr statement count_audit{"count_audit", LATCHKEY_COUNT_AUDIT("substr(at, 1, 10)"),
                                LATCHKEY_COUNT_AUDIT("CAST(at AT TIME ZONE 'UTC' AS DATE)")};

} // namespace
} // namespace sql

namespace {

// Behind every line there can be.
constexpr std::string_view end_of_time = "9999-12-31T23:59:59.999999Z";

constexpr std::string_view behind_every_id = "~";

std::optional<audit_record> to_audit(const row_source& row) {
  const auto id = row.text(0) ? parse_uuid(*row.text(0)) : std::nullopt;
  const auto at = time_at(row, 1);
  if (!id || !at) return std::nullopt;
  audit_record entry;
  entry.id = *id;
  entry.at = *at;
  entry.action = text_or(row, 2);
  entry.user = to_user_id(row.text(3));
  if (const auto session = row.text(4) ? parse_uuid(*row.text(4)) : std::nullopt)
    entry.session = session_id{*session};
  entry.address = text_or(row, 5);
  entry.request_id = text_or(row, 6);
  entry.reason = text_or(row, 7);
  entry.by = text_or(row, 8);
  return entry;
}

} // namespace

// -- add_audit ------------------------------------------------------------------------

void check(fact_checker& c, const add_audit& f) {
  c.id("id", f.entry.id);
  c.text("action", f.entry.action, action_chars_max);
  c.text("address", f.entry.address, address_chars_max);
  c.text("request_id", f.entry.request_id, request_id_chars_max);
  c.text("reason", f.entry.reason, audit_reason_chars_max);
  c.text("by", f.entry.by, audit_by_chars_max);
  c.time("at", f.entry.at);
}

void touch(footprint&, const add_audit&) {}

std::optional<failure> write(runner& on, const add_audit& f, written&) {
  const auto id_or_null = [](const auto& id) {
    return id ? parameter(to_string(*id)) : parameter();
  };
  const auto& e = f.entry;
  on.run(sql::add_audit, {to_string(e.id), time_text(e.at), e.action, id_or_null(e.user),
                          id_or_null(e.session), e.address, e.request_id, e.reason, e.by});
  return std::nullopt;
}

// -- forget_audits --------------------------------------------------------------------

void check(fact_checker& c, const forget_audits& f) {
  c.time("before", f.before);
}

void touch(footprint&, const forget_audits&) {}

std::optional<failure> write(runner& on, const forget_audits& f, written& note) {
  note.forgotten += row_count(on.run(sql::forget_audits, {time_text(f.before), row_count(f.max)}));
  return std::nullopt;
}

// -- queries ------------------------------------------------------------------------------

finding answer(runner& on, const list_audit& q) {
  list_audit::answer found;
  if (!sql::is_storable(q.action)) return found;
  std::vector<parameter> values{
      time_text(q.since), q.before ? time_text(q.before->at) : parameter{std::string{end_of_time}},
      q.before ? to_string(q.before->id) : std::string{behind_every_id}, page_rows(q.limit)};
  if (q.user) values.emplace_back(to_string(*q.user));
  if (!q.action.empty()) values.emplace_back(q.action);
  const auto& of_all = q.action.empty() ? sql::list_audit : sql::list_audit_of_action;
  const auto& of_user = q.action.empty() ? sql::list_audit_of_user : sql::list_audit_of_user_action;
  on.run(q.user ? of_user : of_all, std::move(values), [&found](const row_source& row) {
    if (auto entry = to_audit(row)) found.push_back(std::move(*entry));
  });
  return found;
}

finding answer(runner& on, const count_audit& q) {
  count_audit::answer found;
  if (!sql::is_storable(q.action)) return found;
  on.run(sql::count_audit, {to_string(q.user), q.action, time_text(q.since)},
         [&found](const row_source& row) {
           if (const auto last = time_at(row, 1)) found.push_back({number_at(row, 0), *last});
         });
  return found;
}

topic audit_topic() {
  static constexpr fact_rules facts[] = {rules_for<add_audit>(), rules_for<forget_audits>()};
  static constexpr query_rules queries[] = {rules_for_query<list_audit>(),
                                            rules_for_query<count_audit>()};
  return {facts, queries};
}

} // namespace latchkey::storage
