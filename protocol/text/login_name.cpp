// login_name.cpp — folding by utf8proc; the rules for new names on top of it.
#include "protocol/text/login_name.hpp"

#include "protocol/text/control_characters.hpp"
#include "protocol/text/name_look.hpp"
#include "protocol/text/text_codec.hpp"

#include <algorithm>
#include <cstdlib>
#include <idn2.h>
#include <openssl/crypto.h>
#include <utf8proc.h>

namespace latchkey {
namespace {

/// Folding can lengthen a name (U+FDFA becomes 18 characters); this bounds what is stored.
constexpr std::size_t folded_code_points_max = 255;
constexpr std::size_t domain_label_bytes_max = 63;

struct code_point {
  utf8proc_int32_t value = 0; // negative when the text is not UTF-8
  std::size_t size = 0;
};

code_point first_code_point(std::string_view text) noexcept {
  code_point out;
  auto size = utf8proc_iterate(reinterpret_cast<const utf8proc_uint8_t*>(text.data()),
                               static_cast<utf8proc_ssize_t>(text.size()), &out.value);
  out.size = size > 0 ? static_cast<std::size_t>(size) : 0;
  return out;
}

/// Whether a username may hold it: unassigned ones are refused because a later Unicode may fold
/// them differently, private ones because nobody knows what they are.
bool is_nameable(utf8proc_int32_t c) noexcept {
  const auto category = utf8proc_category(c);
  return category != UTF8PROC_CATEGORY_CN && category != UTF8PROC_CATEGORY_CO &&
         category != UTF8PROC_CATEGORY_CS;
}

bool is_ascii(std::string_view text) noexcept {
  return std::all_of(text.begin(), text.end(),
                     [](char c) { return static_cast<unsigned char>(c) < 0x80; });
}

/// Where the last `@` stands, in any of its widths, and how many bytes it has.
struct at_sign {
  std::size_t at = std::string_view::npos;
  std::size_t bytes = 0;
};
at_sign find_at_sign(std::string_view text) noexcept {
  at_sign found;
  for (const std::string_view sign : {"@", "\xEF\xBC\xA0", "\xEF\xB9\xAB"}) {
    const auto at = text.rfind(sign);
    if (at != text.npos && (found.at == text.npos || at > found.at)) found = {at, sign.size()};
  }
  return found;
}

/// A domain name in ASCII (IDNA2008 after the mapping of UTS 46, non-transitional). Nothing for
/// one that is none.
std::optional<std::string> ascii_domain(std::string_view domain) {
  if (domain.find('\0') != domain.npos) return std::nullopt;
  const std::string text{domain};
  char* found = nullptr;
  const auto code = idn2_to_ascii_8z(text.c_str(), &found, IDN2_NFC_INPUT | IDN2_NONTRANSITIONAL);
  if (code != IDN2_OK) return std::nullopt;
  std::string out{found};
  idn2_free(found);
  return out;
}

bool is_letter_or_digit(char c) noexcept {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

/// RFC 5321, Dot-string.
bool is_dot_string(std::string_view text) noexcept {
  constexpr std::string_view atom_marks = "!#$%&'*+-/=?^_`{|}~.";
  auto allowed = [&](char c) {
    return is_letter_or_digit(c) || atom_marks.find(c) != std::string_view::npos;
  };
  return !text.empty() && text.front() != '.' && text.back() != '.' &&
         text.find("..") == std::string_view::npos &&
         std::all_of(text.begin(), text.end(), allowed);
}

/// RFC 5321, Domain: labels of letters, digits and inner hyphens. One label is enough:
/// people run this on machines named `localhost`.
bool is_domain(std::string_view text) noexcept {
  while (true) {
    auto label = text.substr(0, text.find('.'));
    if (label.empty() || label.size() > domain_label_bytes_max || label.front() == '-' ||
        label.back() == '-' || !std::all_of(label.begin(), label.end(), [](char c) {
          return is_letter_or_digit(c) || c == '-';
        }))
      return false;
    if (label.size() == text.size()) return true;
    text.remove_prefix(label.size() + 1);
  }
}

tl::unexpected<failure> refuse(std::string_view field, std::string_view reason) {
  return fail(error_code::validation_error, std::string{field}, std::string{reason});
}

} // namespace

std::optional<std::string> fold_text(std::string_view text) {
  if (text.empty()) return std::string{};
  constexpr auto options = static_cast<utf8proc_option_t>(
      UTF8PROC_STABLE | UTF8PROC_COMPOSE | UTF8PROC_COMPAT | UTF8PROC_CASEFOLD | UTF8PROC_IGNORE);
  utf8proc_uint8_t* folded = nullptr;
  auto size = utf8proc_map(reinterpret_cast<const utf8proc_uint8_t*>(text.data()),
                           static_cast<utf8proc_ssize_t>(text.size()), &folded, options);
  if (size < 0) return std::nullopt;
  std::string out(reinterpret_cast<const char*>(folded), static_cast<std::size_t>(size));
  // Passwords come through here as well.
  OPENSSL_cleanse(folded, out.size());
  std::free(folded);
  return out;
}

std::optional<std::string> fold_login_name(std::string_view name) {
  if (name.size() > login_name_bytes_max) return std::nullopt;
  const auto sign = is_ascii(name) ? at_sign{} : find_at_sign(name);
  std::optional<std::string> domain;
  // Before anything is folded: IDNA2008 knows letters that case folding takes for others.
  if (sign.at != name.npos)
    domain = ascii_domain(trim_white_space(name.substr(sign.at + sign.bytes)));
  auto folded = fold_text(domain ? name.substr(0, sign.at) : name);
  if (!folded) return std::nullopt;
  // Trimmed after folding: what was at the end may have been ignorable.
  std::string trimmed{trim_white_space(*folded)};
  if (domain) trimmed += '@' + *domain;
  if (trimmed.empty() || has_control_characters(trimmed)) return std::nullopt;
  return trimmed;
}

result<void> check_username(std::string_view username, std::string_view email) {
  constexpr std::string_view field = "username";
  if (username.empty()) return refuse(field, "Username cannot be empty");
  if (username.size() > login_name_bytes_max)
    return refuse(field, "Username must have at most 64 characters");
  if (!is_valid_utf8(username)) return refuse(field, "Username must be valid UTF-8");
  const auto folded = fold_login_name(username);
  const bool is_own_email = folded && folded == fold_login_name(email);
  if (count_code_points(username) > username_code_points_max && !is_own_email)
    return refuse(field, "Username must have at most 64 characters");
  if (trim_white_space(username).size() != username.size())
    return refuse(field, "Username cannot begin or end with white space");
  for (auto rest = username; !rest.empty();) {
    auto next = first_code_point(rest);
    if (!is_nameable(next.value))
      return refuse(field, "Username cannot have unassigned or private characters");
    rest.remove_prefix(next.size);
  }
  if (has_invisible_characters(username))
    return refuse(field, "Username cannot have control or invisible characters");
  if (!folded || count_code_points(*folded) > folded_code_points_max)
    return refuse(field, "Username has no usable characters or too many");
  if (folded->find('@') != std::string::npos && !is_own_email)
    return refuse(field, "Username cannot have an @ unless it is your own email");
  if (!is_own_email && (mixes_scripts(username) || mixes_scripts(*folded)))
    return refuse(field, "Username cannot mix scripts or digits that no language mixes");
  return {};
}

result<void> check_email(std::string_view email) {
  constexpr std::string_view field = "email";
  if (email.empty()) return refuse(field, "Email cannot be empty");
  if (email.size() > email_bytes_max) return refuse(field, "Email must have at most 254 bytes");
  auto at = email.find('@');
  if (at == std::string_view::npos || !is_dot_string(email.substr(0, at)) ||
      !is_domain(email.substr(at + 1)))
    return refuse(field, "Email must be one address such as name@example.com");
  if (at > email_local_part_bytes_max)
    return refuse(field, "Email must have at most 64 bytes before the @");
  return {};
}

result<std::string> normal_email(std::string_view email) {
  std::string normal{email};
  if (email.size() <= login_name_bytes_max && is_valid_utf8(email) && !is_ascii(email)) {
    const auto sign = email.rfind('@');
    // A local part beyond ASCII stays, to be refused.
    if (sign != email.npos && sign > 0 && is_ascii(email.substr(0, sign)))
      if (const auto domain = ascii_domain(email.substr(sign + 1)))
        normal = std::string{email.substr(0, sign + 1)} + *domain;
  }
  if (auto good = check_email(normal); !good) return fail(good.error());
  return normal;
}

} // namespace latchkey
