// foreign_hash_family.cpp — the names of password hashes that cannot be taken over.
#include "actors/password/foreign_hash.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace latchkey {
namespace {

using family = std::pair<std::string_view, std::string_view>; // how it begins, what it is

constexpr std::array families{
    family{"$P$", "phpass ($P$: WordPress, phpBB)"},
    family{"$H$", "phpass ($H$: WordPress, phpBB)"},
    family{"$wp$", "WordPress's own bcrypt ($wp$)"},
    family{"$S$", "Drupal 7's SHA-512 ($S$)"},
    family{"{SSHA", "salted SHA (SSHA, LDAP)"},
    family{"{SHA", "unsalted SHA (LDAP)"},
    family{"{SMD5}", "salted MD5 (SMD5, LDAP)"},
    family{"{MD5}", "unsalted MD5 (LDAP)"},
    family{"{CRYPT}", "crypt(3) in LDAP's form ({CRYPT})"},
    family{"{PBKDF2", "PBKDF2 in LDAP's form ({PBKDF2…})"},
    family{"{", "LDAP's form ({SCHEME}…)"},
    family{"$apr1$", "Apache's MD5 crypt ($apr1$)"},
    family{"$1$", "md5crypt (crypt(3), $1$)"},
    family{"$5$", "sha256crypt (crypt(3), $5$)"},
    family{"$6$", "sha512crypt (crypt(3), $6$)"},
    family{"$y$", "yescrypt (crypt(3), $y$)"},
    family{"$gy$", "gost-yescrypt (crypt(3), $gy$)"},
    family{"$7$", "scrypt in crypt(3)'s form ($7$)"},
    family{"$sha1$", "sha1crypt (crypt(3), $sha1$)"},
    family{"$md5", "Solaris' MD5 crypt (crypt(3), $md5)"},
    family{"$3$", "NT hash (crypt(3), $3$)"},
    family{"$2x$", "bcrypt by a faulty implementation ($2x$)"},
    family{"$argon2d$", "Argon2d"},
    family{"argon2$argon2d$", "Argon2d"},
    family{"sha1$", "salted SHA-1 (Django, Werkzeug)"},
    family{"sha256$", "salted SHA-256 (Werkzeug)"},
    family{"sha512$", "salted SHA-512 (Werkzeug)"},
    family{"md5$", "salted MD5 (Django, Werkzeug)"},
    family{"unsalted_", "unsalted MD5 or SHA-1 (Django)"},
    family{"crypt$", "DES crypt (Django)"},
    family{"$B$", "MediaWiki's MD5 ($B$)"},
    family{"SCRAM-SHA-", "SCRAM (PostgreSQL, MongoDB)"},
};

// What is of a kind that is taken, and yet was not: the reason is in it.
constexpr std::array known_kinds{
    family{"$2", "bcrypt"},      family{"bcrypt", "bcrypt"},   family{"$pbkdf2", "PBKDF2"},
    family{"pbkdf2", "PBKDF2"},  family{"$scrypt$", "scrypt"}, family{"scrypt", "scrypt"},
    family{"$argon2", "Argon2"}, family{"argon2$", "Argon2"},
};

template <std::size_t N>
std::string_view look_up(const std::array<family, N>& table, std::string_view text) {
  const auto found = std::ranges::find_if(
      table, [text](const family& known) { return text.starts_with(known.first); });
  return found == table.end() ? std::string_view{} : found->second;
}

bool is_all_hex(std::string_view text) {
  return std::ranges::all_of(text, [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
  });
}

std::string_view bare_digest(std::string_view text) {
  constexpr std::size_t md5_digits = 32, sha1_digits = 40, sha256_digits = 64, sha512_digits = 128;
  if (text.size() == sha1_digits + 1 && text.front() == '*' && is_all_hex(text.substr(1)))
    return "MySQL's double SHA-1";
  if (!is_all_hex(text)) return {};
  switch (text.size()) {
  case md5_digits:
    return "bare MD5 or NT hash";
  case sha1_digits:
    return "bare SHA-1";
  case sha256_digits:
    return "bare SHA-256";
  case sha512_digits:
    return "bare SHA-512";
  default:
    return {};
  }
}

} // namespace

std::string foreign_hash_family(std::string_view text) {
  if (text.starts_with('!') || text == "*" || text == "x")
    return "stands for no password at all (an unusable one): leave password_hash out, and the user "
           "is there without a password until a reset by mail";
  if (const auto name = look_up(families, text); !name.empty())
    return "is " + std::string{name} + ", which is not taken over";
  if (const auto name = look_up(known_kinds, text); !name.empty())
    return "looks like " + std::string{name} +
           ", but is malformed, of another variant, or costs more than is allowed";
  if (const auto name = bare_digest(text); !name.empty())
    return "is " + std::string{name} + ", which is not taken over";
  return {};
}

} // namespace latchkey
