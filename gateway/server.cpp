#include "gateway/server.hpp"

#include "actors/audit/audit.hpp"
#include "actors/base/key_ring.hpp"
#include "actors/mail/transport.hpp"
#include "actors/registry/registry_actor.hpp"
#include "config/data_dir_lock.hpp"
#include "config/log.hpp"
#include "config/settings/redis_url.hpp"
#include "gateway/admin.hpp"
#include "gateway/cluster/node.hpp"
#include "gateway/listeners.hpp"
#include "gateway/proxy/rules/proxy_settings.hpp"
#include "gateway/server_actors.hpp"
#include "gateway/session_policy.hpp"
#include "gateway/store_secret.hpp"
#include "protocol/unstepped_clock.hpp"

#include <atomic>
#include <caf/send.hpp>
#include <cstdlib>
#include <optional>
#include <utility>

namespace latchkey::gateway {
namespace {

/// A flag that outlives whoever may still ask for it.
using shared_flag = std::shared_ptr<std::atomic<bool>>;

/// What ends this process, which may not write any more, and whose memory may be out of date;
/// unless it has left by itself.
std::function<void(const std::string&)> ending_unless(const shared_flag& has_left) {
  return [has_left](const std::string& why) {
    if (*has_left) return;
    log_critical("server", why);
    log_stop();
    std::_Exit(EXIT_FAILURE);
  };
}

} // namespace

struct server::parts {
  std::shared_ptr<const settings> configured;
  metrics counts;
  std::optional<unstepped_clock> clock; // once the newest time in the store is known
  std::shared_ptr<proxy::upstream_set> upstreams;
  data_dir_lock only_server; // goes after the store
  std::unique_ptr<storage::store> store;
  shared_flag has_left = std::make_shared<std::atomic<bool>>(false);
  std::unique_ptr<node> member; // none: this server is alone
  std::shared_ptr<actor_env> env = std::make_shared<actor_env>();
  std::shared_ptr<mail_carrier> mails;
  std::optional<server_actors> actors;
  std::unique_ptr<listeners> sockets;
  std::atomic<const listeners*> listening = nullptr; // once all of `sockets` is up
  std::shared_ptr<const heartbeats> beats;           // those of `sockets`
  std::optional<first_admin> admin;
  bool needs_admin = false; // the store has none who is active
  bool drained = false;

  result<void> read_upstreams();
  result<void> open();
  result<void> claim_store();
  result<void> create_first_admin();
  result<void> load_tables();
  result<void> seed_keys();
  result<void> join_cluster(const std::function<bool()>& gives_up);
  result<void> fill_env(const secret& signing_secret);
  void spawn_actors();
  void publish_counts();
  void leave_cluster();
  void stop_actors();
};

// -- the upstreams -------------------------------------------------------------------

result<void> server::parts::read_upstreams() {
  auto table = proxy::configured_routes(*configured);
  if (!table) return fail(table.error());
  upstreams = std::make_shared<proxy::upstream_set>(
      *std::move(table), counts, proxy::breaker_settings{}, configured->upstream_calls_per_user);
  return {};
}

// -- the store -----------------------------------------------------------------------

result<void> server::parts::open() {
  if (auto made = prepare_data_dir(*configured); !made) return made;
  auto locked = data_dir_lock::take(configured->data_dir);
  if (!locked) return fail(locked.error());
  only_server = std::move(*locked);
  store = open_configured_store(*configured);
  // Before anything is read or changed: a running server of another version keeps its schema.
  if (auto claimed = claim_store(); !claimed) return claimed;
  auto applied = store->migrate();
  if (!applied) return fail(applied.error());
  for (const auto& name : *applied)
    log_info("storage", "applied migration ", name);
  auto has_admin = store->open_reader()->answer_to(storage::has_administrator{});
  if (!has_admin) return fail(has_admin.error());
  needs_admin = !*has_admin;
  if (needs_admin && configured->admin_password.empty())
    if (auto refusal = refuse_generated_admin_password(*configured))
      return fail(error_code::validation_error, "ADMIN_PASSWORD", *refusal);
  return {};
}

result<void> server::parts::claim_store() {
  if (!configured->is_clustered())
    return store->claim(describe_this_process(), ending_unless(has_left));
  auto made = node::bind(*configured);
  if (!made) return fail(made.error());
  member = *std::move(made);
  return store->claim_as_member(member->id(), describe_this_process(), ending_unless(has_left));
}

result<void> server::parts::create_first_admin() {
  if (!needs_admin) return {};
  first_admin made{configured->admin_username, {}};
  new_admin wanted{configured->admin_username, configured->admin_email, configured->admin_password,
                   "settings"};
  if (wanted.password.empty()) made.password = wanted.password = generate_password();
  auto created = create_admin(*store, *configured, wanted);
  if (!created && created.error().code == error_code::user_exists) {
    // Another node that started at the same moment may have been first; or somebody else has it.
    auto has_admin = store->open_reader()->answer_to(storage::has_administrator{});
    if (!has_admin) return fail(has_admin.error());
    if (*has_admin) return {};
    const auto* setting = created.error().field == "email" ? "ADMIN_EMAIL" : "ADMIN_USERNAME";
    return fail(error_code::conflict, setting,
                std::string{"there is no active administrator, and the name in "} + setting +
                    " is a user's already: set another one, or run `latchkey admin create`");
  }
  if (!created) return created;
  admin = std::move(made);
  return {};
}

// -- the actors and the other nodes --------------------------------------------------

/// Before anybody is answered: what requests look up without asking.
result<void> server::parts::load_tables() {
  // A node writes once it is a member.
  if (!member)
    if (auto seeded = seed_keys(); !seeded) return seeded;
  return load_registry(*store, *env->book, session_policy_of(*configured).factors);
}

result<void> server::parts::seed_keys() {
  return seed_service_keys(*store, configured->service_keys, system_clock_source().now());
}

/// Returns when this server may write and answer.
result<void> server::parts::join_cluster(const std::function<bool()>& gives_up) {
  if (!member) return {};
  member->join(actors->system(), env, *store, ending_unless(has_left));
  if (auto opened = member->await_open(gives_up); !opened) return opened;
  if (auto seeded = seed_keys(); !seeded) return seeded;
  caf::anon_send(env->cluster, messages::tell_members{messages::registry_changed{}});
  return {};
}

result<void> server::parts::fill_env(const secret& signing_secret) {
  const auto& set = *configured;
  auto keys = make_key_set(signing_secret, set.issuer, set.audience);
  if (!keys) return fail(keys.error());
  auto carrier = configured_mail_carrier(set);
  if (!carrier) return fail(carrier.error());
  mails = std::move(*carrier);
  env->mails = make_mail_writer(set, signing_secret);
  env->keys = std::move(*keys);
  auto newest = newest_audit_time(*store->open_reader());
  if (!newest) return fail(newest.error());
  env->clock = &clock.emplace(system_clock_source(), *newest);
  env->count_in(counts);
  env->tiers = set.tiers;
  env->started_at = env->clock->steady();
  env->publish_counts = [this] { publish_counts(); };
  env->policy = session_policy_of(set);
  return {};
}

void server::parts::spawn_actors() {
  actors.emplace(configured, env, *store, counts, upstreams);
  actors->spawn();
}

/// Whoever writes without being asked ends first, and what is being written is waited for: after
/// that nothing is taken from this node.
void server::parts::leave_cluster() {
  if (!member || !actors) return;
  actors->end_workers();
  *has_left = true;
  member->leave();
}

void server::parts::stop_actors() {
  if (!actors) return;
  actors->end(member.get());
  env.reset();
  actors.reset();
}

void server::parts::publish_counts() {
  counts.database_connections.set(static_cast<std::int64_t>(store->open_connections()));
  counts.database_log_bytes.set(store->log_bytes());
  counts.memory_trusted.set(env->trust->holds(env->steady_now()) ? 1 : 0);
  upstreams->publish_counts();
  if (const auto* all = listening.load()) all->publish_counts();
}

// -- the server ----------------------------------------------------------------------

server::server(std::unique_ptr<parts> all) : parts_(std::move(all)) {}

result<std::unique_ptr<server>> server::start(settings configured,
                                              const std::function<bool()>& gives_up) {
  auto all = std::make_unique<parts>();
  all->configured = std::make_shared<const settings>(std::move(configured));
  // Whatever fails below, what was started is stopped again.
  std::unique_ptr<server> made{new server{std::move(all)}};
  auto& p = *made->parts_;
  if (!p.configured->redis_url.empty())
    if (auto address = parse_redis_url(p.configured->redis_url); !address)
      return fail(address.error());
  if (auto read = p.read_upstreams(); !read) return fail(read.error());
  if (auto opened = p.open(); !opened) return fail(opened.error());
  const auto origin = origin_of_secret(*p.configured);
  auto signing_secret = load_or_create_signing_secret(*p.configured);
  if (!signing_secret) return fail(signing_secret.error());
  if (auto agreed = agree_on_secret(*p.store, *signing_secret, origin, *p.configured); !agreed)
    return fail(agreed.error());
  if (auto loaded = p.load_tables(); !loaded) return fail(loaded.error());
  if (auto filled = p.fill_env(*signing_secret); !filled) return fail(filled.error());
  p.spawn_actors();
  auto sockets = listeners::open(p.actors->system(), p.env, p.configured, p.upstreams);
  if (!sockets) return fail(sockets.error());
  p.sockets = std::move(*sockets);
  p.listening = p.sockets.get();
  p.beats = p.sockets->beats();
  if (auto joined = p.join_cluster(gives_up); !joined) return fail(joined.error());
  p.actors->spawn_workers(std::move(p.mails));
  // After everything that may fail, for a generated password is shown once, by a start that
  // succeeds; and before anybody can register under the administrator's name.
  if (auto created = p.create_first_admin(); !created) return fail(created.error());
  p.sockets->accept();
  return made;
}

server::~server() {
  drain();
}

result<bool> server::reload_certificate() {
  return parts_->sockets->reload_certificate();
}

void server::announce_stop() {
  parts_->sockets->announce_stop();
}

bool server::is_alive() const noexcept {
  return parts_->beats->are_regular();
}

void server::drain() {
  if (std::exchange(parts_->drained, true)) return;
  if (parts_->sockets) parts_->sockets->drain();
  parts_->listening = nullptr;
  parts_->sockets.reset();
  parts_->leave_cluster();
  parts_->stop_actors();
}

std::uint16_t server::http_port() const noexcept {
  return parts_->sockets->http_port();
}

std::uint16_t server::internal_port() const noexcept {
  return parts_->sockets->internal_port();
}

const std::optional<first_admin>& server::created_admin() const noexcept {
  return parts_->admin;
}

} // namespace latchkey::gateway
