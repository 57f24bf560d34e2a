// Questions about the audit log.
#include "storage/queries/queries.hpp"
#include "storage/sql/catalogue_audit.hpp"

namespace latchkey::storage::sql {

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

finding answer(runner& on, const storage::list_audit& q) {
  std::vector<parameter> values{
      time_text(q.since), q.before ? time_text(q.before->at) : parameter{std::string{end_of_time}},
      q.before ? to_string(q.before->id) : std::string{behind_every_id}, rows_of(q.limit)};
  if (q.user) values.emplace_back(to_string(*q.user));
  if (!q.action.empty()) values.emplace_back(q.action);
  const auto& of_all = q.action.empty() ? list_audit : list_audit_of_action;
  const auto& of_user = q.action.empty() ? list_audit_of_user : list_audit_of_user_action;
  storage::list_audit::answer found;
  on.run(q.user ? of_user : of_all, std::move(values), [&found](const row_source& row) {
    if (auto entry = to_audit(row)) found.push_back(std::move(*entry));
  });
  return found;
}

} // namespace latchkey::storage::sql
