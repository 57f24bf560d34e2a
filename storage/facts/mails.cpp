// Mails: written with the fact that causes them, taken by one sender at a time, wiped once they are
// settled.
#include "storage/facts/rules/topic.hpp"

#include <chrono>

namespace latchkey::storage {

namespace sql {
namespace {

#define LATCHKEY_UNSETTLED "sent_at IS NULL AND given_up_at IS NULL "
constexpr statement due_mails{"due_mails",
                              "SELECT id, kind, recipient, sealed, attempts, created_at, "
                              "next_attempt_at, sent_at, given_up_at FROM mails "
                              "WHERE " LATCHKEY_UNSETTLED "AND next_attempt_at <= $1 "
                              "ORDER BY next_attempt_at, id LIMIT $2"};
constexpr statement add_mail{
    "add_mail",
    "INSERT INTO mails (id, kind, recipient, sealed, attempts, created_at, next_attempt_at, "
    "sent_at, given_up_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) ON CONFLICT DO NOTHING"};
constexpr statement lease_mail{
    "lease_mail", "UPDATE mails SET next_attempt_at = $3, attempts = attempts + 1 "
                  "WHERE id = $1 AND next_attempt_at = $2 AND " LATCHKEY_UNSETTLED "RETURNING id"};
constexpr statement close_mail{"close_mail",
                               "UPDATE mails SET sent_at = $2, given_up_at = $3, sealed = '' "
                               "WHERE id = $1 AND " LATCHKEY_UNSETTLED};
constexpr statement drop_mails_to{
    "drop_mails_to", "UPDATE mails SET given_up_at = $2, sealed = '' WHERE recipient = $1 "
                     "AND created_at < $2 AND kind <> 'email_changed' AND " LATCHKEY_UNSETTLED};
constexpr statement retry_mail{"retry_mail", "UPDATE mails SET next_attempt_at = $2 "
                                             "WHERE id = $1 AND " LATCHKEY_UNSETTLED};
#define LATCHKEY_FORGET_MAILS(lock)                                                                \
  "DELETE FROM mails WHERE id IN (SELECT id FROM mails WHERE created_at < $1 "                     \
  "AND (sent_at IS NOT NULL OR given_up_at IS NOT NULL) ORDER BY created_at LIMIT $2" lock ")"
constexpr statement forget_mails{"forget_mails", LATCHKEY_FORGET_MAILS(""),
                                 LATCHKEY_FORGET_MAILS(" FOR UPDATE SKIP LOCKED")};

} // namespace
} // namespace sql

namespace {

/// How long settled mails are kept. Each mail that is settled removes a few old ones.
constexpr auto settled_mails_kept = std::chrono::hours(24 * 30);

constexpr std::int64_t settled_mails_forgotten_max = 16;

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

// -- add_mail -------------------------------------------------------------------------

void check(fact_checker& c, const add_mail& f) {
  const auto& m = f.mail;
  c.id("id", m.id);
  c.name("kind", m.kind, mail_kind_chars_max);
  c.name("recipient", m.recipient, recipient_chars_max);
  c.text("sealed", m.sealed, sealed_bytes_max);
  c.time("created_at", m.created_at);
  c.time("next_attempt_at", m.next_attempt_at);
  c.time("sent_at", m.sent_at);
  c.time("given_up_at", m.given_up_at);
}

void touch(footprint& print, const add_mail& f) {
  print.writes(thing::mail, f.mail.id);
}

std::optional<failure> write(runner& on, const add_mail& f, written&) {
  const auto& m = f.mail;
  on.run(sql::add_mail, {to_string(m.id), m.kind, m.recipient, m.sealed, std::int64_t{m.attempts},
                         time_text(m.created_at), time_text(m.next_attempt_at),
                         time_or_null(m.sent_at), time_or_null(m.given_up_at)});
  return std::nullopt;
}

// -- lease_mail -----------------------------------------------------------------------

void check(fact_checker& c, const lease_mail& f) {
  c.id("mail", f.mail);
  c.time("seen", f.seen);
  c.time("until", f.until);
}

void touch(footprint& print, const lease_mail& f) {
  print.writes(thing::mail, f.mail);
}

std::optional<failure> write(runner& on, const lease_mail& f, written&) {
  const auto leased =
      on.run(sql::lease_mail, {to_string(f.mail), time_text(f.seen), time_text(f.until)});
  if (leased == 0) return losing(error_code::conflict, "mail", "another has taken it");
  return std::nullopt;
}

// -- drop_mails_to --------------------------------------------------------------------

void check(fact_checker& c, const drop_mails_to& f) {
  c.name("recipient", f.recipient, recipient_chars_max);
  c.time("at", f.at);
}

void touch(footprint& print, const drop_mails_to&) {
  print.stands_alone(); // which mails these are is not known here
}

std::optional<failure> write(runner& on, const drop_mails_to& f, written&) {
  on.run(sql::drop_mails_to, {f.recipient, time_text(f.at)});
  return std::nullopt;
}

// -- settle_mail ----------------------------------------------------------------------

void check(fact_checker& c, const settle_mail& f) {
  c.id("mail", f.mail);
  c.time("at", f.at);
  c.time("next_attempt_at", f.next_attempt_at);
}

void touch(footprint& print, const settle_mail& f) {
  print.writes(thing::mail, f.mail);
}

std::optional<failure> write(runner& on, const settle_mail& f, written&) {
  const auto id = to_string(f.mail);
  const auto at = time_text(f.at);
  switch (f.became) {
  case settle_mail::outcome::again:
    on.run(sql::retry_mail, {id, time_text(f.next_attempt_at)});
    return std::nullopt;
  case settle_mail::outcome::sent:
    on.run(sql::close_mail, {id, at, parameter()});
    break;
  case settle_mail::outcome::given_up:
    on.run(sql::close_mail, {id, parameter(), at});
    break;
  }
  on.run(sql::forget_mails, {time_text(f.at - settled_mails_kept), settled_mails_forgotten_max});
  return std::nullopt;
}

// -- queries ------------------------------------------------------------------------------

finding answer(runner& on, const due_mails& q) {
  due_mails::answer mails;
  on.run(sql::due_mails, {time_text(q.now), page_rows(q.limit)}, [&](const row_source& row) {
    if (auto mail = to_mail(row)) mails.push_back(std::move(*mail));
  });
  return mails;
}

topic mails_topic() {
  static constexpr fact_rules facts[] = {rules_for<add_mail>(), rules_for<lease_mail>(),
                                         rules_for<drop_mails_to>(), rules_for<settle_mail>()};
  static constexpr query_rules queries[] = {rules_for_query<due_mails>()};
  return {facts, queries};
}

} // namespace latchkey::storage
