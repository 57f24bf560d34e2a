#include "actors/mail/greeting.hpp"

#include "config/settings/setting_values.hpp"

#include <arpa/inet.h>
#include <array>
#include <memory>
#include <netdb.h>
#include <unistd.h>

namespace latchkey {
namespace {

constexpr std::string_view without_a_name = "[127.0.0.1]";

bool is_address(int family, const std::string& text) {
  std::array<unsigned char, sizeof(in6_addr)> bytes{};
  return inet_pton(family, text.c_str(), bytes.data()) == 1;
}

/// The host of "scheme://host[:port]…", without brackets.
std::string host_of(std::string_view url) {
  const auto slashes = url.find("://");
  if (slashes == std::string_view::npos) return {};
  auto host = url.substr(slashes + 3);
  host = host.substr(0, host.find_first_of("/?#"));
  if (const auto at = host.rfind('@'); at != std::string_view::npos) host.remove_prefix(at + 1);
  if (host.starts_with('[')) return std::string{host.substr(1, host.find(']') - 1)};
  return std::string{host.substr(0, host.find(':'))};
}

} // namespace

bool is_mail_greeting(std::string_view text) {
  return setting_values::is_mail_greeting(text);
}

std::string configured_greeting(const settings& configured) {
  if (!configured.smtp_helo.empty()) return configured.smtp_helo;
  const auto host = host_of(configured.issuer);
  if (host.empty() || is_loopback_host(host)) return {};
  auto greeting = is_address(AF_INET, host)    ? "[" + host + "]"
                  : is_address(AF_INET6, host) ? "[IPv6:" + host + "]"
                                               : host;
  return is_mail_greeting(greeting) ? greeting : std::string{};
}

std::string machine_greeting() {
  std::array<char, 256> own{};
  if (gethostname(own.data(), own.size() - 1) != 0) return std::string{without_a_name};
  const std::string name{own.data()};
  if (is_mail_greeting(name)) return name;
  addrinfo hints{};
  hints.ai_flags = AI_CANONNAME;
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  if (getaddrinfo(name.c_str(), nullptr, &hints, &found) != 0) return std::string{without_a_name};
  const std::unique_ptr<addrinfo, decltype(&freeaddrinfo)> all{found, &freeaddrinfo};
  const std::string full = all->ai_canonname != nullptr ? all->ai_canonname : "";
  const bool is_full = is_mail_greeting(full) && !full.starts_with("localhost.");
  return is_full ? full : std::string{without_a_name};
}

} // namespace latchkey
