// reactor_edge.hpp — a reactor's way from sockets to actors: its edge actor, what it
// remembers of tokens and handles, and how an endpoint finds the actor it talks to.
#pragma once

#include "actors/base/actor_env.hpp"
#include "config/settings/settings.hpp"
#include "gateway/http/message/cors.hpp"
#include "gateway/proxy/upstream/upstream_client.hpp"
#include "gateway/reactor/generation_cache.hpp"
#include "gateway/reactor/reactor_actor.hpp"
#include "gateway/reactor/splice_set.hpp"
#include "gateway/reactor/tcp_probe.hpp"
#include "gateway/reactor/timer_wheel.hpp"
#include "gateway/request/client_address.hpp"
#include "gateway/request/principal.hpp"

#include <algorithm>
#include <caf/actor_system.hpp>
#include <chrono>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace latchkey::gateway {

class socket_registry;

/// Everything here is used on the reactor's thread alone.
class reactor_edge {
public:
  using deadline_point = std::chrono::steady_clock::time_point;

  /// Tokens and handles remembered, twice over at most (generation_cache). A handle keeps the
  /// memory of its actor, so those of actors that have ended are let go of within seconds.
  static constexpr std::size_t tokens_max = 8192;
  static constexpr std::size_t handles_max = 16384;
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
  const std::string& issuer_origin() const noexcept { return issuer_origin_; }
  /// TRUSTED_PROXIES.
  const proxy_list& trusted_proxies() const noexcept { return trusted_proxies_; }
  /// The newest snapshots of the registry; good until this thread does something else.
  const role_table& roles() { return *registry().roles; }
  const service_table& registered_services() { return *registry().services; }

  /// One question, one answer, or TIMEOUT at the deadline.
  template <class Handle, class Message>
  awaitable<result<reply_of<Handle, Message>>> ask(const Handle& receiver, Message message,
                                                   deadline_point deadline) {
    return actor_->ask(receiver, std::move(message), deadline);
  }

  /// Asks the session's, the user's or the subscription's actor, wherever it is. An actor that left
  /// memory meanwhile is looked up anew.
  template <class Message>
  awaitable<result<reply_of<session_actor, Message>>> ask_session(session_id id, Message message,
                                                                  deadline_point deadline) {
    return ask_resident<messages::find_session>(sessions_, id, std::move(message), deadline);
  }
  template <class Message>
  awaitable<result<reply_of<user_actor, Message>>> ask_user(user_id id, Message message,
                                                            deadline_point deadline) {
    return ask_resident<messages::find_user>(users_, id, std::move(message), deadline);
  }

  template <class Message>
  awaitable<result<reply_of<subscription_actor, Message>>>
  ask_subscription(user_id id, Message message, deadline_point deadline) {
    return ask_resident<messages::find_subscription>(subscriptions_, id, std::move(message),
                                                     deadline);
  }

  /// The workflow's, found by `Find`: by make_workflow also one that may not be there yet.
  /// NOT_FOUND when there is no such run.
  template <class Find = messages::find_workflow, class Message>
  awaitable<result<reply_of<workflow_actor, Message>>> ask_workflow(workflow_id id, Message message,
                                                                    deadline_point deadline) {
    return ask_resident<Find>(workflows_, id, std::move(message), deadline);
  }
  /// Whether asking the session, or the user, costs no read: its actor is in memory.
  awaitable<bool> is_in_memory(session_id id, deadline_point deadline) {
    return find_in_memory<messages::find_session>(sessions_, id, deadline);
  }
  awaitable<bool> is_in_memory(user_id id, deadline_point deadline) {
    return find_in_memory<messages::find_user>(users_, id, deadline);
  }
  /// Tells the session's actor, if it is in memory, and does not wait.
  void tell_session(const session_id& id, messages::unwatch notice);

  /// The live sockets of this reactor, and those of all.
  socket_registry* sockets() noexcept { return sockets_; }
  void set_sockets(socket_registry* here) noexcept { sockets_ = here; }
  const std::vector<socket_registry_actor>& socket_registries() const noexcept {
    return *socket_registries_;
  }
  void set_socket_registries(std::shared_ptr<const std::vector<socket_registry_actor>> all) {
    socket_registries_ = std::move(all);
  }

  /// What a good access token says.
  struct known_token {
    user_id user;
    session_id session;
    std::int64_t iat = 0; // seconds since the epoch
    std::int64_t exp = 0;
    std::uint64_t counter = 0; // that `jti` names
  };
  /// Its signature and its times alone: whether its session lives is for that one to say.
  /// AUTH002, AUTH003. One that will not be shown again soon need not be remembered.
  result<known_token> verify_token(std::string_view token, bool remember = true);
  /// The same of a service's token, all that it says.
  result<service_claims> verify_service_token(std::string_view token) const;
  /// Asks the store through a reading connection.
  template <class Query>
  awaitable<result<typename Query::answer>> read(Query what, deadline_point deadline) {
    const auto& reader = env_->readers[next_reader_++ % env_->readers.size()];
    messages::read question{std::move(what), deadline_for_actors(deadline)};
    auto found = co_await actor_->ask(reader, std::move(question), deadline);
    if (!found) co_return fail(found.error());
    co_return std::move(found->template as<Query>());
  }

  /// Whose access token this is: its signature and its times, then the session's word.
  /// AUTH002, AUTH003.
  awaitable<result<principal>> authenticate(std::string_view token, deadline_point deadline);
  /// Whose API key this is, by its user's word. AUTH003.
  awaitable<result<principal>> authenticate_key(std::string_view key, deadline_point deadline);
  /// Whose service key this is; its use is noted at most once a minute. AUTH004.
  result<service_principal> find_service(std::string_view key);
  /// USER001 when nobody has that number.
  awaitable<result<user_id>> user_with_number(std::int64_t number, deadline_point deadline);

  /// Whether the database answers; asked at most once a second.
  awaitable<bool> database_alive(deadline_point deadline);
  /// Why it was not, the last time: a few words that anybody may read, or empty.
  const std::string& database_trouble() const noexcept { return database_.why; }
  /// The same of Redis: "connected", "disconnected" or "disabled".
  awaitable<std::string_view> redis_word(deadline_point deadline);
  /// Whether CORE_MANAGER_URL accepts connections.
  tcp_prober& core_manager() noexcept { return core_manager_; }
  std::int64_t uptime_s() const;

  /// Whom requests are passed on to; once, before there are any.
  void pass_on_to(std::shared_ptr<proxy::upstream_set> upstreams);
  proxy::upstream_client& upstreams() noexcept { return *upstreams_; }
  /// Sockets that are passed through to upstreams.
  splice_set& splices() noexcept { return splices_; }

  /// The deadline as actors take it: by the one clock.
  time_point deadline_for_actors(deadline_point deadline) const;

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
  /// Of a token, its end alone: only good ones are kept, and theirs is a MAC, which is spread
  /// evenly. (Not noexcept: libstdc++ then keeps the hash beside the key.)
  struct token_hash {
    using is_transparent = void;
    static constexpr std::size_t chars = 32;
    std::size_t operator()(std::string_view token) const {
      return std::hash<std::string_view>{}(
          token.substr(token.size() - std::min(token.size(), chars)));
    }
  };

  /// How long the answer to "does the database answer?" stands.
  static constexpr std::chrono::seconds health_stands_for{1};
  /// And how long it may take.
  static constexpr std::chrono::seconds health_wait_max{2};

  /// The last answer to "are you there?", and when it was asked for.
  struct last_word {
    deadline_point asked{};
    bool alive = true;
    std::string why = {};
  };
  /// A turn of forget_ended().
  struct turn : timer_wheel::entry {
    explicit turn(reactor_edge& edge) : entry(&turn::on_expired), owner(edge) {}
    static void on_expired(timer_wheel::entry& e) noexcept;
    reactor_edge& owner;
  };

  template <class Handle, class Question>
  awaitable<bool> alive(last_word& last, const Handle& whom, deadline_point deadline);

  const snapshots& registry();
  /// Lets go of some handles of actors that have ended, and comes again while there are handles.
  void forget_ended();
  void remember_to_forget();
  void note_use(const service_table::key_entry& key);

  template <class Find, class Id, class Handle, class Message>
  awaitable<result<reply_of<Handle, Message>>> ask_resident(generation_cache<Id, Handle>& known,
                                                            Id id, Message message,
                                                            deadline_point deadline) {
    // Two tries with a handle from memory, which may be stale, and one asked for anew.
    constexpr int tries = 3;
    Find question{id};
    for (int i = 0; i < tries; ++i) {
      Handle receiver;
      if (auto* handle = known.find(id)) {
        receiver = *handle;
      } else {
        auto found = co_await actor_->ask(env_->directory_for(id), question, deadline);
        if (!found) co_return fail(found.error());
        receiver = *found;
        known.put(id, receiver);
        remember_to_forget();
      }
      auto reply = co_await actor_->ask_raw(receiver, message, deadline);
      if (reply) co_return std::move(*reply);
      if (!is_gone(reply.error())) co_return fail(to_failure(reply.error()));
      question.gone = receiver.id();
      known.erase(id);
    }
    co_return fail(error_code::internal_error);
  }

  template <class Find, class Id, class Handle>
  awaitable<bool> find_in_memory(generation_cache<Id, Handle>& known, Id id,
                                 deadline_point deadline) {
    if (known.find(id)) co_return true;
    Find question{id};
    question.if_in_memory = true;
    const auto found = co_await actor_->ask(env_->directory_for(id), question, deadline);
    if (!found) co_return false;
    known.put(id, *found);
    remember_to_forget();
    co_return true;
  }

  reactor& home_;
  actor_env_ptr env_;
  std::shared_ptr<const settings> settings_;
  http::origin_list origins_;
  std::string issuer_origin_;
  proxy_list trusted_proxies_;
  snapshots registry_;
  caf::strong_actor_ptr actor_owner_;
  reactor_actor* actor_;
  generation_cache<std::string, known_token, token_hash> tokens_{tokens_max};
  generation_cache<session_id, session_actor> sessions_{handles_max};
  generation_cache<user_id, user_actor> users_{handles_max};
  generation_cache<user_id, subscription_actor> subscriptions_{handles_max};
  generation_cache<workflow_id, workflow_actor> workflows_{handles_max};
  turn forgets_{*this};
  generation_cache<std::int64_t, user_id> numbers_{numbers_max}; // for as long as the user is there
  generation_cache<std::string, std::string, text_hash> keys_{
      service_keys_max}; // good ones' hashes
  std::size_t next_reader_ = 0;
  last_word database_;
  last_word redis_;
  tcp_prober core_manager_;
  socket_registry* sockets_ = nullptr;
  std::shared_ptr<const std::vector<socket_registry_actor>> socket_registries_ =
      std::make_shared<std::vector<socket_registry_actor>>();
  std::unique_ptr<proxy::upstream_client> upstreams_;
  splice_set splices_;
};

} // namespace latchkey::gateway
