// mail_writer.hpp — mails as rows: what is written to a user, sealed, ready to become durable
// together with the fact that causes it.
#pragma once

#include "protocol/facts.hpp"
#include "protocol/result.hpp"
#include "protocol/secret.hpp"

#include <string>

namespace latchkey {

/// A mail as its reader sees it.
struct mail_text {
  std::string subject;
  std::string body; // text/plain
};

class mail_writer {
public:
  /// `reset_url`: where a reset link leads, with `{token}` in it; empty: the mail holds the
  /// token alone. `seal_key` comes from the server's secret (HKDF).
  mail_writer(std::string product_url, std::string reset_url, secret seal_key);

  /// "Here is your reset token": `ttl_s` says how long it works.
  storage::add_mail password_reset(const std::string& recipient, const secret& token,
                                   std::int64_t ttl_s, time_point now) const;
  /// "Your password was changed."
  storage::add_mail password_changed(const std::string& recipient, time_point now) const;

  /// For the transport.
  result<mail_text> open(const mail_record& mail) const;

private:
  storage::add_mail sealed(std::string kind, const std::string& recipient, const mail_text& text,
                           time_point now) const;

  std::string product_url_;
  std::string reset_url_;
  secret seal_key_;
};

} // namespace latchkey
