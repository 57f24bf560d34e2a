#include "gateway/start_check.hpp"

#include "actors/base/key_ring.hpp"
#include "actors/mail/transport.hpp"
#include "actors/password/password_hash.hpp"
#include "config/settings/redis_url.hpp"
#include "config/signing_secret.hpp"
#include "gateway/http/connection/tls.hpp"
#include "gateway/proxy/rules/proxy_settings.hpp"
#include "gateway/reactor/resolve.hpp"
#include "gateway/routes.hpp"

#include <filesystem>
#include <string>
#include <unistd.h>

namespace latchkey::gateway {
namespace {

/// Whether what is there, or the folder that it would be made in, can be written to.
bool is_writable(std::filesystem::path path) {
  std::error_code unknown;
  path = std::filesystem::absolute(path, unknown);
  while (!path.empty() && !std::filesystem::exists(path, unknown) && path != path.parent_path())
    path = path.parent_path();
  return ::access(path.c_str(), W_OK) == 0;
}

class start_check {
public:
  explicit start_check(const settings& configured) : set_(configured) {}

  setting_problems run() {
    const auto table = proxy::configured_routes(set_);
    take(table, {});
    // A table that cannot be read would be complained of twice.
    if (table)
      for (const auto side : {listener::public_side, listener::internal_side})
        take(routes_of(side, set_), {});
    take(numeric_address(set_.http_host), "HTTP_HOST: ");
    take(numeric_address(set_.internal_host), "INTERNAL_HOST: ");
    if (set_.uses_tls()) take(http::make_tls_context(set_.tls_cert, set_.tls_key), {});
    if (!set_.redis_url.empty()) take(parse_redis_url(set_.redis_url), {});
    if (!set_.smtp_url.empty()) take(read_smtp_server(set_.smtp_url), {});
    const auto key = read_signing_secret(set_);
    take(key, {});
    if (key && *key) take(make_key_set(**key, set_.issuer, set_.audience), {});
    take(check_cost({set_.argon2_memory_kib, set_.argon2_iterations, /*lanes*/ 1}), "ARGON2: ");
    if (!is_writable(set_.data_dir)) add("DATA_DIR: " + set_.data_dir + " cannot be written to");
    if (!set_.log_file.empty() && !is_writable(set_.log_file))
      add("LOG_FILE: " + set_.log_file + " cannot be written to");
    return std::move(problems_);
  }

private:
  void add(std::string problem) { problems_.push_back(std::move(problem)); }

  template <class Value>
  void take(const result<Value>& outcome, const std::string& before) {
    if (outcome) return;
    const auto& why = outcome.error();
    add(before +
        (why.reason.empty() ? std::string{describe(why.code).message} : std::string{why.reason}));
  }

  const settings& set_;
  setting_problems problems_;
};

} // namespace

setting_problems check_start(const settings& configured) {
  return start_check{configured}.run();
}

} // namespace latchkey::gateway
