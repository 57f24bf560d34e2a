#include "config/settings/redis_url.hpp"

#include "config/settings/setting_values.hpp"

namespace latchkey {
namespace {

constexpr std::uint32_t database_max = 65535;

tl::unexpected<failure> bad_url(const char* why) {
  return fail(error_code::validation_error, "REDIS_URL", std::string("REDIS_URL ") + why);
}

/// "[user]:password".
const char* read_login(std::string_view login, redis_address& out) {
  const auto colon = login.find(':');
  if (colon == login.npos) return "has a user without a password";
  auto user = setting_values::percent_decoded(login.substr(0, colon));
  auto password = setting_values::percent_decoded(login.substr(colon + 1));
  if (!user || !password) return "has a % that is not followed by two hexadecimal digits";
  out.user = std::move(*user);
  out.password = secret{std::move(*password)};
  return nullptr;
}

} // namespace

result<redis_address> parse_redis_url(const secret& url) {
  std::string_view rest = url.reveal();
  redis_address out;
  if (!setting_values::is_printable_word(rest))
    return bad_url("has a space or a control character");
  if (rest.starts_with("unix://")) {
    out.socket_path = rest.substr(7);
    if (out.socket_path.size() < 2 || out.socket_path.front() != '/')
      return bad_url("names no socket after unix://");
    return out;
  }
  if (!rest.starts_with("redis://")) return bad_url("must begin with redis:// or unix://");
  rest.remove_prefix(8);
  if (const auto at = rest.rfind('@'); at != rest.npos) {
    if (const auto* why = read_login(rest.substr(0, at), out)) return bad_url(why);
    rest.remove_prefix(at + 1);
  }
  if (const auto slash = rest.find('/'); slash != rest.npos) {
    const auto text = rest.substr(slash + 1);
    rest = rest.substr(0, slash);
    if (!text.empty()) {
      const auto number = setting_values::count(text, 0, database_max);
      if (!number) return bad_url("has a database that is not a number");
      out.database = static_cast<int>(*number);
    }
  }
  const auto where = setting_values::host_and_port(rest);
  if (!where) return bad_url("names no host, or a port that is not a number from 1 to 65535");
  out.host = where->first;
  if (where->second != 0) out.port = where->second;
  return out;
}

} // namespace latchkey
