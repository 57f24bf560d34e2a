// reactor_edge.hpp — everything that the endpoints of one reactor share: how they ask actors, check
// tokens and keys, and reach upstreams and live sockets.
#pragma once

#include "config/settings/settings.hpp"
#include "gateway/http/message/cors.hpp"
#include "gateway/proxy/upstream/upstream_client.hpp"
#include "gateway/reactor/heartbeats.hpp"
#include "gateway/reactor/splice_set.hpp"
#include "gateway/request/actor_lookup.hpp"
#include "gateway/request/client_address.hpp"
#include "gateway/request/health_probe.hpp"
#include "gateway/request/principal.hpp"
#include "gateway/request/token_verifier.hpp"

#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace latchkey::gateway {

class socket_registry;

/// Used on the reactor's thread alone.
class reactor_edge {
public:
  using deadline_point = actor_lookup::deadline_point;

  /// Remembered, twice over at most (generation_cache).
  static constexpr std::size_t numbers_max = 16384;
  static constexpr std::size_t service_keys_max = 1024;

  reactor_edge(caf::actor_system& system, reactor& home, actor_env_ptr env,
               std::shared_ptr<const settings> configured);
  /// On the reactor's thread. Coroutines that still ask through it are destroyed.
  ~reactor_edge();
  reactor_edge(const reactor_edge&) = delete;
  reactor_edge& operator=(const reactor_edge&) = delete;

  reactor& home() noexcept { return home_; }
  const actor_env& env() const noexcept { return *env_; }
  const settings& configured() const noexcept { return *settings_; }
  const http::origin_list& origins() const noexcept { return origins_; }
  /// "https://host[:port]" of the ISSUER setting; empty when that is no http(s) URL.
  /// TRUSTED_PROXIES.
  const proxy_list& trusted_proxies() const noexcept { return trusted_proxies_; }
  /// The newest snapshots of the registry; good until this thread does something else.
  const role_table& roles() { return *registry().roles; }
  const service_table& registered_services() { return *registry().services; }

  /// Whether the snapshots are as the store has them; otherwise `reread_registry` comes first.
  bool is_registry_current() const {
    return !env_->cluster || env_->trust->counts(env_->book->read_in(), env_->steady_now());
  }
  /// Whether what this server remembers may be believed at all now (memory_trust).
  bool is_memory_usable() const { return !env_->cluster || env_->trust->holds(env_->steady_now()); }
  /// Ends when the snapshots are no older than the call; with the store's error.
  awaitable<result<void>> reread_registry(deadline_point deadline);

  token_verifier& tokens() noexcept { return tokens_; }
  health_probe& health() noexcept { return health_; }
  actor_lookup& actors() noexcept { return actors_; }

  // -- questions to actors: see actor_lookup

  template <class Handle, class Message>
  auto ask(const Handle& receiver, Message message, deadline_point deadline) {
    return actors_.ask(receiver, std::move(message), deadline);
  }
  template <class Message>
  auto ask_session(session_id id, Message message, deadline_point deadline) {
    return actors_.ask_session(id, std::move(message), deadline);
  }
  template <class Message>
  auto ask_user(user_id id, Message message, deadline_point deadline) {
    return actors_.ask_user(id, std::move(message), deadline);
  }
  template <class Message>
  auto ask_subscription(user_id id, Message message, deadline_point deadline) {
    return actors_.ask_subscription(id, std::move(message), deadline);
  }
  template <class Find = messages::find_workflow, class Message>
  auto ask_workflow(workflow_id id, Message message, deadline_point deadline) {
    return actors_.template ask_workflow<Find>(id, std::move(message), deadline);
  }
  time_point deadline_for_actors(deadline_point deadline) const {
    return actors_.deadline_for_actors(deadline);
  }
  /// Asks the store through a reading connection.
  template <class Query>
  awaitable<result<typename Query::answer>> read(Query query, deadline_point deadline) {
    const auto& reader = env_->readers[next_reader_++ % env_->readers.size()];
    messages::read question{std::move(query), deadline_for_actors(deadline)};
    auto found = co_await actors_.ask(reader, std::move(question), deadline);
    if (!found) co_return fail(std::move(found.error()));
    co_return std::move(found->template as<Query>());
  }

  // -- callers

  /// The principal of an access token: by its signature and its times, and by its session, which
  /// says that it lives. AUTH002, AUTH003; MFA_REQUIRED of a session that awaits a second factor,
  /// unless such a one is admitted.
  awaitable<result<principal>> authenticate(std::string_view token, deadline_point deadline,
                                            bool admits_awaiting = false);
  /// The principal of an API key, which its user confirms. AUTH003.
  awaitable<result<principal>> authenticate_key(std::string_view key, deadline_point deadline);
  /// The service of a key; the use of the key is noted at most once a minute. AUTH004.
  result<service_principal> find_service(std::string_view key);
  /// USER001 when no user has that number.
  awaitable<result<user_id>> user_with_number(std::int64_t number, deadline_point deadline);

  // -- the other reactors

  /// Whether each of them has its turns.
  bool are_reactors_alive() const noexcept { return beats_ == nullptr || beats_->are_regular(); }
  void set_heartbeats(const heartbeats* all) noexcept { beats_ = all; }

  // -- sockets and upstreams

  /// The live sockets of this reactor, and those of all.
  socket_registry* sockets() noexcept { return sockets_; }
  void set_sockets(socket_registry* sockets) noexcept { sockets_ = sockets; }
  const std::vector<socket_registry_actor>& socket_registries() const noexcept {
    return *socket_registries_;
  }
  void set_socket_registries(std::shared_ptr<const std::vector<socket_registry_actor>> all) {
    socket_registries_ = std::move(all);
  }
  /// The upstreams that requests are passed on to; called once, before there are requests.
  void pass_on_to(std::shared_ptr<proxy::upstream_set> upstreams);
  proxy::upstream_client& upstreams() noexcept { return *upstreams_; }
  /// Sockets that are passed through to upstreams.
  splice_set& splices() noexcept { return splices_; }

  /// Since the server started.
  std::int64_t uptime_s() const;

private:
  struct snapshots {
    std::uint64_t version = 0;
    std::shared_ptr<const role_table> roles;
    std::shared_ptr<const service_table> services;
  };
  struct text_hash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const noexcept {
      return std::hash<std::string_view>{}(text);
    }
  };

  const snapshots& registry();
  void note_use(const service_table::key_entry& key);

  reactor& home_;
  actor_env_ptr env_;
  std::shared_ptr<const settings> settings_;
  http::origin_list origins_;
  proxy_list trusted_proxies_;
  snapshots registry_;
  actor_lookup actors_;
  token_verifier tokens_;
  health_probe health_;
  generation_cache<std::int64_t, user_id> numbers_{numbers_max}; // for as long as the user exists
  generation_cache<std::string, std::string, text_hash> keys_{
      service_keys_max}; // hashes of good service keys
  std::size_t next_reader_ = 0;
  const heartbeats* beats_ = nullptr;
  socket_registry* sockets_ = nullptr;
  std::shared_ptr<const std::vector<socket_registry_actor>> socket_registries_ =
      std::make_shared<std::vector<socket_registry_actor>>();
  std::unique_ptr<proxy::upstream_client> upstreams_;
  splice_set splices_;
};

} // namespace latchkey::gateway
