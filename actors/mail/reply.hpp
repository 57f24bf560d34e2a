// reply.hpp — what a mail server's refusal is about: the recipient, for whom no other attempt
// would go better, or anything else, which a configuration that is changed meanwhile may heal.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace latchkey {

/// How far the conversation had come when the reply was given.
enum class mail_stage : std::uint8_t {
  session,   // greeting, EHLO, STARTTLS, AUTH
  sender,    // MAIL FROM
  recipient, // RCPT TO
  text,      // DATA and the message itself
};

/// Whether the reply (its last line, code first) says for good that the recipient is wrong: an
/// enhanced status code (RFC 3463) 5.1.x about the destination's address or 5.2.1, a mailbox that
/// takes nothing; or without one, at RCPT, 550, 551, 553 or 556 (RFC 5321, 4.2.2; RFC 7504) whose
/// words are not about us. Relaying, greetings, authentication, the sender and content are never
/// final: the mail goes on being tried for its day.
bool is_final_reply(mail_stage stage, std::string_view reply);

} // namespace latchkey
