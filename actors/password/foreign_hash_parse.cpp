// foreign_hash_parse.cpp — the texts of other systems' password hashes. Strict: digits without
// leading zeros, one alphabet each, nothing before and nothing after.
#include "actors/password/foreign_hash.hpp"

#include "actors/password/phc_number.hpp"
#include "protocol/text/text_codec.hpp"

#include <algorithm>
#include <bit>

namespace latchkey {
namespace {

constexpr std::size_t text_bytes_max = 512;
constexpr std::size_t bcrypt_chars = 60;

/// Takes what stands before `end` from the front of `text`, and `end` with it.
std::optional<std::string_view> take_until(std::string_view& text, std::string_view end) {
  const auto at = text.find(end);
  if (at == std::string_view::npos) return std::nullopt;
  const auto part = text.substr(0, at);
  text.remove_prefix(at + end.size());
  return part;
}

enum class padding : bool { optional, required };

/// RFC 4648, 4; `plus` is what stands for 62 (passlib's own form has a dot there). Padding that is
/// there must be whole.
std::optional<std::string> base64(std::string_view text, char plus, padding wanted) {
  std::string plain{text};
  if (wanted == padding::required || plain.ends_with('=')) {
    if (plain.size() % 4 != 0) return std::nullopt;
    for (int i = 0; i < 2 && plain.ends_with('='); ++i)
      plain.pop_back();
  }
  for (auto& c : plain) {
    if (c == '-' || c == '_') return std::nullopt; // base64url's
    if (c == plus)
      c = '-';
    else if (c == '/')
      c = '_';
  }
  return base64url_decode(plain);
}

/// A salt that is used as the text it is.
std::optional<std::string> as_it_is(std::string_view text) {
  return std::string{text};
}

bool is_salt(std::string_view salt) {
  return !salt.empty() && salt.size() <= foreign_salt_bytes_max;
}
/// All systems take whole words; a text that was cut off at some character is none.
bool is_digest(std::string_view digest) {
  return digest.size() % 4 == 0 && digest.size() >= foreign_digest_bytes_min &&
         digest.size() <= foreign_digest_bytes_max;
}

bool is_scrypt_cost(std::uint64_t n, std::uint64_t r, std::uint64_t p) {
  // Both are below 2^32, and what is multiplied next was found small before.
  if (n < 2 || !std::has_single_bit(n) || n * r > scrypt_memory_bytes_max / 128) return false;
  return n * r * p <= scrypt_work_bytes_max / 128;
}

} // namespace

struct foreign_hash::parser {
  using found = std::optional<foreign_hash>;

  template <class Parameters>
  static found made(Parameters parameters, std::string_view salt,
                    const std::optional<std::string>& digest) {
    if (!is_salt(salt) || !digest || !is_digest(*digest)) return std::nullopt;
    foreign_hash out;
    out.parameters_ = parameters;
    out.salt_ = salt;
    out.digest_ = *digest;
    return out;
  }

  /// "$2b$12$" and 53 characters of bcrypt's own alphabet.
  static found read_bcrypt(std::string_view text, bool hashes_first) {
    if (text.size() != bcrypt_chars || text[6] != '$' || text[3] != '$') return std::nullopt;
    if (text[2] != 'a' && text[2] != 'b' && text[2] != 'y') return std::nullopt;
    const auto is_digit = [](char c) { return c >= '0' && c <= '9'; };
    if (!is_digit(text[4]) || !is_digit(text[5])) return std::nullopt;
    const auto cost = static_cast<std::uint32_t>((text[4] - '0') * 10 + (text[5] - '0'));
    if (cost < bcrypt_cost_min || cost > bcrypt_cost_max) return std::nullopt;
    const auto in_alphabet = [&](char c) {
      return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '.' ||
             c == '/';
    };
    if (!std::ranges::all_of(text.substr(7), in_alphabet)) return std::nullopt;
    foreign_hash out;
    out.parameters_ = foreign::bcrypt{std::string{text}, hashes_first};
    return out;
  }

  /// "600000$salt$digest": `decode_salt` and `decode` are what tells the systems apart.
  template <class DecodeSalt, class Decode>
  static found read_pbkdf2(std::string_view text, foreign::digest which, DecodeSalt decode_salt,
                           Decode decode) {
    const auto iterations = take_number(text, "$");
    const auto salt = iterations ? take_until(text, "$") : std::nullopt;
    if (!salt || *iterations > pbkdf2_iterations_max) return std::nullopt;
    const std::optional<std::string> bytes = decode_salt(*salt);
    if (!bytes) return std::nullopt;
    return made(foreign::pbkdf2{which, *iterations}, *bytes, decode(text));
  }
  static found read_passlib_pbkdf2(std::string_view text, foreign::digest which) {
    if (text.starts_with("i=")) return read_phc_pbkdf2(text.substr(2), which);
    const auto decode = [](std::string_view t) { return base64(t, '.', padding::optional); };
    return read_pbkdf2(text, which, decode, decode);
  }
  /// "600000,l=32$salt$digest": the PHC form, of which `l` is the digest's size and may be absent
  static found read_phc_pbkdf2(std::string_view text, foreign::digest which) {
    const auto dollar = text.find('$');
    const auto comma = text.find(",l=");
    std::optional<std::uint32_t> size;
    std::string plain{text};
    if (comma < dollar) {
      auto rest = text.substr(comma + 3);
      size = take_number(rest, "$");
      if (!size) return std::nullopt;
      plain.erase(comma, dollar - comma);
    }
    const auto decode = [](std::string_view t) { return base64(t, '+', padding::optional); };
    auto made = read_pbkdf2(plain, which, decode, decode);
    if (made && size && made->digest_.size() != *size) return std::nullopt;
    return made;
  }
  static found read_django_pbkdf2(std::string_view text, foreign::digest which) {
    return read_pbkdf2(text, which, as_it_is,
                       [](std::string_view t) { return base64(t, '+', padding::required); });
  }
  static found read_werkzeug_pbkdf2(std::string_view text, foreign::digest which) {
    return read_pbkdf2(text, which, as_it_is, from_hex);
  }

  /// "ln=16,r=8,p=1$salt$digest"
  static found read_passlib_scrypt(std::string_view text) {
    if (!text.starts_with("ln=")) return std::nullopt;
    text.remove_prefix(3);
    const auto log_n = take_number(text, ",r=");
    const auto r = log_n ? take_number(text, ",p=") : std::nullopt;
    const auto p = r ? take_number(text, "$") : std::nullopt;
    const auto salt = p ? take_until(text, "$") : std::nullopt;
    if (!salt || *log_n > 31) return std::nullopt;
    const auto n = std::uint64_t{1} << *log_n;
    const auto bytes = base64(*salt, '+', padding::optional);
    if (!bytes || !is_scrypt_cost(n, *r, *p)) return std::nullopt;
    return made(foreign::scrypt{n, *r, *p}, *bytes, base64(text, '+', padding::optional));
  }

  /// "16384$salt$8$1$digest"
  static found read_django_scrypt(std::string_view text) {
    const auto n = take_number(text, "$");
    const auto salt = n ? take_until(text, "$") : std::nullopt;
    const auto r = salt ? take_number(text, "$") : std::nullopt;
    const auto p = r ? take_number(text, "$") : std::nullopt;
    if (!p || !is_scrypt_cost(*n, *r, *p)) return std::nullopt;
    return made(foreign::scrypt{*n, *r, *p}, *salt, base64(text, '+', padding::required));
  }

  /// "32768:8:1$salt$digest", the digest in hexadecimal digits
  static found read_werkzeug_scrypt(std::string_view text) {
    const auto n = take_number(text, ":");
    const auto r = n ? take_number(text, ":") : std::nullopt;
    const auto p = r ? take_number(text, "$") : std::nullopt;
    const auto salt = p ? take_until(text, "$") : std::nullopt;
    if (!salt || !is_scrypt_cost(*n, *r, *p)) return std::nullopt;
    return made(foreign::scrypt{*n, *r, *p}, *salt, from_hex(text));
  }

  /// "m=65536,t=3,p=4$salt$digest" (the reference implementation's form)
  static found read_argon2(std::string_view text, bool is_id) {
    if (!text.starts_with("m=")) return std::nullopt;
    text.remove_prefix(2);
    const auto memory_kib = take_number(text, ",t=");
    const auto iterations = memory_kib ? take_number(text, ",p=") : std::nullopt;
    const auto lanes = iterations ? take_number(text, "$") : std::nullopt;
    const auto salt = lanes ? take_until(text, "$") : std::nullopt;
    if (!salt || *lanes > foreign_argon2_lanes_max || *memory_kib > foreign_argon2_memory_kib_max ||
        *memory_kib < 8 * *lanes ||
        std::uint64_t{*memory_kib} * *iterations > foreign_argon2_work_kib_max)
      return std::nullopt;
    const auto bytes = base64(*salt, '+', padding::optional);
    if (!bytes || bytes->size() < 8) return std::nullopt; // RFC 9106, 3.1
    return made(foreign::argon2{is_id, *memory_kib, *iterations, *lanes}, *bytes,
                base64(text, '+', padding::optional));
  }
};

std::optional<foreign_hash> foreign_hash::parse(std::string_view text) {
  if (text.size() > text_bytes_max) return std::nullopt;
  const auto begins = [&text](std::string_view with) {
    if (!text.starts_with(with)) return false;
    text.remove_prefix(with.size());
    return true;
  };
  if (text.starts_with("$2")) return parser::read_bcrypt(text, false);
  if (begins("bcrypt$")) return parser::read_bcrypt(text, false);
  if (begins("bcrypt_sha256$")) return parser::read_bcrypt(text, true);
  using foreign::digest;
  if (begins("$pbkdf2$")) return parser::read_passlib_pbkdf2(text, digest::sha1);
  if (begins("$pbkdf2-sha1$i=")) return parser::read_phc_pbkdf2(text, digest::sha1);
  if (begins("$pbkdf2-sha256$")) return parser::read_passlib_pbkdf2(text, digest::sha256);
  if (begins("$pbkdf2-sha512$")) return parser::read_passlib_pbkdf2(text, digest::sha512);
  if (begins("pbkdf2_sha1$")) return parser::read_django_pbkdf2(text, digest::sha1);
  if (begins("pbkdf2_sha256$")) return parser::read_django_pbkdf2(text, digest::sha256);
  if (begins("pbkdf2_sha512$")) return parser::read_django_pbkdf2(text, digest::sha512);
  if (begins("pbkdf2:sha1:")) return parser::read_werkzeug_pbkdf2(text, digest::sha1);
  if (begins("pbkdf2:sha256:")) return parser::read_werkzeug_pbkdf2(text, digest::sha256);
  if (begins("pbkdf2:sha512:")) return parser::read_werkzeug_pbkdf2(text, digest::sha512);
  if (begins("$scrypt$")) return parser::read_passlib_scrypt(text);
  if (begins("scrypt$")) return parser::read_django_scrypt(text);
  if (begins("scrypt:")) return parser::read_werkzeug_scrypt(text);
  if (text.starts_with("argon2$argon2")) text.remove_prefix(6); // Django's own word before it
  if (begins("$argon2id$v=19$")) return parser::read_argon2(text, true);
  if (begins("$argon2i$v=19$")) return parser::read_argon2(text, false);
  return std::nullopt;
}

} // namespace latchkey
