#include "gateway/request/reactor_edge.hpp"

#include "protocol/tokens/opaque_key.hpp"

#include <caf/send.hpp>

namespace latchkey::gateway {
namespace {

/// How often it is noted that a service key is in use.
constexpr std::int64_t key_use_noted_every_s = 60;

/// The longest service key that is looked up.
constexpr std::size_t service_key_bytes_max = 256;

} // namespace

reactor_edge::reactor_edge(caf::actor_system& system, reactor& home, actor_env_ptr env,
                           std::shared_ptr<const settings> configured)
    : home_(home), env_(std::move(env)), settings_(std::move(configured)),
      origins_(settings_->allowed_origins), trusted_proxies_(settings_->trusted_proxies),
      actors_(system, home, env_), tokens_(env_),
      health_(home, env_, actors_, settings_->core_manager_url), splices_(home.timers()) {}

reactor_edge::~reactor_edge() {
  actors_.close(); // before anything that a coroutine uses goes
}

void reactor_edge::pass_on_to(std::shared_ptr<proxy::upstream_set> upstreams) {
  proxy::upstream_limits limits;
  limits.calls_max = settings_->upstream_connections_max;
  // Half of the requests in flight are left to those that need no upstream.
  limits.waiting_max = settings_->in_flight_max / (2 * upstreams->size());
  limits.upgraded_max = settings_->upstream_streams_max;
  upstreams_ = std::make_unique<proxy::upstream_client>(home_.context(), home_.timers(),
                                                        std::move(upstreams), limits);
}

awaitable<result<principal>>
reactor_edge::authenticate(std::string_view token, deadline_point deadline, bool admits_awaiting) {
  auto known = tokens_.verify(token);
  if (!known) co_return fail(known.error());
  const messages::validate question{known->counter, admits_awaiting};
  auto validation = co_await ask_session(known->session, question, deadline);
  if (!validation) co_return fail(validation.error());
  // A token belongs to one session of one user; anything else was not signed for it.
  if (validation->user != known->user) co_return fail(error_code::token_invalid);
  auto caller = principal_by_session(known->session, *std::move(validation), roles());
  caller.issued_at = known->iat;
  caller.expires_at = known->exp;
  co_return caller;
}

awaitable<result<principal>> reactor_edge::authenticate_key(std::string_view key,
                                                            deadline_point deadline) {
  auto named = parse_opaque_key(api_key_kind, key);
  if (!named) co_return fail(error_code::token_invalid, "X-API-Key", "is not an API key");
  messages::use_api_key question{named->id, std::move(named->secret_hash),
                                 deadline_for_actors(deadline)};
  auto used = co_await ask_user(named->user, std::move(question), deadline);
  if (!used && used.error().code == error_code::user_not_found)
    co_return fail(error_code::token_invalid);
  if (!used) co_return fail(used.error());
  principal caller;
  caller.user = used->user;
  caller.user_number = used->user_number;
  caller.api_key = named->id;
  caller.role = std::move(used->role);
  caller.role_permissions = roles().permissions_of(caller.role);
  caller.key_scopes = std::make_shared<const permission_set>(std::move(used->scopes));
  co_return caller;
}

const reactor_edge::snapshots& reactor_edge::registry() {
  // The version first: what is published meanwhile is found by the next call.
  const auto version = env_->book->version();
  if (version != registry_.version)
    registry_ = {version, env_->book->roles(), env_->book->services()};
  return registry_;
}

awaitable<result<void>> reactor_edge::reread_registry(deadline_point deadline) {
  auto read = co_await ask(env_->registry, messages::registry_changed{}, deadline);
  if (!read) co_return fail(std::move(read.error()));
  co_return result<void>{};
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
    const auto user = co_await ask_user(id, question, deadline);
    if (user || user.error().code != error_code::user_not_found) co_return id;
    numbers_.erase(number); // another user may have it by now
  }
  const auto& reader = env_->readers[static_cast<std::size_t>(number) % env_->readers.size()];
  messages::read question{storage::find_user_by_number{number}, deadline_for_actors(deadline)};
  auto found = co_await ask(reader, std::move(question), deadline);
  if (!found) co_return fail(found.error());
  const auto& user = found->as<storage::find_user_by_number>();
  if (!user) co_return fail(error_code::user_not_found);
  co_return numbers_.put(number, user->id);
}

std::int64_t reactor_edge::uptime_s() const {
  return std::chrono::duration_cast<std::chrono::seconds>(env_->steady_now() - env_->started_at)
      .count();
}

} // namespace latchkey::gateway
