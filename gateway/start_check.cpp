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
#include "storage/redis/stream.hpp"

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <string>
#include <unistd.h>

namespace latchkey::gateway {
namespace {

/// Why nothing can be made in the folder, or in its nearest parent that exists; empty when
/// something can. The mode of a folder does not decide alone (/proc takes nothing), so this makes a
/// folder and removes it at once.
std::string why_nothing_can_be_made_in(std::filesystem::path folder) {
  std::error_code unknown;
  folder = std::filesystem::absolute(folder, unknown);
  while (!std::filesystem::exists(folder, unknown) && folder != folder.parent_path())
    folder = folder.parent_path();
  if (::access(folder.c_str(), W_OK | X_OK) != 0) return std::strerror(errno);
  auto attempt = (folder / ".latchkey-check-XXXXXX").string();
  if (::mkdtemp(attempt.data()) == nullptr) return std::strerror(errno);
  ::rmdir(attempt.c_str());
  return {};
}

std::string why_unusable(const std::filesystem::path& data_dir) {
  std::error_code unknown;
  if (std::filesystem::is_directory(data_dir, unknown) && ::access(data_dir.c_str(), R_OK) != 0)
    return std::strerror(errno);
  return why_nothing_can_be_made_in(data_dir);
}

std::string why_unwritable(const std::filesystem::path& file) {
  std::error_code unknown;
  if (!std::filesystem::exists(file, unknown))
    return why_nothing_can_be_made_in(std::filesystem::absolute(file, unknown).parent_path());
  return ::access(file.c_str(), W_OK) == 0 ? std::string{} : std::strerror(errno);
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
    if (!set_.redis_url.empty()) check_redis();
    if (!set_.smtp_url.empty()) take(read_smtp_server(set_.smtp_url), {});
    const auto key = read_signing_secret(set_);
    take(key, {});
    if (key && *key) take(make_key_set(**key, set_.issuer, set_.audience), {});
    take(check_cost({set_.argon2_memory_kib, set_.argon2_iterations, /*lanes*/ 1}), "ARGON2: ");
    if (const auto why = why_unusable(set_.data_dir); !why.empty())
      add("DATA_DIR: cannot use " + set_.data_dir + ": " + why);
    if (set_.log_file.empty()) return std::move(problems_);
    if (const auto why = why_unwritable(set_.log_file); !why.empty())
      add("LOG_FILE: cannot write " + set_.log_file + ": " + why);
    return std::move(problems_);
  }

private:
  void check_redis() {
    const auto address = parse_redis_url(set_.redis_url);
    take(address, {});
    if (address) take(storage::make_redis_tls(*address), {});
  }

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
