// server_actors.hpp — the actors that a server has from its start to its end: spawned, watched, for
// without any of them the server is none, and ended in order.
#pragma once

#include "actors/base/actor_env.hpp"
#include "actors/base/root_watch.hpp"
#include "actors/mail/transport.hpp"
#include "config/metrics/metrics.hpp"
#include "config/settings/settings.hpp"
#include "gateway/cluster/node.hpp"
#include "gateway/proxy/upstream/upstream_set.hpp"
#include "protocol/interfaces.hpp"
#include "storage/store.hpp"

#include <caf/actor_system.hpp>
#include <caf/actor_system_config.hpp>
#include <memory>

namespace latchkey::gateway {

class server_actors {
public:
  /// The actors find each other in `env`; `store` and `counts` outlive this.
  server_actors(std::shared_ptr<const settings> configured, std::shared_ptr<actor_env> env,
                storage::store& store, metrics& counts,
                std::shared_ptr<proxy::upstream_set> upstreams);
  server_actors(const server_actors&) = delete;
  server_actors& operator=(const server_actors&) = delete;

  caf::actor_system& system() noexcept { return system_; }

  /// Those that answer.
  void spawn();
  /// Those that write without being asked. From now on all are watched, and `env->cluster` too.
  void spawn_workers(std::shared_ptr<mail_carrier> mails);

  /// Ends those that write without being asked, and waits for what is being written.
  void end_workers();
  /// Ends all, and `member`, if there is one, after those that need it.
  void end(node* member);

private:
  void spawn_redis();
  void spawn_core_managers();
  void watch();

  std::shared_ptr<const settings> configured_;
  storage::store& store_;
  metrics& counts_;
  std::shared_ptr<proxy::upstream_set> upstreams_;
  std::unique_ptr<caf::actor_system_config> config_;
  caf::actor_system system_;
  std::shared_ptr<actor_env> env_; // goes before the system
  mail_transport_actor mail_transport_;
  retention_actor retention_;
  workflow_recovery_actor workflow_recovery_; // ends when it has
  root_watch roots_;
};

} // namespace latchkey::gateway
