// registry.cpp — the tables themselves: what is built in and how snapshots are made.
#include "actors/registry/registry.hpp"

#include <algorithm>
#include <utility>

namespace latchkey {
namespace {

/// What "admin" adds to everybody's.
const permission_set& permissions_of_admins() {
  static const permission_set set{"users:read",          "users:write",      "users:delete",
                                  "roles:read",          "roles:write",      "services:write",
                                  "subscriptions:write", "templates:manage", "audit:read"};
  return set;
}

role_record built_in(std::string name, std::string description, const permission_set& grants) {
  role_record role;
  role.name = std::move(name);
  role.description = std::move(description);
  role.permissions = grants.words();
  role.is_built_in = true;
  return role;
}

void put(role_table& table, const role_record& role) {
  permission_set own{role.permissions};
  auto all = std::make_shared<const permission_set>(own.with(*table.everybody));
  table.roles.insert_or_assign(role.name, role_table::entry{role, std::move(all)});
}

} // namespace

const permission_set& permissions_of_everybody() {
  static const permission_set set{"profile:read",      "profile:write",  "projects:read",
                                  "projects:write",    "instances:read", "instances:write",
                                  "subscription:read", "workflows:run"};
  return set;
}

const std::vector<role_record>& built_in_roles() {
  static const std::vector<role_record> roles{
      built_in("user", "What everybody who is signed in may do.", permissions_of_everybody()),
      built_in("admin", "Administers users, roles, services and subscriptions.",
               permissions_of_everybody().with(permissions_of_admins())),
      built_in("superuser", "May do everything.", permission_set{"*"}),
  };
  return roles;
}

const std::vector<permission_words>& known_permissions() {
  static const std::vector<permission_words> words{
      {"profile:read", "read one's own account and profile"},
      {"profile:write", "change one's own account and profile"},
      {"projects:read", "read the projects one shares in"},
      {"projects:write", "make, change and remove projects"},
      {"subscription:read", "read one's own subscription and what is left of it"},
      {"instances:read", "read persona instances"},
      {"instances:write", "make, change and remove persona instances"},
      {"workflows:run", "start and cancel workflows"},
      {"users:read", "read every user"},
      {"users:write", "change users"},
      {"users:delete", "remove users"},
      {"roles:read", "read roles and what they grant"},
      {"roles:write", "make, change, remove and give roles"},
      {"services:write", "give tokens to services"},
      {"subscriptions:write", "change anybody's subscription"},
      {"templates:manage", "manage persona templates"},
      {"audit:read", "read the audit log"},
  };
  return words;
}

bool is_known_permission(std::string_view permission) {
  return std::ranges::any_of(known_permissions(), [permission](const permission_words& known) {
    return known.permission == permission;
  });
}

const permission_set& default_service_scopes() {
  static const permission_set set{service_scope::validate_tokens, service_scope::sync_sessions,
                                  service_scope::revoke_sessions, service_scope::sync_users,
                                  service_scope::report_workflows};
  return set;
}

permission_set scopes_of(const service_record& service) {
  return service.scopes.empty() ? default_service_scopes() : permission_set{service.scopes};
}

const role_table::entry* role_table::find(std::string_view role) const {
  const auto found = roles.find(role);
  return found == roles.end() ? nullptr : &found->second;
}

const std::shared_ptr<const permission_set>&
role_table::permissions_of(std::string_view role) const {
  const auto* found = find(role);
  return found == nullptr ? everybody : found->permissions;
}

bool role_table::requires_second_factor(std::string_view role) const {
  if (factors.is_required_of(role)) return true;
  const auto* found = find(role);
  return found != nullptr && found->role.requires_second_factor;
}

const service_entry* service_table::find_service(const std::string& id) const {
  const auto found = services.find(id);
  return found == services.end() ? nullptr : found->second.get();
}

const service_table::key_entry* service_table::find_key(const std::string& hash) const {
  const auto found = keys.find(hash);
  return found == keys.end() ? nullptr : &found->second;
}

std::shared_ptr<const role_table> make_role_table(const std::vector<role_record>& stored,
                                                  const factor_policy& factors) {
  auto table = std::make_shared<role_table>();
  table->factors = factors;
  if (!factors.permissions.words().empty())
    table->by_second_factor = std::make_shared<const permission_set>(factors.permissions);
  table->everybody = std::make_shared<const permission_set>(permissions_of_everybody());
  for (const auto& role : stored)
    put(*table, role);
  // Last: nothing in the store takes the place of a built-in one.
  for (const auto& role : built_in_roles())
    put(*table, role);
  return table;
}

std::shared_ptr<const service_table>
make_service_table(const storage::list_services::answer& stored, const service_table& before) {
  auto table = std::make_shared<service_table>();
  for (const auto& service : stored.services)
    table->services.emplace(
        service.id, std::make_shared<const service_entry>(service_entry{
                        service.id, std::make_shared<const permission_set>(scopes_of(service)),
                        rate_limit{service.rate_count, service.rate_window_s}}));
  for (const auto& key : stored.keys) {
    const auto service = table->services.find(key.service);
    if (key.revoked_at || service == table->services.end()) continue;
    const auto* known = before.find_key(key.key_hash);
    auto noted_at =
        known == nullptr ? std::make_shared<std::atomic<std::int64_t>>(0) : known->noted_at;
    table->keys.emplace(key.key_hash,
                        service_table::key_entry{key.id, service->second, std::move(noted_at)});
  }
  return table;
}

registry_book::registry_book()
    : roles_(make_role_table({})), services_(std::make_shared<const service_table>()) {}

} // namespace latchkey
