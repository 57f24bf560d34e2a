#include "gateway/request/reactor_edge.hpp"

#include "gateway/live/socket_registry.hpp"
#include "protocol/tokens/opaque_key.hpp"

#include <caf/abstract_actor.hpp>
#include <caf/actor_cast.hpp>
#include <caf/send.hpp>

namespace latchkey::gateway {
namespace {

/// Clocks of nodes differ a little.
constexpr std::chrono::seconds clock_leeway{5};

/// How often it is noted that a service key is in use.
constexpr std::int64_t key_use_noted_every_s = 60;

/// How often handles are looked at, and how many of a kind at a time: all of them within half a
/// minute, and no turn takes long.
constexpr std::chrono::seconds handles_looked_at_every{1};
constexpr std::size_t handles_looked_at_max = 4096;

/// The longest service key that is looked at.
constexpr std::size_t service_key_bytes_max = 256;

/// Scheme, host and port of an http(s) URL.
std::string origin_of(std::string_view url) {
  const auto slashes = url.find("://");
  if (slashes == url.npos || !url.starts_with("http")) return {};
  return std::string{url.substr(0, url.find('/', slashes + 3))};
}

} // namespace

reactor_edge::reactor_edge(caf::actor_system& system, reactor& home, actor_env_ptr env,
                           std::shared_ptr<const settings> configured)
    : home_(home), env_(std::move(env)), settings_(std::move(configured)),
      origins_(settings_->allowed_origins), issuer_origin_(origin_of(settings_->issuer)),
      trusted_proxies_(settings_->trusted_proxies),
      core_manager_(home,
                    [url = settings_->core_manager_url](deadline_point deadline) {
                      return accepts_connections(url, deadline);
                    }),
      splices_(home.timers()) {
  caf::actor_config config{&home};
  auto handle = system.spawn_class<reactor_actor, caf::no_spawn_options>(config, home);
  actor_owner_ = caf::actor_cast<caf::strong_actor_ptr>(handle);
  actor_ = static_cast<reactor_actor*>(caf::actor_cast<caf::abstract_actor*>(actor_owner_));
}

reactor_edge::~reactor_edge() {
  // At once: an answer that is queued already must not wake a coroutine that would find
  // this gone.
  actor_->close();
}

void reactor_edge::turn::on_expired(timer_wheel::entry& e) noexcept {
  static_cast<turn&>(e).owner.forget_ended();
}

void reactor_edge::remember_to_forget() {
  if (!forgets_.scheduled()) home_.timers().schedule(forgets_, handles_looked_at_every);
}

void reactor_edge::forget_ended() {
  const auto has_ended = [](const auto& handle) {
    return caf::actor_cast<caf::abstract_actor*>(handle)->getf(
        caf::abstract_actor::is_terminated_flag);
  };
  std::size_t left = 0;
  const auto look_at = [&](auto& handles) {
    handles.erase_some_if(has_ended, handles_looked_at_max);
    left += handles.size();
  };
  look_at(sessions_);
  look_at(users_);
  look_at(subscriptions_);
  look_at(workflows_);
  if (left > 0) remember_to_forget();
}

void reactor_edge::pass_on_to(std::shared_ptr<proxy::upstream_set> upstreams) {
  proxy::upstream_limits limits;
  limits.calls_max = settings_->upstream_connections_max;
  // Half of what a reactor takes on is left to those who ask nobody else.
  limits.waiting_max = settings_->in_flight_max / (2 * upstreams->size());
  limits.upgraded_max = settings_->upstream_streams_max;
  upstreams_ = std::make_unique<proxy::upstream_client>(home_.context(), home_.timers(),
                                                        std::move(upstreams), limits);
}

time_point reactor_edge::deadline_for_actors(deadline_point deadline) const {
  const auto left = deadline - std::chrono::steady_clock::now();
  return env_->steady_now() + std::chrono::duration_cast<std::chrono::microseconds>(left);
}

result<reactor_edge::known_token> reactor_edge::verify_token(std::string_view token,
                                                             bool remember) {
  const auto now = env_->now();
  if (auto* known = tokens_.find(token)) {
    const auto end = time_point{std::chrono::seconds{known->exp}};
    if (now >= end + clock_leeway) return fail(error_code::token_expired);
    return *known;
  }
  const auto& keys = *env_->keys;
  auto claims = verify(token, keys.access, keys.issuer, keys.audience, now, clock_leeway);
  if (!claims) return fail(claims.error());
  const known_token known{claims->sub, claims->sid, claims->iat, claims->exp, claims->counter()};
  if (remember) tokens_.put(std::string{token}, known);
  return known;
}

result<service_claims> reactor_edge::verify_service_token(std::string_view token) const {
  const auto& keys = *env_->keys;
  return verify_service(token, keys.access, keys.issuer, keys.audience, env_->now(), clock_leeway);
}

awaitable<result<principal>> reactor_edge::authenticate(std::string_view token,
                                                        deadline_point deadline) {
  auto known = verify_token(token);
  if (!known) co_return fail(known.error());
  const messages::validate question{known->counter};
  auto word = co_await ask_session(known->session, question, deadline);
  if (!word) co_return fail(word.error());
  // A token is one session's of one user's; anything else was not signed for it.
  if (word->user != known->user) co_return fail(error_code::token_invalid);
  auto who = principal_by_session(known->session, *std::move(word), roles());
  who.issued_at = known->iat;
  who.expires_at = known->exp;
  co_return who;
}

awaitable<result<principal>> reactor_edge::authenticate_key(std::string_view key,
                                                            deadline_point deadline) {
  auto named = parse_opaque_key(api_key_kind, key);
  if (!named) co_return fail(error_code::token_invalid, "X-API-Key", "is not an API key");
  messages::use_api_key question{named->id, std::move(named->secret_hash),
                                 deadline_for_actors(deadline)};
  auto word = co_await ask_user(named->user, std::move(question), deadline);
  if (!word && word.error().code == error_code::user_not_found)
    co_return fail(error_code::token_invalid);
  if (!word) co_return fail(word.error());
  principal who;
  who.user = word->user;
  who.user_number = word->user_number;
  who.api_key = named->id;
  who.role = std::move(word->role);
  who.role_permissions = roles().permissions_of(who.role);
  who.key_scopes = std::make_shared<const permission_set>(std::move(word->scopes));
  co_return who;
}

const reactor_edge::snapshots& reactor_edge::registry() {
  // The version first: what is published meanwhile is found by the next one that looks.
  const auto version = env_->book->version();
  if (version != registry_.version)
    registry_ = {version, env_->book->roles(), env_->book->services()};
  return registry_;
}

result<service_principal> reactor_edge::find_service(std::string_view key) {
  if (key.empty() || key.size() > service_key_bytes_max)
    return fail(error_code::insufficient_permissions);
  const auto& table = registered_services();
  const auto* hash = keys_.find(key);
  const auto* found = table.find_key(hash != nullptr ? *hash : hash_of_key(key));
  if (found == nullptr) return fail(error_code::insufficient_permissions);
  // Only good ones are remembered, so that guesses do not push them out.
  if (hash == nullptr) keys_.put(std::string{key}, hash_of_key(key));
  note_use(*found);
  return service_principal{found->service};
}

void reactor_edge::note_use(const service_table::key_entry& key) {
  const auto now = env_->now();
  const auto now_s = std::chrono::floor<std::chrono::seconds>(now).time_since_epoch().count();
  auto noted_s = key.noted_at->load(std::memory_order_relaxed);
  if (now_s < noted_s + key_use_noted_every_s || env_->writers.empty()) return;
  if (!key.noted_at->compare_exchange_strong(noted_s, now_s, std::memory_order_relaxed)) return;
  messages::commit note{{{storage::touch_service_key{key.id, now}}},
                        env_->steady_now() + env_->policy.internal_deadline};
  caf::anon_send(env_->writer_for(key.id), std::move(note));
}

awaitable<result<user_id>> reactor_edge::user_with_number(std::int64_t number,
                                                          deadline_point deadline) {
  if (const auto* known = numbers_.find(number)) {
    const auto id = *known;
    const messages::describe_user question;
    const auto there = co_await ask_user(id, question, deadline);
    if (there || there.error().code != error_code::user_not_found) co_return id;
    numbers_.erase(number); // it may have become somebody else's
  }
  const auto& reader = env_->readers[static_cast<std::size_t>(number) % env_->readers.size()];
  messages::read question{storage::find_user_by_number{number}, deadline_for_actors(deadline)};
  auto found = co_await ask(reader, std::move(question), deadline);
  if (!found) co_return fail(found.error());
  const auto& user = found->as<storage::find_user_by_number>();
  if (!user) co_return fail(error_code::user_not_found);
  co_return numbers_.put(number, user->id);
}

template <class Handle, class Question>
awaitable<bool> reactor_edge::alive(last_word& last, const Handle& whom, deadline_point deadline) {
  const auto now = std::chrono::steady_clock::now();
  if (last.asked != deadline_point{} && now < last.asked + health_stands_for) co_return last.alive;
  // Others that ask meanwhile hear the last word, so a frozen database gets one question
  // a second, not one a request.
  last.asked = now;
  const auto wait_until = std::min(deadline, now + health_wait_max);
  const Question question{deadline_for_actors(wait_until)};
  auto word = co_await actor_->ask(whom, question, wait_until);
  last.alive = word.has_value();
  last.why = !word && word.error().field == "database" ? word.error().reason : "";
  co_return last.alive;
}

void reactor_edge::tell_session(const session_id& id, messages::unwatch notice) {
  if (const auto* known = sessions_.find(id)) {
    actor_->speak();
    actor_->send(*known, std::move(notice));
    return;
  }
  // A session that is watched is in memory, so this loads nothing.
  actor_->speak();
  actor_->request(env_->directory_for(id), no_timeout, messages::find_session{id})
      .then(
          [this, id, notice = std::move(notice)](session_actor& found) {
            // It may be watched anew meanwhile, which this must not undo.
            if (!sockets_->knows(id)) actor_->send(found, notice);
          },
          [](caf::error&) {});
}

awaitable<bool> reactor_edge::database_alive(deadline_point deadline) {
  return alive<reader_actor, messages::ping_store>(database_, env_->readers.front(), deadline);
}

awaitable<std::string_view> reactor_edge::redis_word(deadline_point deadline) {
  if (!env_->redis) co_return "disabled";
  const bool answers =
      co_await alive<redis_actor, messages::ping_redis>(redis_, env_->redis, deadline);
  if (answers) co_return "connected";
  co_return "disconnected";
}

std::int64_t reactor_edge::uptime_s() const {
  return std::chrono::duration_cast<std::chrono::seconds>(env_->steady_now() - env_->started_at)
      .count();
}

} // namespace latchkey::gateway
