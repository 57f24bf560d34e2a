#include "gateway/banner.hpp"

namespace latchkey::gateway {
namespace {

std::string url_of(std::string_view scheme, const std::string& host, std::uint16_t port) {
  const bool needs_brackets = host.find(':') != host.npos;
  // A wildcard is where it listens, not where one calls.
  const std::string shown = host == "0.0.0.0" || host == "::" ? "localhost"
                            : needs_brackets                  ? "[" + host + "]"
                                                              : host;
  return std::string{scheme} + "://" + shown + ":" + std::to_string(port);
}

std::string first_steps(const std::string& url, bool self_signed) {
  const std::string curl = self_signed ? "curl -k -sS" : "curl -sS";
  const std::string json = " -H 'Content-Type: application/json'";
  std::string out = "Try it:\n";
  out += "  " + curl + " " + url + "/auth/register" + json +
         " -d '{\"username\":\"ada\",\"email\":\"ada@example.com\","
         "\"password\":\"analytical engine\"}'\n";
  out += "  TOKEN=$(" + curl + " -c cookies.txt " + url + "/auth/token" + json +
         " -d '{\"username\":\"ada\",\"password\":\"analytical engine\"}'"
         " | sed 's/.*\"access_token\":\"\\([^\"]*\\)\".*/\\1/')\n";
  out += "  " + curl + " " + url + "/auth/me -H \"Authorization: Bearer $TOKEN\"\n";
  out += "  " + curl + " -X POST -b cookies.txt -c cookies.txt " + url + "/auth/token/refresh\n";
  out += "  " + curl + " -X POST " + url + "/auth/logout -H \"Authorization: Bearer $TOKEN\"\n";
  return out;
}

} // namespace

std::string banner(const settings& configured, const server& running) {
  const auto scheme = configured.uses_tls() ? "https" : "http";
  const auto url = url_of(scheme, configured.http_host, running.http_port());
  std::string out = "latchkey is ready: " + url + " (internal " +
                    url_of("http", configured.internal_host, running.internal_port()) + ")\n";
  if (const auto& admin = running.created_admin()) {
    out += "\nFirst start: created the administrator " + admin->username;
    if (!admin->password.empty())
      out += "\n  password, shown this once: " + std::string{admin->password.reveal()};
    out += "\n";
  }
  if (configured.pages_on) out += "\nPeople sign in, and up, at " + url + "/\n";
  out += "\n" + first_steps(url, configured.uses_tls());
  out += "\nCtrl-C stops it.\n";
  return out;
}

} // namespace latchkey::gateway
