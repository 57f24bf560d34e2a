// mails.hpp — mails on their way out.
#pragma once

#include "protocol/ids.hpp"
#include "protocol/time.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace latchkey {

/// A mail to be sent. It is durable before the request that caused it is answered.
struct mail_record {
  uuid id;
  std::string kind; // "password_reset", "password_changed", …
  std::string recipient;
  std::string sealed; // subject and text (protocol/tokens/sealed.hpp), base64url; empty once sent
  std::uint32_t attempts = 0;
  time_point created_at{};
  time_point next_attempt_at{}; // while it is being sent: the end of the sender's lease
  std::optional<time_point> sent_at;
  std::optional<time_point> given_up_at;
};

} // namespace latchkey

namespace latchkey::storage {

// -- limits: characters, as VARCHAR counts them, or bytes where the name says so --------------

inline constexpr std::size_t mail_kind_chars_max = 50;
inline constexpr std::size_t recipient_chars_max = 255;
inline constexpr std::size_t sealed_bytes_max = std::size_t{1} << 20;

// -- facts -------------------------------------------------------------------------------

/// Adds a mail. A mail whose id exists already changes nothing, as with `add_audit`.
struct add_mail {
  mail_record mail;
};

/// Leases a due mail to one sender until `until` and counts the attempt beforehand, so that an
/// attempt that a crash cuts off counts too. Loses with CONFLICT when another sender has leased it
/// (`next_attempt_at` is no longer `seen`) or it is settled.
struct lease_mail {
  uuid mail;
  time_point seen{};
  time_point until{};
};

/// Gives up and wipes every unsettled mail to that address from before `at`, except notices to an
/// address that the user has changed (kind "email_changed").
struct drop_mails_to {
  std::string recipient;
  time_point at{};
};

/// Records the outcome of an attempt: sent (its text is wiped), to be tried again, or given up
/// (wiped too). Changes nothing when the mail is settled already or does not exist.
struct settle_mail {
  enum class outcome : std::uint8_t { sent, again, given_up } became = outcome::sent;
  uuid mail;
  time_point at{};
  time_point next_attempt_at{}; // of `again`
};

// -- queries -----------------------------------------------------------------------------

/// Mails that are due, oldest first.
struct due_mails {
  using answer = std::vector<mail_record>;
  time_point now{};
  std::size_t limit = 64;
};

} // namespace latchkey::storage
