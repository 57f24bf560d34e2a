#include "gateway/server_actors.hpp"

#include "actors/audit/audit.hpp"
#include "actors/base/key_ring.hpp"
#include "actors/directory/directory.hpp"
#include "actors/limits/shared_rate_limiter.hpp"
#include "actors/mail/mailer.hpp"
#include "actors/password/password_hasher.hpp"
#include "actors/registry/registry_actor.hpp"
#include "actors/store/persistence.hpp"
#include "actors/store/reader.hpp"
#include "actors/store/redis.hpp"
#include "actors/store/retention.hpp"
#include "actors/workflow/recovery.hpp"
#include "config/log.hpp"
#include "gateway/reactor/on_reactor.hpp"
#include "gateway/reactor/reactor_scheduler.hpp"
#include "gateway/workflows/core_manager_client.hpp"

#include <caf/scoped_actor.hpp>
#include <caf/send.hpp>
#include <chrono>
#include <cstdlib>
#include <string_view>
#include <utility>
#include <vector>

namespace latchkey::gateway {
namespace {

/// What is acknowledged is durable already; the supervisor starts the process again.
[[noreturn]] void end_process(std::string_view actor) {
  log_critical("server", actor, " has ended: the server cannot go on");
  log_stop();
  std::_Exit(EXIT_FAILURE);
}

template <class Handle>
void end_actor(const Handle& handle) {
  if (handle) caf::anon_send_exit(handle, caf::exit_reason::user_shutdown);
}

} // namespace

server_actors::server_actors(std::shared_ptr<const settings> configured,
                             std::shared_ptr<actor_env> env, storage::store& store, metrics& counts,
                             std::shared_ptr<proxy::upstream_set> upstreams)
    : configured_(std::move(configured)), store_(store), counts_(counts),
      upstreams_(std::move(upstreams)), config_(reactor_config(configured_->workers)),
      system_(*config_), env_(std::move(env)), roots_(end_process) {}

// -- how they begin ------------------------------------------------------------------

void server_actors::spawn() {
  const auto& set = *configured_;
  // SQLite has one writer at a time; a second one would only wait for the first.
  const std::size_t writers = set.uses_postgres() ? set.db_writers : 1;
  for (std::size_t i = 0; i < writers; ++i)
    env_->writers.push_back(
        system_.spawn<caf::detached>(persistence, &store_, env_->clock, &counts_));
  for (std::size_t i = 0; i < set.db_readers; ++i)
    env_->readers.push_back(system_.spawn<caf::detached>(reader, &store_, env_->clock));

  hasher_options hashing{set.hash_workers,
                         set.hash_queue_max,
                         {set.argon2_memory_kib, set.argon2_iterations, /*lanes*/ 1}};
  std::vector<password_hasher_actor> workers;
  for (std::size_t i = 0; i < hashing.workers; ++i) {
    workers.push_back(system_.spawn<caf::detached>(hash_worker, hashing.cost, &counts_));
    roots_.add("a hashing thread", workers.back());
  }
  env_->hasher = system_.spawn(password_hasher, hashing, env_->clock, &counts_, std::move(workers));
  env_->key_ring = system_.spawn(key_ring, env_->keys);
  env_->audit = system_.spawn(audit, env_->writers);
  spawn_redis();
  env_->registry = system_.spawn(registry, actor_env_ptr{env_});
  spawn_core_managers();
  for (std::size_t i = 0; i < set.workers; ++i)
    env_->directories.push_back(system_.spawn(directory, actor_env_ptr{env_}));
}

void server_actors::spawn_workers(std::shared_ptr<mail_carrier> mails) {
  mail_transport_ = system_.spawn<caf::detached>(mail_transport, std::move(mails),
                                                 configured_->mail_from, env_->mails);
  env_->mailer = system_.spawn(mailer, actor_env_ptr{env_}, mail_transport_);
  retention_ = system_.spawn(retention, actor_env_ptr{env_});
  workflow_recovery_ = system_.spawn(workflow_recovery, actor_env_ptr{env_});
  watch();
}

/// With REDIS_URL the rate limits are those of all nodes that name the same one.
void server_actors::spawn_redis() {
  auto address = storage::parse_redis_url(configured_->redis_url);
  if (!address) return;
  auto limiter = std::make_shared<shared_rate_limiter>();
  env_->redis = system_.spawn<caf::detached>(redis, std::move(*address), env_->clock, &counts_,
                                             limiter, storage::redis_connection::patience);
  limiter->tell(env_->redis);
  env_->limiter = std::move(limiter);
}

void server_actors::spawn_core_managers() {
  if (!upstreams_->table().upstreams.front().is_configured()) return;
  const core_manager_limits limits{configured_->upstream_streams_max,
                                   configured_->upstream_connections_max,
                                   std::chrono::seconds{configured_->workflow_silence_max_s}};
  auto& scheduler = reactor_scheduler::of(system_);
  for (std::size_t i = 0; i < scheduler.size(); ++i) {
    auto& home = scheduler.at(i);
    env_->core_managers.push_back(on_reactor(
        home, [&] { return spawn_core_manager_client(system_, home, env_, upstreams_, limits); }));
  }
}

void server_actors::watch() {
  for (const auto& handle : env_->writers)
    roots_.add("a writer", handle);
  for (const auto& handle : env_->readers)
    roots_.add("a reader", handle);
  for (const auto& handle : env_->directories)
    roots_.add("a shard of the directory", handle);
  roots_.add("the hashers' queue", env_->hasher);
  roots_.add("the key ring", env_->key_ring);
  roots_.add("the audit log", env_->audit);
  roots_.add("the member of the cluster", env_->cluster);
  roots_.add("the connection to Redis", env_->redis);
  roots_.add("the mail transport", mail_transport_);
  roots_.add("the mailer", env_->mailer);
  roots_.add("the registry", env_->registry);
  roots_.add("retention", retention_);
  for (const auto& handle : env_->core_managers)
    roots_.add("a client of the core manager", handle);
}

// -- how they end --------------------------------------------------------------------

void server_actors::end_workers() {
  roots_.stop();
  end_actor(workflow_recovery_);
  end_actor(retention_);
  end_actor(env_->mailer);
  const auto deadline = env_->steady_now() + std::chrono::seconds{2};
  caf::scoped_actor self{system_};
  for (const auto& writer : env_->writers)
    self->request(writer, std::chrono::seconds{2}, messages::commit{{}, deadline})
        .receive([](const storage::written&) {}, [](const caf::error&) {});
}

void server_actors::end(node* member) {
  roots_.stop();
  for (auto& handle : env_->directories)
    end_actor(handle);
  for (auto& handle : env_->core_managers)
    end_actor(handle);
  if (member != nullptr) member->stop();
  end_actor(workflow_recovery_);
  end_actor(retention_);
  end_actor(env_->registry);
  end_actor(env_->mailer);
  end_actor(mail_transport_);
  end_actor(env_->hasher);
  end_actor(env_->audit);
  end_actor(env_->key_ring);
  end_actor(env_->redis);
  for (auto& handle : env_->readers)
    end_actor(handle);
  for (auto& handle : env_->writers)
    end_actor(handle);
}

} // namespace latchkey::gateway
