// login_name.hpp — names people sign in with: when two are the same, and which may be taken.
#pragma once

#include "protocol/result.hpp"

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace latchkey {

inline constexpr std::size_t username_code_points_max = 64;
/// RFC 5321, 4.5.3.1: 64 before the @, and a path of 256 with its two brackets.
inline constexpr std::size_t email_bytes_max = 254;
inline constexpr std::size_t email_local_part_bytes_max = 64;
/// The longest text that is folded; longer is nobody's name.
inline constexpr std::size_t login_name_bytes_max = 1024;

/// Without Unicode's white space at both ends.
std::string_view trim_white_space(std::string_view text) noexcept;

/// NFKC and case folding, without default-ignorable characters (Unicode, NFKC_Casefold):
/// full width, ligatures, soft hyphens and case make no difference. nullopt for what is
/// not UTF-8. NUL is a character like any other.
std::optional<std::string> fold_text(std::string_view text);

/// What identifies a username or an email: folded and trimmed. What stands behind an `@` is a
/// domain name: in Unicode or in ASCII (`xn--`) it is the same one (IDNA2008 with the mapping of
/// UTS 46). nullopt when that can be nobody's name: not UTF-8, too long, empty after folding, or
/// with control characters.
std::optional<std::string> fold_login_name(std::string_view name);

/// A new username, already trimmed: 1 to 64 code points without control, unassigned, private or
/// invisible characters and without white space at its ends, in one script or in several that are
/// written together (protocol/text/name_look.hpp). What is, folded, the user's own
/// `email` may be as long as that is, and nothing else may have an `@`, in any width.
/// VALIDATION_ERROR with field "username".
result<void> check_username(std::string_view username, std::string_view email = {});

/// One address (RFC 5321, Mailbox) in ASCII: a dot-string, `@`, a domain name. Quoted
/// local parts, address literals, comments, display names and lists are refused, and so is
/// anything beyond ASCII: mail to it needs SMTPUTF8 on the whole way (RFC 6531), and two
/// that look the same would be two; an international domain is in its `xn--` form.
/// VALIDATION_ERROR with field "email".
result<void> check_email(std::string_view email);

/// An address as somebody gives it, already trimmed, in the form that is stored and mailed to: a
/// domain in Unicode becomes its `xn--` form; case stays. VALIDATION_ERROR as `check_email`.
result<std::string> normal_email(std::string_view email);

} // namespace latchkey
