#include "config/settings/redis_url.hpp"

#include "config/settings/setting_values.hpp"

#include <algorithm>
#include <array>
#include <optional>
#include <string_view>
#include <utility>

namespace latchkey {
namespace {

constexpr std::uint32_t database_max = 65535;
constexpr std::uint16_t redis_port = 6379;
constexpr std::uint16_t sentinel_port = 26379;
constexpr std::size_t hosts_max = 16;

constexpr const char* bad_percent = "has a % that is not followed by two hexadecimal digits";

/// What begins a URL, and what it means.
struct url_scheme {
  std::string_view prefix;
  bool uses_tls;
  bool is_sentinel;
};
constexpr std::array url_schemes{
    url_scheme{"redis://", false, false}, url_scheme{"rediss://", true, false},
    url_scheme{"redis+sentinel://", false, true}, url_scheme{"rediss+sentinel://", true, true}};

tl::unexpected<failure> bad_url(const char* why) {
  return fail(error_code::validation_error, "REDIS_URL", std::string("REDIS_URL ") + why);
}

/// The text before `mark`, which goes with it; all of the text when the mark is not there.
std::string_view cut_at(std::string_view& rest, char mark) {
  const auto at = std::min(rest.find(mark), rest.size());
  const auto part = rest.substr(0, at);
  rest.remove_prefix(std::min(at + 1, rest.size()));
  return part;
}

// These answer what is wrong; null: nothing is.

/// "[user]:password".
const char* read_login(std::string_view login, redis_address& out) {
  const auto colon = login.find(':');
  if (colon == login.npos) return "has a user without a password";
  auto user = setting_values::percent_decoded(login.substr(0, colon));
  auto password = setting_values::percent_decoded(login.substr(colon + 1));
  if (!user || !password) return bad_percent;
  out.user = std::move(*user);
  out.password = secret{std::move(*password)};
  return nullptr;
}

/// "host[:port][,host[:port]…]".
const char* read_hosts(std::string_view list, std::uint16_t usual_port, redis_address& out) {
  do {
    const bool is_last = list.find(',') == list.npos;
    const auto where = setting_values::host_and_port(cut_at(list, ','));
    if (!where || (list.empty() && !is_last))
      return "names no host, or a port that is not a number from 1 to 65535";
    out.hosts.push_back({where->first, where->second != 0 ? where->second : usual_port});
  } while (!list.empty());
  return out.hosts.size() > hosts_max ? "names more than 16 hosts" : nullptr;
}

const char* read_database(std::string_view text, redis_address& out) {
  if (text.empty()) return nullptr;
  const auto number = setting_values::count(text, 0, database_max);
  if (!number) return "has a database that is not a number";
  out.database = static_cast<int>(*number);
  return nullptr;
}

const char* read_master_name(std::string_view text, redis_address& out) {
  const auto is_of_a_name = [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-' ||
           c == '_' || c == '.';
  };
  if (text.empty() || !std::ranges::all_of(text, is_of_a_name))
    return "names no master after the Sentinels, as in /mymaster";
  out.master_name = text;
  return nullptr;
}

/// "ca=FILE&…".
const char* read_tls_files(std::string_view query, redis_address& out) {
  while (!query.empty()) {
    auto value = cut_at(query, '&');
    const auto name = cut_at(value, '=');
    std::string* const file = name == "ca"     ? &out.tls_authority
                              : name == "cert" ? &out.tls_chain
                              : name == "key"  ? &out.tls_key
                                               : nullptr;
    if (file == nullptr) return "has a parameter other than ca, cert and key";
    auto path = setting_values::percent_decoded(value);
    if (!path) return bad_percent;
    if (!path->starts_with('/') || !file->empty())
      return "must name each file once, by its full path";
    *file = std::move(*path);
  }
  if (out.tls_chain.empty() != out.tls_key.empty()) return "names one of cert and key alone";
  return nullptr;
}

/// What follows the scheme.
const char* read_rest(std::string_view rest, const url_scheme& scheme, redis_address& out) {
  out.uses_tls = scheme.uses_tls;
  const char* why = nullptr;
  if (const auto at = rest.rfind('@'); at != rest.npos) {
    why = read_login(rest.substr(0, at), out);
    rest.remove_prefix(at + 1);
  }
  if (why == nullptr && rest.find('?') != rest.npos && !scheme.uses_tls)
    why = "has parameters, which only rediss:// takes";
  if (why != nullptr) return why;
  auto path = cut_at(rest, '?');
  const auto query = rest;
  const auto hosts = cut_at(path, '/');
  why = read_hosts(hosts, scheme.is_sentinel ? sentinel_port : redis_port, out);
  if (why == nullptr && scheme.is_sentinel) why = read_master_name(cut_at(path, '/'), out);
  if (why == nullptr) why = read_database(path, out);
  if (why == nullptr) why = read_tls_files(query, out);
  return why;
}

} // namespace

result<redis_address> parse_redis_url(const secret& url) {
  const std::string_view text = url.reveal();
  redis_address out;
  if (!setting_values::is_printable_word(text))
    return bad_url("has a space or a control character");
  if (text.starts_with("unix://")) {
    out.socket_path = text.substr(7);
    if (out.socket_path.size() < 2 || out.socket_path.front() != '/')
      return bad_url("names no socket after unix://");
    return out;
  }
  const auto begins = [text](const url_scheme& scheme) { return text.starts_with(scheme.prefix); };
  const auto* const scheme = std::ranges::find_if(url_schemes, begins);
  if (scheme == url_schemes.end())
    return bad_url("must begin with redis://, rediss://, redis+sentinel://, rediss+sentinel:// or "
                   "unix://");
  if (const auto* why = read_rest(text.substr(scheme->prefix.size()), *scheme, out))
    return bad_url(why);
  return out;
}

} // namespace latchkey
