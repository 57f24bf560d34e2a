// setting_values.hpp — readers for the forms of settings' values; private to config/.
#pragma once

#include "protocol/rate_limit.hpp"
#include "protocol/text/trim.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace latchkey::setting_values {

/// A list with commas between its parts, each once, as `read_one` has them; nothing when one is
/// wrong or there are more than `parts_max`.
template <class ReadOne>
std::optional<std::vector<std::string>> list(std::string_view text, ReadOne read_one,
                                             std::size_t parts_max = 1024) {
  std::vector<std::string> found;
  for (std::size_t from = 0; from <= text.size();) {
    const auto comma = std::min(text.find(',', from), text.size());
    std::optional<std::string> one = read_one(trim_blanks(text.substr(from, comma - from)));
    if (!one) return std::nullopt;
    if (std::ranges::find(found, *one) == found.end()) found.push_back(*std::move(one));
    if (found.size() > parts_max) return std::nullopt;
    from = comma + 1;
  }
  return found;
}
/// The same of words that `accepts` knows.
template <bool (*Accepts)(std::string_view)>
std::optional<std::vector<std::string>> words(std::string_view text, std::size_t parts_max = 1024) {
  const auto read_one = [](std::string_view word) {
    return Accepts(word) ? std::optional<std::string>{word} : std::nullopt;
  };
  return list(text, read_one, parts_max);
}
/// As `list` reads it.
std::string shown_list(const std::vector<std::string>& parts);

/// Decimal digits alone, `min` to `max`.
std::optional<std::uint32_t> count(std::string_view text, std::uint32_t min, std::uint32_t max);
/// Seconds: digits, alone or before one of s, m, h, d.
std::optional<std::uint32_t> seconds(std::string_view text, std::uint32_t min, std::uint32_t max);
/// Milliseconds: digits before one of ms, s, m, h.
std::optional<std::uint32_t> milliseconds(std::string_view text, std::uint32_t min,
                                          std::uint32_t max);
/// Bytes: digits, alone or before KiB, MiB or GiB.
std::optional<std::uint32_t> bytes(std::string_view text, std::uint32_t min, std::uint32_t max);

/// "100/minute", "10/15minutes", "5/30s": a count (1 to 1000000000) in a window of up to a year;
/// "0" is off.
std::optional<rate_limit> rate(std::string_view text);
/// The same as text that `rate` reads: "100/minute", "0" for off.
std::string shown_rate(const rate_limit& limit);
/// "id:key[,id:key]": ids as a service's are, keys of at least 16 printable bytes without commas.
bool is_service_keys(std::string_view text);
/// "price=tier[,price=tier]", words without spaces.
bool is_price_list(std::string_view text);
/// smtp:// or smtps://, [user:password@]host[:port], %XX for what is special.
bool is_smtp_url(std::string_view text);
/// The name sent with EHLO (RFC 5321, 4.1.2 and 4.1.3): a hostname with a dot in it, or an
/// address literal, [192.0.2.1] or [IPv6:2001:db8::1].
bool is_mail_greeting(std::string_view text);
/// An http(s) URL with "{token}" in it.
bool is_reset_url(std::string_view text);

/// An IPv4 or IPv6 address (with or without brackets) or a hostname; answers it in
/// lower case and without brackets.
std::optional<std::string> host(std::string_view text);
/// `host` as it stands in a URL: IPv6 in brackets.
std::string host_in_url(std::string_view host);
/// RFC 6454, 6.2: "scheme://host[:port]" as browsers send it (http and https: lower case, no
/// default port); no path, no wildcard, no "null". The schemes of packaged apps
/// ("capacitor://localhost", "chrome-extension://…") keep their host as it is written.
std::optional<std::string> origin(std::string_view text);
/// A list of them, with commas between; each once.
std::optional<std::vector<std::string>> origins(std::string_view list);
/// A valid `iss`: a word without ":" and "/", an http(s) URL, or a URN (RFC 7519, 2,
/// StringOrURI). A URL with a user, a query or a fragment is refused.
bool is_issuer(std::string_view text);
/// The name of a header: a token (RFC 9110, 5.6.2).
bool is_header_name(std::string_view text);
/// http(s)://host[:port][/path] without user, query or fragment; final slashes removed.
std::optional<std::string> http_url(std::string_view text);
/// "host[:port]" of a URL; the host as `host` gives it, the port 0 when there is none.
std::optional<std::pair<std::string, std::uint16_t>> host_and_port(std::string_view text);
/// With each %XX read (RFC 3986, 2.1); nothing for a % without two digits, and for %00.
std::optional<std::string> percent_decoded(std::string_view text);
/// postgresql:// or postgres://, [user[:password]@][host[:port],…][/database][?name=value&…],
/// read at least as strictly as libpq does: what is special in a user, a password or a
/// socket's folder is %XX, so that no part of a password can be taken for something else.
bool is_postgres_url(std::string_view text);
/// A URL that `parse_redis_url` accepts.
bool is_redis_url(std::string_view text);
/// At least one byte, each of them printable ASCII and none a space.
bool is_printable_word(std::string_view text);

/// `url` with `password` as a parameter, unless it names one already (in either place).
std::string with_password(std::string_view url, std::string_view password);

/// Fit to show: escaped, at most 100 bytes, and a URL's user and password hidden.
std::string shown(std::string_view text);

} // namespace latchkey::setting_values
