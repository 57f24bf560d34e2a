#include "actors/mail/writer.hpp"

#include "protocol/tokens/sealed.hpp"

namespace latchkey {
namespace {

/// Opens for its own row alone: a sealed text that is moved to another recipient stays shut.
std::string binding_of(const mail_record& mail) {
  return to_string(mail.id) + '\n' + mail.kind + '\n' + mail.recipient;
}

/// "an hour", "90 minutes", "2 days": rounded down, for what is promised must hold.
std::string in_words(std::int64_t seconds) {
  struct unit {
    std::int64_t size;
    const char *singular, *plural;
  };
  for (const auto& [size, singular, plural] :
       {unit{86400, "a day", " days"}, unit{3600, "an hour", " hours"},
        unit{60, "a minute", " minutes"}}) {
    if (seconds < size || (seconds % size != 0 && seconds < 3 * size && size > 60)) continue;
    return seconds / size == 1 ? singular : std::to_string(seconds / size) + plural;
  }
  return std::to_string(seconds) + " seconds";
}

std::string filled(std::string text, std::string_view placeholder, std::string_view with) {
  for (auto at = text.find(placeholder); at != std::string::npos;
       at = text.find(placeholder, at + with.size()))
    text.replace(at, placeholder.size(), with);
  return text;
}

} // namespace

mail_writer::mail_writer(std::string product_url, std::string reset_url, secret seal_key,
                         std::string verification_url)
    : product_url_(std::move(product_url)), reset_url_(std::move(reset_url)),
      verification_url_(std::move(verification_url)), seal_key_(std::move(seal_key)) {}

std::string mail_writer::link_text(const std::string& url, const secret& token,
                                   const std::string& invitation, const std::string& name) {
  if (url.empty()) return "Your " + name + ":\n\n" + std::string{token.reveal()} + "\n\n";
  return invitation + ":\n\n" + filled(url, "{token}", token.reveal()) + "\n\n";
}

// -- what holds a token ---------------------------------------------------------------------

storage::add_mail mail_writer::password_reset(const std::string& recipient, const secret& token,
                                              std::int64_t ttl_s, time_point now) const {
  mail_text text;
  text.subject = "Reset your password";
  text.body = "Somebody, hopefully you, asked to reset the password of your account at\n" +
              product_url_ + ".\n\n" +
              link_text(reset_url_, token, "Choose a new one here", "reset token") +
              "It works once, within " + in_words(ttl_s) +
              ".\nIf it was not you, ignore this mail: nothing has changed.\n";
  return sealed("password_reset", recipient, text, now);
}

storage::add_mail mail_writer::email_verification(const std::string& recipient, const secret& token,
                                                  std::int64_t ttl_s, time_point now) const {
  mail_text text;
  text.subject = "Verify your email address";
  text.body = "Somebody, hopefully you, uses this address for an account at\n" + product_url_ +
              ".\n\n" +
              link_text(verification_url_, token, "Verify it here", "verification token") +
              "It works once, within " + in_words(ttl_s) +
              ".\nIf it was not you, do not use it: the account is not yours. To take it over,\n"
              "ask for a password reset; whatever was set up before is gone then.\n";
  return sealed("email_verification", recipient, text, now);
}

// -- notices --------------------------------------------------------------------------------

storage::add_mail mail_writer::notice(std::string kind, const std::string& recipient,
                                      std::string subject, const std::string& event,
                                      const std::string& advice, time_point now) const {
  mail_text text;
  text.subject = std::move(subject);
  text.body =
      event + " at\n" + product_url_ + "\non " + to_rfc3339_seconds(now) + ".\n\n" + advice + "\n";
  return sealed(std::move(kind), recipient, text, now);
}

storage::add_mail mail_writer::password_changed(const std::string& recipient,
                                                time_point now) const {
  return notice("password_changed", recipient, "Your password was changed",
                "The password of your account was changed",
                "If it was not you, reset it at once and tell whoever runs the service.", now);
}

storage::add_mail mail_writer::password_was_reset(const std::string& recipient, bool ended_keys,
                                                  time_point now) const {
  return notice("password_changed", recipient, "Your password was changed",
                "The password of your account was reset",
                std::string{ended_keys
                                ? "All sessions were ended, all API keys were revoked, and the "
                                  "recovery\npassphrase was removed."
                                : "All sessions were ended. API keys still work: revoke those that "
                                  "you do not know."} +
                    "\n\nIf it was not you, reset it at once and tell whoever runs the service.",
                now);
}

storage::add_mail mail_writer::api_key_created(const std::string& recipient,
                                               const std::string& name, const std::string& prefix,
                                               time_point now) const {
  return notice("api_key_created", recipient, "An API key was created",
                "The API key \"" + name + "\" (" + prefix + "...) was created for your account",
                "If it was not you, revoke it, change your password and tell whoever runs the "
                "service.",
                now);
}

storage::add_mail mail_writer::api_key_revoked(const std::string& recipient,
                                               const std::string& which, time_point now) const {
  return notice("api_key_revoked", recipient, "An API key was revoked",
                "The API key " + which + " of your account was revoked",
                "If it was not you, change your password and tell whoever runs the service.", now);
}

storage::add_mail mail_writer::email_changed(const std::string& recipient, time_point now) const {
  return notice("email_changed", recipient, "Your email address was changed",
                "Your account has another email address. This one was taken away from it",
                "If you did not ask for it, tell whoever runs the service.", now);
}

storage::add_mail mail_writer::recovery_changed(const std::string& recipient, bool removed,
                                                time_point now) const {
  const std::string verb = removed ? "removed" : "set";
  return notice(
      "recovery_passphrase_changed", recipient, "Your recovery passphrase was " + verb,
      "The recovery passphrase of your account was " + verb,
      "If it was not you, change your password at once and tell whoever runs the service.", now);
}

storage::add_mail mail_writer::factors_changed(const std::string& recipient,
                                               const std::string& event, time_point now) const {
  return notice("factors_changed", recipient, "Your second factors were changed", event,
                "If it was not you, change your password at once and tell whoever runs the "
                "service.",
                now);
}

storage::add_mail mail_writer::recovery_codes_few(const std::string& recipient, std::size_t left,
                                                  time_point now) const {
  const auto count =
      left == 1 ? std::string{"1 recovery code is"} : std::to_string(left) + " recovery codes are";
  return notice("recovery_codes_few", recipient, "Few recovery codes are left",
                "A recovery code of your account was used; " + count + " left for the account",
                "Make new ones before they are gone. If you did not use one, change your password "
                "at once.",
                now);
}

storage::add_mail mail_writer::sealed(std::string kind, const std::string& recipient,
                                      const mail_text& text, time_point now) const {
  mail_record mail;
  mail.id = make_uuid(now);
  mail.kind = std::move(kind);
  mail.recipient = recipient;
  mail.created_at = mail.next_attempt_at = now;
  const secret plain{text.subject + '\n' + text.body};
  mail.sealed = seal(seal_key_, plain.reveal(), binding_of(mail));
  return {std::move(mail)};
}

result<mail_text> mail_writer::open(const mail_record& mail) const {
  const auto plain = open_sealed(seal_key_, mail.sealed, binding_of(mail));
  if (!plain) return fail(plain.error());
  const auto text = plain->reveal();
  const auto line = text.find('\n');
  if (line == std::string_view::npos) return fail(error_code::internal_error, {}, "no subject");
  return mail_text{std::string{text.substr(0, line)}, std::string{text.substr(line + 1)}};
}

} // namespace latchkey
