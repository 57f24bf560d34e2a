// Queries about mails on their way out.
#include "storage/queries/queries.hpp"

#include "storage/sql/catalogue_mail.hpp"

namespace latchkey::storage::sql {

namespace {

std::optional<mail_record> to_mail(const row_source& row) {
  const auto id = parse_uuid(row.text(0).value_or(""));
  const auto created = time_at(row, 5);
  const auto next = time_at(row, 6);
  if (!id || !created || !next) return std::nullopt;
  mail_record m;
  m.id = *id;
  m.kind = text_or(row, 1);
  m.recipient = text_or(row, 2);
  m.sealed = text_or(row, 3);
  m.attempts = static_cast<std::uint32_t>(number_at(row, 4));
  m.created_at = *created;
  m.next_attempt_at = *next;
  m.sent_at = time_at(row, 7);
  m.given_up_at = time_at(row, 8);
  return m;
}

} // namespace

finding answer(runner& on, const storage::due_mails& q) {
  storage::due_mails::answer mails;
  on.run(due_mails, {time_text(q.now), rows_of(q.limit)}, [&](const row_source& row) {
    if (auto mail = to_mail(row)) mails.push_back(std::move(*mail));
  });
  return mails;
}

} // namespace latchkey::storage::sql
