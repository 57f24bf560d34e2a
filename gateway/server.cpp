#include "gateway/server.hpp"

#include "actors/audit.hpp"
#include "actors/directory.hpp"
#include "actors/key_ring.hpp"
#include "actors/password_hasher.hpp"
#include "actors/persistence.hpp"
#include "actors/reader.hpp"
#include "actors/redis.hpp"
#include "config/log.hpp"
#include "gateway/admin.hpp"
#include "gateway/http/http_server.hpp"
#include "gateway/http/tls.hpp"
#include "gateway/http_acceptor.hpp"
#include "gateway/reactor_scheduler.hpp"
#include "gateway/resolve.hpp"
#include "gateway/routes.hpp"

#include <boost/asio/post.hpp>
#include <caf/actor_system.hpp>
#include <caf/actor_system_config.hpp>
#include <caf/send.hpp>
#include <future>
#include <utility>
#include <vector>

namespace latchkey::gateway {
namespace {

/// Beyond the requests' own deadline, what draining may take.
constexpr std::chrono::seconds drain_margin{2};

struct system_config : caf::actor_system_config {
  explicit system_config(std::size_t reactors) {
    load<reactor_scheduler>();
    set("scheduler.max-threads", reactors);
    // Nothing of CAF's goes to the console; messages may hold secrets.
    set("logger.console", caf::atom("none"));
    set("logger.verbosity", caf::atom("quiet"));
  }
};

/// What one reactor serves.
struct reactor_side {
  reactor* home = nullptr;
  std::unique_ptr<http_acceptor> acceptor;
  std::unique_ptr<http::http_server> public_side;
  std::unique_ptr<http::http_server> internal_side;
  std::vector<http_series*> series; // by route index
};

/// Runs `work` on the reactor's thread and waits for what it answers.
template <class Work>
auto on_reactor(reactor& home, Work work) {
  std::packaged_task<decltype(work())()> task{std::move(work)};
  auto done = task.get_future();
  boost::asio::post(home.context(), [&task] { task(); });
  return done.get();
}

} // namespace

struct server::parts {
  std::shared_ptr<const settings> configured;
  metrics counts;
  std::unique_ptr<storage::store> store;
  std::shared_ptr<services> with = std::make_shared<services>();
  std::unique_ptr<system_config> config;
  std::unique_ptr<caf::actor_system> system;
  std::vector<reactor_side> sides;
  std::shared_ptr<const http::router> public_routes;
  std::shared_ptr<const http::router> internal_routes;
  std::shared_ptr<boost::asio::ssl::context> tls;
  std::optional<first_admin> admin;
  bool drained = false;

  result<void> open();
  result<void> create_first_admin();
  void spawn_actors(std::shared_ptr<const key_set> keys);
  result<void> listen();
  result<void> listen_on(reactor_side& side);
  http::http_server_options options_for(reactor_side& side, listener which);
  void stop_listening();
  void stop_actors();
};

// -- the store -----------------------------------------------------------------------

result<void> server::parts::open() {
  if (auto made = prepare_data_dir(*configured); !made) return made;
  store = open_configured_store(*configured);
  auto applied = store->migrate();
  if (!applied) return tl::unexpected<failure>(applied.error());
  for (const auto& name : *applied)
    log_info("storage", "applied migration ", name);
  return create_first_admin();
}

result<void> server::parts::create_first_admin() {
  auto users = store->open_reader()->count_users();
  if (!users) return tl::unexpected<failure>(users.error());
  if (*users > 0) return {};
  first_admin made{configured->admin_username, {}};
  new_admin wanted{configured->admin_username, configured->admin_email, configured->admin_password};
  if (wanted.password.empty()) {
    if (auto refusal = refuse_generated_admin_password(*configured))
      return fail(error_code::validation_error, "ADMIN_PASSWORD", *refusal);
    made.password = wanted.password = generate_password();
  }
  auto created = create_admin(*store, *configured, wanted);
  // Another node that started at the same moment may have been first.
  if (!created && created.error().code == error_code::user_exists) return {};
  if (!created) return created;
  admin = std::move(made);
  return {};
}

// -- the actors ----------------------------------------------------------------------

void server::parts::spawn_actors(std::shared_ptr<const key_set> keys) {
  const auto& set = *configured;
  const auto* clock = &system_clock_source();
  config = std::make_unique<system_config>(set.workers);
  system = std::make_unique<caf::actor_system>(*config);
  auto& sys = *system;

  with->clock = clock;
  with->counts = &counts;
  with->keys = keys;
  with->started_at = clock->now();
  with->database_connections = [this] { return store->open_connections(); };
  with->policy.access_ttl = std::chrono::seconds{set.access_token_ttl_s};
  with->policy.session_ttl = std::chrono::seconds{set.session_ttl_s};
  with->policy.session_idle_ttl = std::chrono::seconds{set.session_idle_ttl_s};
  with->policy.refresh_grace = std::chrono::seconds{set.refresh_grace_s};
  with->policy.internal_deadline = std::chrono::seconds{set.request_timeout_s};

  // SQLite has one writer at a time; a second one would only wait for the first.
  const std::size_t writers = set.uses_postgres() ? set.db_writers : 1;
  for (std::size_t i = 0; i < writers; ++i)
    with->writers.push_back(sys.spawn<caf::detached>(persistence, store.get(), clock, &counts));
  for (std::size_t i = 0; i < set.db_readers; ++i)
    with->readers.push_back(sys.spawn<caf::detached>(reader, store.get(), clock));

  hasher_options hashing{set.hash_workers,
                         set.hash_queue_max,
                         {set.argon2_memory_kib, set.argon2_iterations, /*lanes*/ 1}};
  std::vector<password_hasher_actor> workers;
  for (std::size_t i = 0; i < hashing.workers; ++i)
    workers.push_back(sys.spawn<caf::detached>(hash_worker, hashing.cost, &counts));
  with->hasher = sys.spawn(password_hasher, hashing, clock, &counts, std::move(workers));
  with->key_ring = sys.spawn(key_ring, std::move(keys));
  with->audit = sys.spawn(audit, with->writers);
  if (!set.redis_url.empty())
    if (auto address = storage::parse_redis_url(set.redis_url))
      with->redis = sys.spawn<caf::detached>(redis, std::move(*address), clock, &counts);
  for (std::size_t i = 0; i < set.workers; ++i)
    with->directories.push_back(sys.spawn(directory, services_ptr{with}));
}

void server::parts::stop_actors() {
  if (!system) return;
  const auto end = [](const auto& handle) {
    if (handle) caf::anon_send_exit(handle, caf::exit_reason::user_shutdown);
  };
  // Connections that are left lose their reactor's ear first, then the way to actors.
  for (auto& side : sides)
    if (side.home != nullptr)
      on_reactor(*side.home, [&side] {
        side.public_side.reset();
        side.internal_side.reset();
        side.acceptor.reset();
      });
  for (auto& handle : with->directories)
    end(handle);
  end(with->hasher);
  end(with->audit);
  end(with->key_ring);
  end(with->redis);
  for (auto& handle : with->readers)
    end(handle);
  for (auto& handle : with->writers)
    end(handle);
  with.reset();
  system.reset();
  sides.clear();
}

// -- the listeners -------------------------------------------------------------------

http::http_server_options server::parts::options_for(reactor_side& side, listener which) {
  const bool is_public = which == listener::public_side;
  http::http_server_options options;
  options.routes = is_public ? public_routes : internal_routes;
  options.limits.body_bytes_max = configured->body_bytes_max;
  options.limits.in_flight_max = configured->in_flight_max;
  options.limits.request_max = std::chrono::seconds{configured->request_timeout_s};
  options.app = side.acceptor.get();
  if (is_public) {
    options.tls = tls;
    options.allowed_origins = http::origin_list{configured->allowed_origins};
  }
  // Each table has its own series, looked up once.
  auto series = std::make_shared<std::vector<http_series*>>();
  for (const auto& route : options.routes->routes())
    series->push_back(&counts.series(http::to_string(route.method),
                                     route.name.empty() ? route.pattern : route.name));
  auto* unmatched = &counts.series("other", "unmatched");
  options.hooks.on_finished = [series, unmatched](const http::finished_request& done) {
    auto& one = done.route_index < series->size() ? *(*series)[done.route_index] : *unmatched;
    one.observe(done.status, std::chrono::duration<double>(done.duration).count());
    if (log_enabled(log_level::debug))
      log_debug("http", http::to_string(done.verb), " ", done.route_name, " ", done.status, " ",
                done.request_id, " ", done.peer_address);
  };
  options.hooks.on_exception = [](const http::exchange& ex, std::string_view what) {
    log_error("http", "request ", ex.in.request_id, " failed: ", what);
  };
  return options;
}

result<void> server::parts::listen_on(reactor_side& side) {
  auto& home = *side.home;
  side.acceptor = std::make_unique<http_acceptor>(*system, home, with, configured);
  side.public_side = std::make_unique<http::http_server>(home.context(), home.timers(),
                                                         options_for(side, listener::public_side));
  side.internal_side = std::make_unique<http::http_server>(
      home.context(), home.timers(), options_for(side, listener::internal_side));

  // Port 0: the first reactor takes free ones, the others join it.
  const auto& first = sides.front();
  const bool is_first = &first == &side;
  auto http_host = numeric_address(configured->http_host);
  if (!http_host) return tl::unexpected<failure>(http_host.error());
  auto internal_host = numeric_address(configured->internal_host);
  if (!internal_host) return tl::unexpected<failure>(internal_host.error());
  if (is_first) {
    auto unused = check_port_is_free(*http_host, configured->http_port);
    if (unused) unused = check_port_is_free(*internal_host, configured->internal_port);
    if (!unused) return unused;
  }
  auto bound = side.public_side->listen(*http_host, is_first ? configured->http_port
                                                             : first.public_side->port());
  if (!bound) return bound;
  return side.internal_side->listen(*internal_host, is_first ? configured->internal_port
                                                             : first.internal_side->port());
}

result<void> server::parts::listen() {
  auto public_table = routes_of(listener::public_side);
  if (!public_table) return tl::unexpected<failure>(public_table.error());
  auto internal_table = routes_of(listener::internal_side);
  if (!internal_table) return tl::unexpected<failure>(internal_table.error());
  public_routes = *public_table;
  internal_routes = *internal_table;
  if (configured->uses_tls()) {
    auto context = http::make_tls_context(configured->tls_cert, configured->tls_key);
    if (!context) return tl::unexpected<failure>(context.error());
    tls = *context;
  }
  auto& scheduler = reactor_scheduler::of(*system);
  sides.resize(scheduler.size());
  for (std::size_t i = 0; i < sides.size(); ++i) {
    sides[i].home = &scheduler.at(i);
    auto listening = on_reactor(*sides[i].home, [this, i] { return listen_on(sides[i]); });
    if (!listening) return listening;
  }
  return {};
}

void server::parts::stop_listening() {
  std::vector<std::future<void>> drained_sides;
  for (auto& side : sides) {
    if (!side.public_side || !side.internal_side) continue;
    for (auto* one : {side.public_side.get(), side.internal_side.get()}) {
      auto done = std::make_shared<std::promise<void>>();
      drained_sides.push_back(done->get_future());
      boost::asio::post(side.home->context(),
                        [one, done] { one->stop([done] { done->set_value(); }); });
    }
  }
  const auto patience = std::chrono::steady_clock::now() + drain_margin +
                        std::chrono::seconds{configured->request_timeout_s};
  bool all = true;
  for (auto& one : drained_sides)
    all = one.wait_until(patience) == std::future_status::ready && all;
  if (all) return;
  log_warning("server", "requests were still in flight at the end of the drain");
  for (auto& side : sides)
    on_reactor(*side.home, [&side] {
      side.public_side->close_all();
      side.internal_side->close_all();
    });
}

// -- the server ----------------------------------------------------------------------

server::server(std::unique_ptr<parts> all) : parts_(std::move(all)) {}

result<std::unique_ptr<server>> server::start(settings configured) {
  auto all = std::make_unique<parts>();
  all->configured = std::make_shared<const settings>(std::move(configured));
  // Whatever fails below, what was started is stopped again.
  std::unique_ptr<server> made{new server{std::move(all)}};
  auto& p = *made->parts_;
  if (auto opened = p.open(); !opened) return tl::unexpected<failure>(opened.error());
  auto signing_secret = load_or_create_signing_secret(*p.configured);
  if (!signing_secret) return tl::unexpected<failure>(signing_secret.error());
  auto keys = make_key_set(*signing_secret, p.configured->issuer, p.configured->audience);
  if (!keys) return tl::unexpected<failure>(keys.error());
  p.spawn_actors(std::move(*keys));
  if (auto listening = p.listen(); !listening) return tl::unexpected<failure>(listening.error());
  return made;
}

server::~server() {
  drain();
}

void server::drain() {
  if (std::exchange(parts_->drained, true)) return;
  parts_->stop_listening();
  parts_->stop_actors();
}

std::uint16_t server::http_port() const noexcept {
  return parts_->sides.front().public_side->port();
}

std::uint16_t server::internal_port() const noexcept {
  return parts_->sides.front().internal_side->port();
}

const std::optional<first_admin>& server::created_admin() const noexcept {
  return parts_->admin;
}

} // namespace latchkey::gateway
