// registry_actor.hpp — changes roles, and reads once a second what others have changed of roles,
// services and service keys.
#pragma once

#include "actors/base/actor_env.hpp"
#include "actors/base/conversation.hpp"
#include "config/settings/settings.hpp"
#include "storage/store.hpp"

#include <caf/stateful_actor.hpp>
#include <cstdint>
#include <string>
#include <vector>

namespace latchkey {

/// For a start: puts the services and keys of SERVICE_KEYS ("id:key[,id:key]") into the store
/// where they are missing. One that is there stays as it is, and a key that was revoked stays
/// revoked.
result<void> seed_service_keys(storage::store& store, const secret& service_keys, time_point now);

/// For a start, before anybody is answered: reads the tables and publishes them.
result<void> load_registry(storage::store& store, registry_book& book,
                           const factor_policy& factors = {});

struct registry_state {
  static inline const char* name = "registry";

  registry_actor::pointer self = nullptr;
  actor_env_ptr env;
  std::vector<role_record> roles; // of the store, in the order of their names
  storage::list_services::answer services;
  std::uint64_t changes = 0; // of roles, made here: what was read before one is out of date

  task<messages::role_stored> on_put(messages::put_role request);
  task<messages::done> on_delete(messages::delete_role request);
  task<> on_refresh(messages::refresh_registry);
  task<messages::done> on_changed(messages::registry_changed);

private:
  void role_stored(const role_record& role);
  void role_removed(const std::string& removed);
  /// Ends when the tables are no older than its beginning; with the store's error.
  task<messages::done> read_tables();
  task<messages::done> reread_in_cluster();
  task<messages::done> read_both();
  fresh_task<messages::done> table_reads_;
  void adopt_roles(std::vector<role_record> found);
  void adopt_services(storage::list_services::answer found);
};

registry_actor::behavior_type registry(registry_actor::stateful_pointer<registry_state> self,
                                       actor_env_ptr env);

} // namespace latchkey
