#include "actors/registry/registry_actor.hpp"

#include "actors/audit/audit_entry.hpp"
#include "actors/cluster/announce.hpp"
#include "protocol/tokens/opaque_key.hpp"

#include <algorithm>
#include <utility>

namespace latchkey {
namespace {

constexpr std::size_t shown_hash_chars = 8;

bool is_same(const role_record& a, const role_record& b) {
  return a.name == b.name && a.description == b.description && a.permissions == b.permissions &&
         a.requires_second_factor == b.requires_second_factor && a.updated_at == b.updated_at;
}
bool is_same(const service_record& a, const service_record& b) {
  return a.id == b.id && a.scopes == b.scopes && a.rate_count == b.rate_count &&
         a.rate_window_s == b.rate_window_s;
}
/// When it was last used is nobody's concern here.
bool is_same(const service_key_record& a, const service_key_record& b) {
  return a.id == b.id && a.service == b.service && a.key_hash == b.key_hash &&
         a.revoked_at == b.revoked_at;
}

template <class Record>
bool are_same(const std::vector<Record>& a, const std::vector<Record>& b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](const Record& x, const Record& y) { return is_same(x, y); });
}

auto position_of(std::vector<role_record>& roles, std::string_view name) {
  return std::lower_bound(
      roles.begin(), roles.end(), name,
      [](const role_record& role, std::string_view n) { return role.name < n; });
}

void sort_by_name(std::vector<role_record>& roles) {
  std::sort(roles.begin(), roles.end(),
            [](const role_record& a, const role_record& b) { return a.name < b.name; });
}

/// The facts of one `id:key`.
storage::unit facts_of_key(std::string_view id, std::string_view key, time_point now) {
  service_key_record record;
  record.id = make_uuid(now);
  record.service = id;
  record.key_hash = hash_of_key(key);
  // The operator's own may be short: of its hash, so that nothing of it is shown.
  record.prefix = "sha256:" + record.key_hash.substr(0, shown_hash_chars);
  record.created_at = now;
  auto audited = audit_entry("service_key.created", std::string{id}, now);
  audited.by = "settings";
  return {{storage::add_service_key{std::move(record)}, storage::add_audit{std::move(audited)}}};
}

storage::unit facts_of_service(std::string_view id, time_point now) {
  service_record record;
  record.id = id;
  record.created_at = record.updated_at = now;
  return {{storage::put_service{std::move(record)}}};
}

/// Adds the key unless its hash is there.
result<void> seed_key(storage::writer& writer, std::string_view id, std::string_view key,
                      bool is_known_service, time_point now) {
  std::vector<storage::unit> units;
  if (!is_known_service) units.push_back(facts_of_service(id, now));
  units.push_back(facts_of_key(id, key, now));
  for (const auto& outcome : writer.commit(units))
    if (!outcome && outcome.error().code != error_code::conflict) return fail(outcome.error());
  return {};
}

result<storage::finding> find(storage::store& store, const storage::query& query) {
  return store.open_reader()->find(query);
}

audit_record entry_of(std::string action, const std::string& role, const messages::author& author,
                      time_point now) {
  auto entry = audit_entry(std::move(action), role, now, author.client);
  entry.by = author.by;
  return entry;
}

tl::unexpected<failure> built_in_stays() {
  return fail(error_code::conflict, "name", "a built-in role stays as it is");
}

} // namespace

result<void> seed_service_keys(storage::store& store, const secret& service_keys, time_point now) {
  if (service_keys.empty()) return {};
  auto known = find(store, storage::list_services{});
  if (!known) return fail(known.error());
  const auto& services = known->get<storage::list_services::answer>().services;
  auto writer = store.open_writer();
  for (auto rest = service_keys.reveal(); !rest.empty();) {
    const auto comma = std::min(rest.find(','), rest.size());
    auto pair = rest.substr(0, comma);
    rest.remove_prefix(std::min(comma + 1, rest.size()));
    while (pair.starts_with(' '))
      pair.remove_prefix(1);
    while (pair.ends_with(' '))
      pair.remove_suffix(1);
    const auto colon = pair.find(':');
    if (colon == std::string_view::npos) continue;
    const auto id = pair.substr(0, colon);
    const bool is_known = std::any_of(services.begin(), services.end(),
                                      [id](const service_record& s) { return s.id == id; });
    auto added = seed_key(*writer, id, pair.substr(colon + 1), is_known, now);
    if (!added) return added;
  }
  return {};
}

result<void> load_registry(storage::store& store, registry_book& book,
                           const factor_policy& factors) {
  auto roles = find(store, storage::list_roles{});
  if (!roles) return fail(roles.error());
  auto services = find(store, storage::list_services{});
  if (!services) return fail(services.error());
  book.publish(make_role_table(roles->get<storage::list_roles::answer>(), factors));
  book.publish(make_service_table(services->get<storage::list_services::answer>(), {}));
  return {};
}

// -- what is changed here ------------------------------------------------------------

task<messages::role_stored> registry_state::on_put(messages::put_role request) {
  auto role = std::move(request.role);
  if (is_built_in_role(role.name)) co_return built_in_stays();
  const auto now = env->now();
  role.updated_at = now;
  if (const auto known = position_of(roles, role.name);
      !request.is_new && known != roles.end() && known->name == role.name)
    role.created_at = known->created_at;
  else
    role.created_at = now;
  storage::fact change = storage::update_role{role};
  if (request.is_new) change = storage::add_role{role, roles_max};
  auto audited =
      entry_of(request.is_new ? "role.created" : "role.changed", role.name, request.author, now);
  messages::commit commit{{{std::move(change), storage::add_audit{std::move(audited)}}},
                          request.deadline};
  // One writer for all roles: two changes of one keep their order, and so do their answers.
  const auto written = co_await ask(env->writers.front(), std::move(commit));
  if (!written) co_return written.error();
  const auto is_read = co_await reread_in_cluster();
  if (!is_read) role_stored(role);
  const auto announced = co_await announce(*env, messages::registry_changed{});
  if (!announced) co_return announced.error();
  co_return messages::role_stored{role};
}

task<messages::done> registry_state::on_delete(messages::delete_role request) {
  if (is_built_in_role(request.name)) co_return built_in_stays();
  auto audited = entry_of("role.deleted", request.name, request.author, env->now());
  messages::commit commit{
      {{storage::remove_role{request.name}, storage::add_audit{std::move(audited)}}},
      request.deadline};
  const auto written = co_await ask(env->writers.front(), std::move(commit));
  if (!written) co_return written.error();
  const auto is_read = co_await reread_in_cluster();
  if (!is_read) role_removed(request.name);
  co_return co_await announce(*env, messages::registry_changed{});
}

/// By now another node may have changed it again. Fails where there is none, or no store.
task<messages::done> registry_state::reread_in_cluster() {
  if (!env->cluster) co_return fail(error_code::none);
  ++changes; // a read that is under way may be older
  co_return co_await read_tables();
}

void registry_state::role_stored(const role_record& role) {
  ++changes;
  const auto position = position_of(roles, role.name);
  if (position != roles.end() && position->name == role.name)
    *position = role;
  else
    roles.insert(position, role);
  env->book->publish(make_role_table(roles, env->policy.factors));
}

void registry_state::role_removed(const std::string& removed) {
  ++changes;
  const auto position = position_of(roles, removed);
  if (position != roles.end() && position->name == removed) roles.erase(position);
  env->book->publish(make_role_table(roles, env->policy.factors));
}

// -- what others have changed ----------------------------------------------------------

task<> registry_state::on_refresh(messages::refresh_registry) {
  // When the store does not answer, the tables stay; the next look is in a second.
  self->delayed_send(self, registry_refresh, messages::refresh_registry{});
  (void)co_await read_tables();
}

task<messages::done> registry_state::on_changed(messages::registry_changed) {
  return read_tables();
}

task<messages::done> registry_state::read_tables() {
  const auto read = [this] { return read_both(); };
  return table_reads_.join(read);
}

task<messages::done> registry_state::read_both() {
  const auto epoch = env->trust->epoch();
  const auto deadline = env->steady_now() + env->policy.internal_deadline;
  const auto reader = env->readers.front();
  for (;;) {
    const auto before = changes;
    messages::read roles_question{storage::list_roles{}, deadline};
    auto found = co_await ask(reader, std::move(roles_question));
    if (!found) co_return found.error();
    if (before != changes) continue; // what was changed here meanwhile is newer
    adopt_roles(std::move(found->as<storage::list_roles>()));
    break;
  }
  messages::read services_question{storage::list_services{}, deadline};
  auto found = co_await ask(reader, std::move(services_question));
  if (!found) co_return found.error();
  adopt_services(std::move(found->as<storage::list_services>()));
  env->book->set_read_in(epoch);
  co_return messages::done{};
}

void registry_state::adopt_roles(std::vector<role_record> found) {
  sort_by_name(found);
  if (are_same(found, roles)) return;
  roles = std::move(found);
  env->book->publish(make_role_table(roles, env->policy.factors));
}

void registry_state::adopt_services(storage::list_services::answer found) {
  if (are_same(found.services, services.services) && are_same(found.keys, services.keys)) return;
  services = std::move(found);
  env->book->publish(make_service_table(services, *env->book->services()));
}

registry_actor::behavior_type registry(registry_actor::stateful_pointer<registry_state> self,
                                       actor_env_ptr env) {
  install_default_handlers(self);
  auto* state = &self->state;
  state->self = self;
  state->env = std::move(env);
  // What the start has published; in a map, so they are in order.
  for (const auto& [role_name, entry] : state->env->book->roles()->roles)
    if (!entry.role.is_built_in) state->roles.push_back(entry.role);
  self->send(self, messages::refresh_registry{});
  return {handler<&registry_state::on_put>(state), handler<&registry_state::on_delete>(state),
          handler<&registry_state::on_changed>(state), handler<&registry_state::on_refresh>(state)};
}

} // namespace latchkey
