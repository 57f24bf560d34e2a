// message.hpp — a mail as bytes (RFC 5322, 2045, 2047), for whichever way it goes.
#pragma once

#include "actors/mail/writer.hpp"

#include <cstddef>
#include <string>

namespace latchkey {

inline constexpr std::size_t mail_line_chars_max = 998; // RFC 5322, 2.1.1, without the CRLF

/// Date, Message-ID, From, To, Subject and the text as UTF-8, lines ending in CRLF. Nothing in
/// `text` or `mail` can become a header: addresses are checked and a subject with anything but
/// printable ASCII is encoded. VALIDATION_ERROR when an address is none (check_email).
result<std::string> mail_message(const std::string& from, const mail_record& mail,
                                 const mail_text& text);

} // namespace latchkey
