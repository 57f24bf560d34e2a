// setting_table_cluster.cpp — how this server finds the other nodes of a cluster.
#include "config/settings/setting_rows.hpp"

namespace latchkey::setting_rows {
namespace {

namespace values = setting_values;
using s = settings;

std::optional<std::string> bind_address(std::string_view text) {
  const auto colon = text.rfind(':');
  if (colon == std::string_view::npos) return std::nullopt;
  const auto name = text.substr(0, colon);
  const auto host = values::host(name);
  const bool is_bare_ipv6 = name.find(':') != std::string_view::npos && !name.starts_with('[');
  if (!host || is_bare_ipv6) return std::nullopt;
  if (*host == "0.0.0.0" || *host == "::") return std::nullopt; // the others are told this address
  const auto port = values::count(text.substr(colon + 1), 0, 65535);
  if (!port) return std::nullopt;
  return values::host_in_url(*host) + ":" + std::to_string(*port);
}

constexpr std::string_view a_file_of_three =
    "a readable PEM file, set together with CLUSTER_CERT, CLUSTER_KEY and CLUSTER_CA";

constexpr setting_row cluster_rows[] = {
    normal_row<&s::cluster_bind, bind_address>(
        "CLUSTER_BIND", "",
        "host:port by which the other nodes reach this one (not 0.0.0.0 or [::])",
        "makes this server a node of a cluster; unset: it is alone"),
    secret_row<&s::cluster_secret, has_length<32, 1024>>(
        "CLUSTER_SECRET", "32 to 1024 bytes, such as `openssl rand -base64 48` prints",
        "by which the nodes know each other, the same on all; or CLUSTER_CERT"),
    text_row<&s::cluster_cert, is_path>("CLUSTER_CERT", "", a_file_of_three,
                                        "certificate chain of this node"),
    text_row<&s::cluster_key, is_path>("CLUSTER_KEY", "", a_file_of_three, "its private key"),
    text_row<&s::cluster_ca, is_path>("CLUSTER_CA", "", a_file_of_three,
                                      "whoever has a certificate of this authority is a node"),
    milliseconds_row<&s::cluster_promise_ms, 200, 60'000>(
        "CLUSTER_PROMISE", "1s", "200ms to 60s",
        "how long a revocation waits at most for a node that does not answer"),
    milliseconds_row<&s::cluster_promise_renew_ms, 20, 2'000>(
        "CLUSTER_PROMISE_RENEW", "300ms", "20ms to 2s, a third of CLUSTER_PROMISE at most",
        "how often each node asks every other one"),
    milliseconds_row<&s::cluster_dead_after_ms, 1'000, 60'000>(
        "CLUSTER_DEAD_AFTER", "2s", "1s to 60s",
        "a node without a heartbeat for so long is removed"),
    milliseconds_row<&s::cluster_without_store_ms, 10'000, 3'600'000>(
        "CLUSTER_WITHOUT_STORE", "60s", "10s to 1h, five times CLUSTER_DEAD_AFTER at least",
        "how long nodes answer from memory while PostgreSQL is away"),
};

} // namespace

std::span<const setting_row> of_cluster() noexcept {
  return cluster_rows;
}

} // namespace latchkey::setting_rows
