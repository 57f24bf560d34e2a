// settings.cpp — reads all sources, completes settings that depend on the machine or on another
// setting, and reports all problems at once.
#include "config/settings/settings.hpp"

#include "config/secret_strength.hpp"
#include "config/settings/assurance.hpp"
#include "config/settings/setting_sources.hpp"
#include "config/settings/setting_table.hpp"
#include "config/settings/setting_values.hpp"
#include "protocol/text/password_policy.hpp"

#include <algorithm>
#include <arpa/inet.h>
#include <array>
#include <cstring>
#include <filesystem>
#include <sched.h>
#include <unistd.h>

namespace latchkey {
namespace {

using setting_sources_detail::texts;

std::uint32_t cores() {
  cpu_set_t set;
  CPU_ZERO(&set);
  if (sched_getaffinity(0, sizeof set, &set) != 0) return 1;
  return static_cast<std::uint32_t>(std::max(1, CPU_COUNT(&set)));
}

const std::string* find_text(const texts& from, std::string_view name) {
  const auto it = from.find(name);
  return it == from.end() || it->second.empty() ? nullptr : &it->second;
}

/// A value under check, which reports in the words of the table.
struct checker {
  settings& values;
  setting_problems& problems;

  setting_origin origin_of(std::string_view name) const {
    return values.origins[find_setting(name).value()];
  }
  bool is_default(std::string_view name) const {
    return origin_of(name) == setting_origin::fallback;
  }
  void wrong(const setting_row& row, std::string_view text) const {
    std::string out(row.name);
    if (row.is_secret)
      out += " is not acceptable";
    else
      ((out += " is \"") += setting_values::shown(text)) += "\"";
    ((out += " (") += to_string(origin_of(row.name))) += "): expected ";
    problems.push_back(out += row.expects);
  }
  void wrong(std::string_view name) const {
    const auto& row = setting_table()[find_setting(name).value()];
    wrong(row, row.show(values));
  }
};

void read_all(const checker& check, const texts& environment, const texts& env_file,
              const texts& config_file) {
  const std::array<const texts*, 3> sources = {&environment, &env_file, &config_file};
  for (const auto& row : setting_table()) {
    auto& origin = check.values.origins.emplace_back(setting_origin::fallback);
    const std::string* text = nullptr;
    for (std::size_t i = 0; i < sources.size() && text == nullptr; ++i) {
      text = find_text(*sources[i], row.name);
      if (text != nullptr) origin = static_cast<setting_origin>(i);
    }
    const std::string_view value = text != nullptr ? std::string_view(*text) : row.fallback;
    if (!value.empty() && !row.read(check.values, value)) check.wrong(row, value);
  }
}

bool is_readable_file(const std::string& path) {
  std::error_code ignored;
  return std::filesystem::is_regular_file(path, ignored) && ::access(path.c_str(), R_OK) == 0;
}

void check_files(const checker& check) {
  const auto& values = check.values;
  for (const auto& [name, path] :
       {std::pair{"TLS_CERT", &values.tls_cert}, std::pair{"TLS_KEY", &values.tls_key}})
    if (!path->empty() && !is_readable_file(*path)) check.wrong(name);
  if (values.tls_cert.empty() && !values.tls_key.empty())
    check.problems.push_back("TLS_KEY is set and TLS_CERT is not: expected both or neither");
  if (!values.tls_cert.empty() && values.tls_key.empty())
    check.problems.push_back("TLS_CERT is set and TLS_KEY is not: expected both or neither");

  std::error_code ignored;
  if (std::filesystem::exists(values.data_dir, ignored) &&
      !std::filesystem::is_directory(values.data_dir, ignored))
    check.problems.push_back("DATA_DIR is \"" + setting_values::shown(values.data_dir) +
                             "\": expected a folder, and that is a file");
  if (!values.log_file.empty()) {
    const auto folder = std::filesystem::path(values.log_file).parent_path();
    if ((!folder.empty() && !std::filesystem::is_directory(folder, ignored)) ||
        std::filesystem::is_directory(values.log_file, ignored))
      check.wrong("LOG_FILE");
  }
}

std::optional<std::string> exposed_listener(const settings& values) {
  if (!is_loopback_host(values.http_host)) return "HTTP_HOST " + values.http_host;
  if (!is_loopback_host(values.internal_host)) return "INTERNAL_HOST " + values.internal_host;
  return std::nullopt;
}

void check_exposure(const checker& check) {
  const auto exposed = exposed_listener(check.values);
  if (!exposed) return;
  const auto& key = check.values.jwt_secret_key;
  const char* why = key.empty()                     ? "would be a generated one"
                    : looks_like_a_placeholder(key) ? "looks like a placeholder"
                                                    : nullptr;
  if (why == nullptr) return;
  check.problems.push_back(*exposed + " can be reached from other machines, and JWT_SECRET_KEY " +
                           why +
                           ": set JWT_SECRET_KEY to a secret of your own, such as `openssl rand "
                           "-base64 48` prints, or bind to 127.0.0.1");
}

/// That its three files are there, or its secret.
void check_proof_of_nodes(const checker& check) {
  const auto& values = check.values;
  const std::pair<const char*, const std::string*> files[] = {
      {"CLUSTER_CERT", &values.cluster_cert},
      {"CLUSTER_KEY", &values.cluster_key},
      {"CLUSTER_CA", &values.cluster_ca}};
  std::size_t given = 0;
  for (const auto& [name, path] : files) {
    if (path->empty()) continue;
    ++given;
    if (!is_readable_file(*path)) check.wrong(name);
  }
  const bool has_secret = !values.cluster_secret.empty();
  if (given != 0 && given != std::size(files))
    check.problems.push_back("some of CLUSTER_CERT, CLUSTER_KEY and CLUSTER_CA are set: expected "
                             "all three or none");
  else if (has_secret == (given != 0))
    check.problems.push_back(
        std::string{"CLUSTER_BIND is set: expected either CLUSTER_SECRET or CLUSTER_CERT, "
                    "CLUSTER_KEY and CLUSTER_CA, by which the nodes know each other"} +
        (has_secret ? ", and not both" : ""));
  if (has_secret && looks_like_a_placeholder(values.cluster_secret))
    check.problems.push_back("CLUSTER_SECRET looks like a placeholder: set one such as `openssl "
                             "rand -base64 48` prints");
}

/// What all nodes of a cluster must have in common.
void check_cluster(const checker& check) {
  const auto& values = check.values;
  if (!values.is_clustered()) {
    for (const auto name : {"CLUSTER_SECRET", "CLUSTER_CERT", "CLUSTER_KEY", "CLUSTER_CA"})
      if (!check.is_default(name))
        check.problems.push_back(std::string{name} + " is set and CLUSTER_BIND is not: expected "
                                                     "both or neither");
    return;
  }
  if (!values.uses_postgres())
    check.problems.push_back("CLUSTER_BIND is set and DATABASE_URL is not: expected the PostgreSQL "
                             "database that all nodes share");
  if (check.is_default("ISSUER"))
    check.problems.push_back("CLUSTER_BIND is set and ISSUER is not: expected the same ISSUER on "
                             "all nodes, for they refuse each other's tokens otherwise");
  if (values.jwt_secret_key.empty())
    check.problems.push_back("CLUSTER_BIND is set and JWT_SECRET_KEY is not: expected the same "
                             "JWT_SECRET_KEY on all nodes, such as `openssl rand -base64 48` "
                             "prints");
  check_proof_of_nodes(check);
  if (values.cluster_promise_renew_ms > values.cluster_promise_ms / 3)
    check.wrong("CLUSTER_PROMISE_RENEW");
  if (values.cluster_without_store_ms < 5 * values.cluster_dead_after_ms)
    check.wrong("CLUSTER_WITHOUT_STORE");
}

/// Whether sockets bound to both take connections of the same address.
bool do_overlap(const std::string& first, const std::string& other) {
  const auto is_wildcard = [](const std::string& host) {
    return host == "0.0.0.0" || host == "::";
  };
  if (first == other || is_wildcard(first) || is_wildcard(other)) return true;
  return (first == "localhost" || other == "localhost") && is_loopback_host(first) &&
         is_loopback_host(other);
}

/// Each listener shares its port with its like in every reactor, so the system would not refuse.
void check_ports(const checker& check) {
  const auto& values = check.values;
  if (values.http_port == 0 || values.http_port != values.internal_port ||
      !do_overlap(values.http_host, values.internal_host))
    return;
  check.problems.push_back("HTTP_PORT and INTERNAL_PORT are both " +
                           std::to_string(values.http_port) +
                           ": expected two different ports, for half of the requests would reach "
                           "the other listener");
}

/// The rules for everybody's passwords, so that the first administrator can be made.
void check_admin(const checker& check) {
  const auto& values = check.values;
  if (values.admin_password.empty()) return;
  const auto fit = check_password(values.admin_password.reveal(), values.admin_username,
                                  values.admin_email, values.password_length_min_alone());
  if (!fit) check.problems.push_back("ADMIN_PASSWORD is not acceptable: " + fit.error().reason);
}

/// Windows that are not set follow RATE_LIMIT_DEFAULT: as wide, or at least as off.
void complete_rates(const checker& check) {
  auto& values = check.values;
  const auto& usual = values.rate_limit_default;
  const std::pair<std::string_view, rate_limit*> as_wide[] = {
      {"RATE_LIMIT_HANDSHAKES", &values.rate_limit_handshakes},
      {"RATE_LIMIT_REFRESH", &values.rate_limit_refresh},
      {"RATE_LIMIT_SIGN_IN", &values.rate_limit_sign_in},
      {"RATE_LIMIT_UNPROVEN", &values.rate_limit_unproven}};
  for (const auto& [name, limit] : as_wide)
    if (check.is_default(name)) *limit = usual;
  const std::pair<std::string_view, rate_limit*> as_off[] = {
      {"RATE_LIMIT_GATEWAY", &values.rate_limit_gateway},
      {"RATE_LIMIT_LIVE", &values.rate_limit_live},
      {"RATE_LIMIT_WEBHOOK", &values.rate_limit_webhook}};
  for (const auto& [name, limit] : as_off)
    if (check.is_default(name) && usual.is_off()) *limit = {};
}

/// Where a browser finds our pages; empty: nobody can say. An ISSUER that is no URL does not, nor
/// does a port that is still to be found, or an address that is bound for other machines.
std::string origin_of_pages(const settings& values, bool has_issuer) {
  if (has_issuer) return values.own_origin;
  const bool is_known = values.http_port != 0 && is_loopback_host(values.http_host);
  return is_known ? values.issuer : std::string{};
}

/// Where no page of another is set, mails lead to our own.
void lead_mails_to_pages(settings& values, const std::string& origin) {
  if (!values.pages_on || origin.empty()) return;
  if (values.password_reset_url.empty())
    values.password_reset_url = origin + "/reset-password?token={token}";
  if (values.email_verification_url.empty())
    values.email_verification_url = origin + "/verify-email?token={token}";
}

/// Whether the origin's host is that domain, or a part of it: browsers make a passkey for no other
/// (WebAuthn Level 3, section 5.1.3, "registrable domain suffix").
bool is_host_within(std::string_view origin, std::string_view domain) {
  const auto scheme = origin.find("://");
  if (scheme == std::string_view::npos) return false;
  auto host = origin.substr(scheme + 3);
  host = host.substr(0, host.find(':'));
  if (host == domain) return true;
  return host.size() > domain.size() && host.ends_with(domain) &&
         host[host.size() - domain.size() - 1] == '.';
}

void complete(const checker& check) {
  auto& values = check.values;
  keep_assurance(values, check.problems);
  const auto machine = cores();
  if (check.is_default("WORKERS")) values.workers = std::min(machine, 256u);
  if (check.is_default("HASH_WORKERS")) values.hash_workers = std::max(1u, machine / 2);
  values.hash_workers = std::min(values.hash_workers, machine);

  if (check.is_default("SESSION_IDLE_TTL"))
    values.session_idle_ttl_s = std::min(idle_usual_s(values.assurance), values.session_ttl_s);
  else if (values.session_idle_ttl_s > values.session_ttl_s)
    check.wrong("SESSION_IDLE_TTL");

  complete_rates(check);

  if (!are_price_tiers(values.stripe_prices, values.tiers)) check.wrong("STRIPE_PRICES");

  const bool has_issuer = !values.issuer.empty();
  if (has_issuer) {
    // A URL's path is no part of its origin.
    const auto path =
        values.issuer.find('/', std::min(values.issuer.find("://"), values.issuer.size() - 1) + 3);
    const auto own = setting_values::origin(std::string_view{values.issuer}.substr(0, path));
    values.own_origin = own.value_or("");
  } else {
    const bool wildcard = values.http_host == "0.0.0.0" || values.http_host == "::";
    values.issuer_is_derived = true;
    values.issuer = (values.uses_tls() ? "https://" : "http://") +
                    (wildcard ? "localhost" : setting_values::host_in_url(values.http_host)) + ":" +
                    std::to_string(values.http_port);
  }
  lead_mails_to_pages(values, origin_of_pages(values, has_issuer));
  if (!values.passkey_domain.empty() && !is_host_within(values.own_origin, values.passkey_domain))
    check.wrong("PASSKEY_DOMAIN");
  // A browser drops a cookie with SameSite=None that is not Secure.
  if (values.cookie_same_site_none && !values.own_origin.starts_with("https:") &&
      !values.uses_tls())
    check.problems.push_back(
        "COOKIE_SAMESITE is \"none\": expected lax, or an ISSUER that begins with "
        "https:// (behind a proxy that ends TLS), or TLS_CERT and TLS_KEY");
  if (values.uses_postgres() && !values.auth_db_password.empty())
    values.database_url = secret(setting_values::with_password(values.database_url.reveal(),
                                                               values.auth_db_password.reveal()));
}

} // namespace

std::string_view to_string(setting_origin origin) noexcept {
  switch (origin) {
  case setting_origin::environment:
    return "environment";
  case setting_origin::env_file:
    return ".env";
  case setting_origin::config_file:
    return "file";
  case setting_origin::fallback:
    break;
  }
  return "default";
}

std::string settings::outbox_path() const {
  return data_dir + "/outbox";
}

std::string settings::sqlite_path() const {
  return (std::filesystem::path(data_dir) / "latchkey.db").string();
}

tl::expected<settings, setting_problems> load_settings(const setting_sources& sources) {
  settings values;
  setting_problems problems;
  const checker check{values, problems};

  const auto env_file =
      sources.env_file.empty()
          ? texts{}
          : setting_sources_detail::read_env_file(sources.env_file, problems, values.likenesses);
  auto path = sources.config_file;
  for (const auto* from : {&sources.environment, &env_file})
    if (const auto* named = find_text(*from, "LATCHKEY_CONFIG"); named != nullptr && !path)
      path = *named;
  const auto config_file =
      path ? setting_sources_detail::read_config_file(*path, problems) : texts{};

  read_all(check, sources.environment, env_file, config_file);
  const bool every_value_was_read = problems.empty();
  check_files(check);
  if (every_value_was_read) { // else these would judge values that are not there
    complete(check);
    check_admin(check);
    check_exposure(check);
    check_ports(check);
    check_cluster(check);
  }
  if (!problems.empty()) return tl::unexpected(std::move(problems));
  return values;
}

std::optional<std::string> refuse_generated_admin_password(const settings& values) {
  if (!values.admin_password.empty()) return std::nullopt;
  const auto exposed = exposed_listener(values);
  if (!exposed) return std::nullopt;
  return *exposed + " can be reached from other machines, and the first administrator would get a "
                    "generated password: set ADMIN_PASSWORD for this first start, or bind to "
                    "127.0.0.1";
}

bool is_loopback_host(std::string_view host) noexcept {
  if (host == "localhost") return true;
  char text[INET6_ADDRSTRLEN + 1]{};
  if (host.size() >= sizeof text) return false;
  std::memcpy(text, host.data(), host.size());
  std::array<unsigned char, sizeof(in6_addr)> address{};
  if (inet_pton(AF_INET, text, address.data()) == 1) return address[0] == 127;
  if (inet_pton(AF_INET6, text, address.data()) != 1) return false;
  in6_addr v6;
  std::memcpy(&v6, address.data(), sizeof v6);
  if (IN6_IS_ADDR_V4MAPPED(&v6)) return address[12] == 127;
  return IN6_IS_ADDR_LOOPBACK(&v6);
}

} // namespace latchkey
