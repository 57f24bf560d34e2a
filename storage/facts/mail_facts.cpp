// Facts about mails: written with the fact that causes them, taken by one sender at a time,
// wiped once they are settled.
#include "storage/sql/facts.hpp"

#include "storage/sql/catalogue_mail.hpp"

#include <chrono>

namespace latchkey::storage::sql {

namespace {

/// Settled mails: who was written to, and when. Each that is settled sweeps out a few.
constexpr auto settled_mails_kept = std::chrono::hours(24 * 30);
constexpr std::int64_t settled_mails_forgotten_max = 16;

} // namespace

std::optional<failure> write(runner& on, const storage::add_mail& f, written&) {
  const auto& m = f.mail;
  on.run(add_mail, {to_string(m.id), m.kind, m.recipient, m.sealed, std::int64_t{m.attempts},
                    time_text(m.created_at), time_text(m.next_attempt_at), time_or_null(m.sent_at),
                    time_or_null(m.given_up_at)});
  return std::nullopt;
}

std::optional<failure> write(runner& on, const storage::lease_mail& f, written&) {
  const auto leased =
      on.run(lease_mail, {to_string(f.mail), time_text(f.seen), time_text(f.until)});
  if (leased == 0) return losing(error_code::conflict, "mail", "another has taken it");
  return std::nullopt;
}

std::optional<failure> write(runner& on, const storage::drop_mails_to& f, written&) {
  on.run(drop_mails_to, {f.recipient, time_text(f.at)});
  return std::nullopt;
}

std::optional<failure> write(runner& on, const storage::settle_mail& f, written&) {
  const auto id = to_string(f.mail);
  const auto at = time_text(f.at);
  switch (f.became) {
  case storage::settle_mail::outcome::again:
    on.run(retry_mail, {id, time_text(f.next_attempt_at)});
    return std::nullopt;
  case storage::settle_mail::outcome::sent:
    on.run(close_mail, {id, at, parameter()});
    break;
  case storage::settle_mail::outcome::given_up:
    on.run(close_mail, {id, parameter(), at});
    break;
  }
  on.run(forget_mails, {time_text(f.at - settled_mails_kept), settled_mails_forgotten_max});
  return std::nullopt;
}

} // namespace latchkey::storage::sql
