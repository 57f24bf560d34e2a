// registry.hpp — roles, services and their keys: small tables that every request needs.
//
// The registry's actor (registry_actor.hpp) owns them and publishes immutable snapshots; a
// reactor looks into the newest one without asking anybody. A change made here is published
// before it is answered; one made by another process (another node, the command line) is seen
// within `registry_refresh`.
#pragma once

#include "protocol/factor_policy.hpp"
#include "protocol/facts/roles.hpp"
#include "protocol/facts/services.hpp"
#include "protocol/permission.hpp"
#include "protocol/rate_limit.hpp"

#include <atomic>
#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace latchkey {

inline constexpr std::chrono::seconds registry_refresh{1};
inline constexpr std::size_t roles_max = 256;
inline constexpr std::size_t role_description_chars_max = 255;

/// What every role grants: permissions of its own and those that everybody has.
struct role_table {
  struct entry {
    role_record role;
    std::shared_ptr<const permission_set> permissions; // everybody's included
  };
  std::map<std::string, entry, std::less<>> roles;
  std::shared_ptr<const permission_set> everybody;
  factor_policy factors;
  /// What a session has once a second factor was shown in it; nullptr: no permission is such.
  std::shared_ptr<const permission_set> by_second_factor;

  /// nullptr when there is no such role.
  const entry* find(std::string_view role) const;
  /// Everybody's, for a role that is no longer there.
  const std::shared_ptr<const permission_set>& permissions_of(std::string_view role) const;
  /// Whether its users must have a second factor.
  bool requires_second_factor(std::string_view role) const;
};

/// What everybody signed in has, and what the built-in roles add to it.
const permission_set& permissions_of_everybody();
/// "user", "admin" and "superuser".
const std::vector<role_record>& built_in_roles();
/// A permission that a route of this program asks for, with a few words on it.
struct permission_words {
  std::string_view permission, about;
};
/// Every such permission, also those that everybody has.
const std::vector<permission_words>& known_permissions();
/// Whether `known_permissions` has it.
bool is_known_permission(std::string_view permission);

/// What a service may ask of this program: the scopes that its endpoints want. A service that was
/// given none has all of these.
namespace service_scope {
inline constexpr const char* validate_tokens = "tokens:validate";
inline constexpr const char* sync_sessions = "sessions:sync";
inline constexpr const char* revoke_sessions = "sessions:revoke";
inline constexpr const char* sync_users = "users:sync";
inline constexpr const char* report_workflows = "workflows:report";
} // namespace service_scope

/// All of `service_scope`.
const permission_set& default_service_scopes();
/// The stored ones, or the default where there are none.
permission_set scopes_of(const service_record& service);

/// A service and what it may do.
struct service_entry {
  std::string id;
  std::shared_ptr<const permission_set> scopes;
  rate_limit limit; // off: RATE_LIMIT_SERVICE
};

struct service_table {
  struct key_entry {
    uuid id;
    std::shared_ptr<const service_entry> service;
    /// When its use was last noted, in seconds since the epoch; every snapshot shares it.
    std::shared_ptr<std::atomic<std::int64_t>> noted_at;
  };
  std::unordered_map<std::string, std::shared_ptr<const service_entry>> services; // by id
  std::unordered_map<std::string, key_entry> keys; // live ones, by hash_of_key()

  /// nullptr when there is no such service, or no such live key.
  const service_entry* find_service(const std::string& id) const;
  const key_entry* find_key(const std::string& hash) const;
};

/// The built-in roles and those of the store.
std::shared_ptr<const role_table> make_role_table(const std::vector<role_record>& stored,
                                                  const factor_policy& factors = {});
/// `before` lends the keys' `noted_at`.
std::shared_ptr<const service_table>
make_service_table(const storage::list_services::answer& stored, const service_table& before);

/// The newest snapshots. Thread-safe; never empty.
class registry_book {
public:
  registry_book();
  std::shared_ptr<const role_table> roles() const { return roles_.load(); }
  std::shared_ptr<const service_table> services() const { return services_.load(); }
  /// Rises with every publication: whoever keeps a snapshot looks at this alone.
  std::uint64_t version() const noexcept { return version_.load(std::memory_order_acquire); }
  /// The epoch of trust (actors/cluster/memory_trust.hpp) in which the newest were read.
  std::uint64_t read_in() const noexcept { return read_in_.load(std::memory_order_acquire); }
  /// After what was read in it is published.
  void set_read_in(std::uint64_t epoch) noexcept {
    read_in_.store(epoch, std::memory_order_release);
  }

  void publish(std::shared_ptr<const role_table> roles) {
    roles_.store(std::move(roles));
    version_.fetch_add(1, std::memory_order_release);
  }
  void publish(std::shared_ptr<const service_table> services) {
    services_.store(std::move(services));
    version_.fetch_add(1, std::memory_order_release);
  }

private:
  std::atomic<std::shared_ptr<const role_table>> roles_;
  std::atomic<std::shared_ptr<const service_table>> services_;
  std::atomic<std::uint64_t> version_{1};
  std::atomic<std::uint64_t> read_in_{0};
};

} // namespace latchkey
