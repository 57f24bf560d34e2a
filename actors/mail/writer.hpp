// writer.hpp — mails as rows: what is written to a user, sealed, ready to become durable
// together with the fact that causes it.
#pragma once

#include "protocol/facts/mails.hpp"
#include "protocol/result.hpp"
#include "protocol/tokens/secret.hpp"

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
  /// token alone. `verification_url`: the same of what verifies an address. `seal_key` comes from
  /// the server's secret (HKDF).
  mail_writer(std::string product_url, std::string reset_url, secret seal_key,
              std::string verification_url = {});

  /// "Here is your reset token": `ttl_s` says how long it works.
  storage::add_mail password_reset(const std::string& recipient, const secret& token,
                                   std::int64_t ttl_s, time_point now) const;
  /// "Is this address yours?": `ttl_s` says how long the token works.
  storage::add_mail email_verification(const std::string& recipient, const secret& token,
                                       std::int64_t ttl_s, time_point now) const;
  /// "Your password was changed."
  storage::add_mail password_changed(const std::string& recipient, time_point now) const;
  /// "Your password was reset", and what that has ended.
  storage::add_mail password_was_reset(const std::string& recipient, bool ended_keys,
                                       time_point now) const;
  /// "An API key was created": `name` is its owner's word, `prefix` its first characters.
  storage::add_mail api_key_created(const std::string& recipient, const std::string& name,
                                    const std::string& prefix, time_point now) const;
  /// "An API key was revoked": `which` names it.
  storage::add_mail api_key_revoked(const std::string& recipient, const std::string& which,
                                    time_point now) const;
  /// To the old address: "the account has another one now". The new one is not told.
  storage::add_mail email_changed(const std::string& recipient, time_point now) const;
  /// "Your recovery passphrase was set", or removed.
  storage::add_mail recovery_changed(const std::string& recipient, bool removed,
                                     time_point now) const;

  /// "Your second factors were changed": `event` is a sentence without its end.
  storage::add_mail factors_changed(const std::string& recipient, const std::string& event,
                                    time_point now) const;
  /// "Few recovery codes are left."
  storage::add_mail recovery_codes_few(const std::string& recipient, std::size_t left,
                                       time_point now) const;

  /// For the transport.
  result<mail_text> open(const mail_record& mail) const;

private:
  /// What has happened to the account, when, and what to do about it.
  storage::add_mail notice(std::string kind, const std::string& recipient, std::string subject,
                           const std::string& event, const std::string& advice,
                           time_point now) const;
  /// The page that `url` leads to, or the token alone.
  static std::string link_text(const std::string& url, const secret& token,
                               const std::string& invitation, const std::string& name);
  storage::add_mail sealed(std::string kind, const std::string& recipient, const mail_text& text,
                           time_point now) const;

  std::string product_url_;
  std::string reset_url_;
  std::string verification_url_;
  secret seal_key_;
};

} // namespace latchkey
