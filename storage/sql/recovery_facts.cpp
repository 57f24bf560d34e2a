// How a user who forgot the password comes back: the passphrase, and tokens that work once.
#include "storage/sql/catalogue_accounts.hpp"
#include "storage/sql/facts.hpp"

namespace latchkey::storage::sql {

namespace {

/// How long an expired token stays readable before its user's next one takes it away.
constexpr auto kept_after_expiry = std::chrono::hours(24);

} // namespace

std::optional<failure> write(runner& on, const storage::set_recovery& f, written&) {
  const auto set = on.run(
      put_recovery, {to_string(f.user), std::string(f.passphrase_hash.reveal()), time_text(f.at)});
  return set == 0 ? std::optional(losing(error_code::user_not_found)) : std::nullopt;
}

std::optional<failure> write(runner& on, const storage::add_reset_token& f, written&) {
  const auto& t = f.token;
  const auto user = to_string(t.user);
  on.run(forget_reset_tokens, {user, time_text(t.created_at - kept_after_expiry)});
  const auto added =
      on.run(add_reset_token,
             {key_number(t.id), user, t.secret_hash, time_text(t.created_at),
              time_text(t.expires_at), time_or_null(t.used_at), std::string(name_of(t.purpose))});
  if (added > 0) return std::nullopt;
  if (on.run(share_user, {user}) == 0) return losing(error_code::user_not_found);
  return losing(error_code::conflict, "id", "the id is taken");
}

std::optional<failure> write(runner& on, const storage::use_reset_token& f, written&) {
  const auto user = to_string(f.user);
  // Whoever goes on to use up the others would wait for one that waits for this.
  const auto there = on.run(share_user, {user});
  const auto won = on.run(use_reset_token, {key_number(f.id), user, f.secret_hash, time_text(f.at),
                                            std::string(name_of(f.purpose))});
  if (there == 0 || won == 0) return losing(error_code::token_invalid);
  return std::nullopt;
}

std::optional<failure> write(runner& on, const storage::use_up_reset_tokens& f, written&) {
  const auto user = to_string(f.user);
  on.run(share_user, {user});
  const auto& used = f.which == tokens_of::every_purpose ? use_up_tokens
                     : f.which == tokens_of::resets      ? use_up_reset_tokens
                                                         : use_up_passphrase_tokens;
  on.run(used, {user, time_text(f.at)});
  return std::nullopt;
}

std::optional<failure> write(runner& on, const storage::remove_recovery& f, written&) {
  on.run(drop_recovery, {to_string(f.user)});
  return std::nullopt;
}

} // namespace latchkey::storage::sql
