// login_name.hpp — the names that people sign in with: when two are the same, and which are
// allowed.
#pragma once

#include "protocol/result.hpp"
#include "protocol/text/trim.hpp"

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace latchkey {

inline constexpr std::size_t username_code_points_max = 64;
/// RFC 5321, 4.5.3.1: 64 before the @, and a path of 256 with its two brackets.
inline constexpr std::size_t email_bytes_max = 254;
inline constexpr std::size_t email_local_part_bytes_max = 64;
/// The longest text that is folded; no name is longer.
inline constexpr std::size_t login_name_bytes_max = 1024;

/// NFKC and case folding, without default-ignorable characters (Unicode, NFKC_Casefold):
/// full width, ligatures, soft hyphens and case make no difference. nullopt for what is
/// not UTF-8. NUL is a character like any other.
std::optional<std::string> fold_text(std::string_view text);

/// The key of a username or an email: folded and trimmed. The part after an `@` is a domain name,
/// which is the same in Unicode and in ASCII (`xn--`; IDNA2008 with the mapping of UTS 46). nullopt
/// for text that cannot be a name: not UTF-8, too long, empty after folding, or with control
/// characters.
std::optional<std::string> fold_login_name(std::string_view name);

/// A new username, already trimmed: 1 to 64 code points without control, unassigned, private or
/// invisible characters and without white space at its ends, in one script or in several that are
/// written together (protocol/text/name_look.hpp). A username that is, folded, the user's own
/// `email` may be as long as an email; no other username may have an `@`, in any width.
/// VALIDATION_ERROR with field "username".
result<void> check_username(std::string_view username, std::string_view email = {});

/// One address (RFC 5321, Mailbox) in ASCII: a dot-string, `@`, a domain name. Quoted
/// local parts, address literals, comments, display names and lists are refused, and so is
/// anything beyond ASCII: mail to it needs SMTPUTF8 on the whole way (RFC 6531), and two
/// that look the same would be two; an international domain is in its `xn--` form.
/// VALIDATION_ERROR with field "email".
result<void> check_email(std::string_view email);

/// An entered address, already trimmed, in the form that is stored and mailed to: a domain in
/// Unicode becomes its `xn--` form; case stays. VALIDATION_ERROR as `check_email`.
result<std::string> normal_email(std::string_view email);

} // namespace latchkey
