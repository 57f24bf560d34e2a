#include "actors/mail_writer.hpp"

#include "protocol/sealed.hpp"

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
    const char *one, *many;
  };
  for (const auto& [size, one, many] :
       {unit{86400, "a day", " days"}, unit{3600, "an hour", " hours"},
        unit{60, "a minute", " minutes"}}) {
    if (seconds < size || (seconds % size != 0 && seconds < 3 * size && size > 60)) continue;
    return seconds / size == 1 ? one : std::to_string(seconds / size) + many;
  }
  return std::to_string(seconds) + " seconds";
}

std::string filled(std::string text, std::string_view place, std::string_view with) {
  for (auto at = text.find(place); at != std::string::npos; at = text.find(place, at + with.size()))
    text.replace(at, place.size(), with);
  return text;
}

} // namespace

mail_writer::mail_writer(std::string product_url, std::string reset_url, secret seal_key)
    : product_url_(std::move(product_url)), reset_url_(std::move(reset_url)),
      seal_key_(std::move(seal_key)) {}

storage::add_mail mail_writer::password_reset(const std::string& recipient, const secret& token,
                                              std::int64_t ttl_s, time_point now) const {
  mail_text text;
  text.subject = "Reset your password";
  text.body = "Somebody, hopefully you, asked to reset the password of your account at\n" +
              product_url_ + ".\n\n";
  if (reset_url_.empty())
    text.body += "Your reset token:\n\n" + std::string{token.reveal()} + "\n\n";
  else
    text.body +=
        "Choose a new one here:\n\n" + filled(reset_url_, "{token}", token.reveal()) + "\n\n";
  text.body += "It works once, within " + in_words(ttl_s) +
               ".\nIf it was not you, ignore this mail: nothing has changed.\n";
  return sealed("password_reset", recipient, text, now);
}

storage::add_mail mail_writer::password_changed(const std::string& recipient,
                                                time_point now) const {
  mail_text text;
  text.subject = "Your password was changed";
  text.body = "The password of your account at\n" + product_url_ + "\nwas changed on " +
              to_rfc3339_seconds(now) +
              ".\n\nIf it was not you, reset it at once and tell whoever runs the service.\n";
  return sealed("password_changed", recipient, text, now);
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
  if (!plain) return tl::unexpected<failure>(plain.error());
  const auto text = plain->reveal();
  const auto line = text.find('\n');
  if (line == std::string_view::npos) return fail(error_code::internal_error, {}, "no subject");
  return mail_text{std::string{text.substr(0, line)}, std::string{text.substr(line + 1)}};
}

} // namespace latchkey
