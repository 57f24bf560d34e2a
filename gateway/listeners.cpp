#include "gateway/listeners.hpp"

#include "config/descriptors.hpp"
#include "config/log.hpp"
#include "gateway/http/connection/http_server.hpp"
#include "gateway/http/connection/tls.hpp"
#include "gateway/live/socket_registry.hpp"
#include "gateway/reactor/on_reactor.hpp"
#include "gateway/reactor/reactor_scheduler.hpp"
#include "gateway/reactor/resolve.hpp"
#include "gateway/request/endpoint.hpp"
#include "gateway/request/errors.hpp"
#include "gateway/request/reactor_edge.hpp"
#include "gateway/request/request_limit.hpp"
#include "gateway/routes.hpp"

#include <algorithm>
#include <array>
#include <boost/asio/post.hpp>
#include <chrono>
#include <future>
#include <string>
#include <utility>
#include <vector>

namespace latchkey::gateway {
namespace {

/// Beyond the requests' own deadline, what draining may take.
constexpr std::chrono::seconds drain_margin{2};

/// Of one worker. HTTP_CONNECTIONS_MAX; unset: its share of those that there may be.
std::size_t connections_max_of(const settings& configured, std::size_t workers) {
  if (configured.connections_max > 0) return configured.connections_max;
  return std::max<std::size_t>(connections_by_default() / workers, 1);
}

/// Each table has its own series, looked up once.
http::http_hooks hooks_for(const http::router& routes, metrics& counts) {
  std::vector<http_series*> series;
  for (const auto& route : routes.routes())
    series.push_back(&counts.series(http::to_string(route.method),
                                    route.name.empty() ? route.pattern : route.name));
  http::http_hooks hooks;
  // A method that is not in the list is OTHER, so there are no more series than methods.
  std::array<http_series*, http::method_count> unmatched{};
  for (std::size_t i = 0; i < unmatched.size(); ++i)
    unmatched[i] = &counts.series(http::to_string(static_cast<http::method>(i)), "unmatched");
  hooks.on_finished = [series = std::move(series), unmatched](const http::finished_request& done) {
    auto& observed = done.route_index < series.size()
                         ? *series[done.route_index]
                         : *unmatched[static_cast<std::size_t>(done.verb)];
    observed.observe(done.status, std::chrono::duration<double>(done.duration).count());
    log_debug("http", http::to_string(done.verb), " ", done.route_name, " ", done.status, " ",
              done.request_id, " ", done.peer_address);
  };
  hooks.on_exception = [](const http::exchange& ex, std::string_view reason) {
    log_error("http", "request ", ex.in.request_id, " failed: ", reason);
  };
  hooks.on_accept_failed = [](std::string_view reason) {
    log_error("http", "failed to accept a connection: ", reason);
  };
  hooks.on_unread = [refused = &counts.overload_refusals("unread_answers")](std::string_view peer) {
    refused->add();
    log_debug("http", "closed the connection of ", peer,
              ": it left too much of its answers unread");
  };
  hooks.on_unfinished =
      [refused = &counts.overload_refusals("unfinished_bodies")](std::string_view peer) {
        refused->add();
        log_debug("http", "closed the connection of ", peer,
                  ": its unfinished body takes too much memory");
      };
  hooks.decorate = add_rate_headers;
  return hooks;
}

/// Before anything else is done for a request: notes its address.
std::optional<http::response> admit(http::exchange& ex) {
  ex.client_address = client_address(ex.in, edge_of(ex).trusted_proxies());
  return std::nullopt;
}

/// Counts a request that has no guard, which would do that and knows the caller.
awaitable<std::optional<http::response>> charge_without_guard(http::exchange& ex) {
  // A browser asks for leave before it asks; the question proper will be counted.
  if (ex.matched == nullptr && http::is_preflight(ex.in)) {
    peek_address_limit(ex);
    co_return std::nullopt;
  }
  // Refused before its guard is asked, so nobody has shown who it is.
  auto charging = ex.matched != nullptr ? charge_address_limit(ex) : charge_unproven_limit(ex);
  auto charged = co_await std::move(charging);
  if (charged) co_return std::nullopt;
  co_return error_answer(ex, charged.error());
}

/// A request that is refused before all that costs the address nothing; the answer shows what is
/// left.
void note_refused(http::exchange& ex, bool is_public) {
  ex.client_address = client_address(ex.in, edge_of(ex).trusted_proxies());
  if (is_public) peek_address_limit(ex);
}

} // namespace

/// What one reactor serves.
struct listeners::reactor_side {
  reactor* home = nullptr;
  std::unique_ptr<reactor_edge> edge;
  std::unique_ptr<socket_registry> sockets;
  std::unique_ptr<http::http_server> public_server;
  std::unique_ptr<http::http_server> internal_server;
};

struct listeners::parts {
  actor_env_ptr env;
  std::shared_ptr<const settings> configured;
  std::shared_ptr<proxy::upstream_set> upstreams;
  std::shared_ptr<const http::router> public_routes;
  std::shared_ptr<const http::router> internal_routes;
  std::shared_ptr<boost::asio::ssl::context> tls;
  std::string http_host; // numeric
  std::string internal_host;
  std::size_t workers = 1;
  std::shared_ptr<heartbeats> beats;
  std::vector<reactor_side> sides; // complete ones first

  result<void> prepare();
  result<void> listen_on(reactor_side& side, caf::actor_system& system);
  http::http_server_options options_for(const reactor_side& side, listener which) const;
};

result<void> listeners::parts::prepare() {
  auto public_table = routes_of(listener::public_side, *configured);
  if (!public_table) return fail(public_table.error());
  public_routes = std::move(*public_table);
  auto internal_table = routes_of(listener::internal_side, *configured);
  if (!internal_table) return fail(internal_table.error());
  internal_routes = std::move(*internal_table);
  if (configured->uses_tls()) {
    auto context = http::make_tls_context(configured->tls_cert, configured->tls_key);
    if (!context) return fail(context.error());
    tls = std::move(*context);
  }
  auto host = numeric_address(configured->http_host);
  if (!host) return fail(host.error());
  http_host = std::move(*host);
  host = numeric_address(configured->internal_host);
  if (!host) return fail(host.error());
  internal_host = std::move(*host);
  auto unused = check_port_is_free(http_host, configured->http_port);
  if (unused) unused = check_port_is_free(internal_host, configured->internal_port);
  return unused;
}

http::http_server_options listeners::parts::options_for(const reactor_side& side,
                                                        listener which) const {
  const bool is_public = which == listener::public_side;
  http::http_server_options options;
  options.routes = is_public ? public_routes : internal_routes;
  options.limits.body_bytes_max = configured->body_bytes_max;
  // The largest body has room; a string that grows takes up to twice as much.
  options.limits.unfinished_bytes_max =
      std::max(options.limits.unfinished_bytes_max, 2 * std::size_t{configured->body_bytes_max});
  if (is_public) options.limits.connections_max = connections_max_of(*configured, workers);
  const auto descriptors = descriptors_of_edge();
  options.limits.descriptors_max = is_public ? descriptors.most : descriptors.internal;
  options.limits.descriptors_full = is_public ? descriptors.full : descriptors.internal;
  options.limits.idle_max = std::chrono::seconds{configured->keep_alive_s};
  options.limits.in_flight_max = configured->in_flight_max;
  options.limits.request_max = std::chrono::seconds{configured->request_timeout_s};
  options.hooks = hooks_for(*options.routes, *env->counts);
  options.hooks.admit = admit;
  if (is_public) options.hooks.charge = charge_without_guard;
  options.hooks.on_refused = [is_public](http::exchange& ex) { note_refused(ex, is_public); };
  options.hooks.render_error = [clock = env->clock](const failure& error, const http::request& in,
                                                    const http::route* matched) {
    return server_error_answer(error, in, matched, clock->now());
  };
  options.edge = side.edge.get();
  if (is_public) {
    options.tls = tls;
    options.allowed_origins = http::origin_list{configured->allowed_origins};
    options.allowed_headers = http::allowed_headers(configured->cors_headers);
  }
  return options;
}

result<void> listeners::parts::listen_on(reactor_side& side, caf::actor_system& system) {
  auto& home = *side.home;
  side.edge = std::make_unique<reactor_edge>(system, home, env, configured);
  side.sockets = std::make_unique<socket_registry>(system, *side.edge);
  side.edge->set_sockets(side.sockets.get());
  side.edge->pass_on_to(upstreams);
  side.edge->set_heartbeats(beats.get());
  beats->begin(home.index(), home.context());
  const auto serve = [&](listener which) {
    return std::make_unique<http::http_server>(home.context(), home.timers(),
                                               options_for(side, which));
  };
  side.public_server = serve(listener::public_side);
  side.internal_server = serve(listener::internal_side);
  // Port 0: the first reactor takes free ones, the others join it.
  const auto& first = sides.front();
  const bool is_first = &first == &side;
  auto bound = side.public_server->listen(http_host, is_first ? configured->http_port
                                                              : first.public_server->port());
  if (!bound) return bound;
  return side.internal_server->listen(internal_host, is_first ? configured->internal_port
                                                              : first.internal_server->port());
}

listeners::listeners(std::unique_ptr<parts> all) : parts_(std::move(all)) {}

result<std::unique_ptr<listeners>> listeners::open(caf::actor_system& system, actor_env_ptr env,
                                                   std::shared_ptr<const settings> configured,
                                                   std::shared_ptr<proxy::upstream_set> upstreams) {
  auto all = std::make_unique<parts>();
  all->upstreams = std::move(upstreams);
  all->env = std::move(env);
  all->configured = std::move(configured);
  if (auto ready = all->prepare(); !ready) return fail(ready.error());
  // From here on the destructor takes down, on its reactor, what was put up.
  std::unique_ptr<listeners> made{new listeners{std::move(all)}};
  auto& p = *made->parts_;
  auto& scheduler = reactor_scheduler::of(system);
  p.workers = scheduler.size();
  p.beats = std::make_shared<heartbeats>(p.workers);
  p.sides.reserve(p.workers);
  for (std::size_t i = 0; i < p.workers; ++i) {
    auto& side = p.sides.emplace_back();
    side.home = &scheduler.at(i);
    auto listening = on_reactor(*side.home, [&] { return p.listen_on(side, system); });
    if (!listening) return fail(listening.error());
  }
  auto registries = std::make_shared<std::vector<socket_registry_actor>>();
  for (const auto& side : p.sides)
    registries->push_back(side.sockets->handle());
  for (auto& side : p.sides)
    on_reactor(*side.home, [&] { side.edge->set_socket_registries(registries); });
  return made;
}

void listeners::accept() {
  for (auto& side : parts_->sides)
    on_reactor(*side.home, [&side] {
      side.public_server->accept();
      side.internal_server->accept();
    });
}

listeners::~listeners() {
  // Connections that are left lose their sockets first, then the way to actors.
  for (auto& side : parts_->sides)
    on_reactor(*side.home, [this, &side] {
      parts_->beats->end(side.home->index());
      side.public_server.reset();
      side.internal_server.reset();
      if (side.sockets) side.sockets->shut();
      side.edge.reset();
    });
  // By now coroutines that asked are gone, too.
  for (auto& side : parts_->sides)
    on_reactor(*side.home, [&side] { side.sockets.reset(); });
}

std::uint16_t listeners::http_port() const noexcept {
  return parts_->sides.front().public_server->port();
}

std::uint16_t listeners::internal_port() const noexcept {
  return parts_->sides.front().internal_server->port();
}

result<bool> listeners::reload_certificate() {
  const auto& set = *parts_->configured;
  if (!set.uses_tls()) return false;
  auto context = http::make_tls_context(set.tls_cert, set.tls_key);
  if (!context) return fail(context.error());
  for (auto& side : parts_->sides)
    on_reactor(*side.home, [&] { side.public_server->use_tls(*context); });
  return true;
}

void listeners::announce_stop() {
  for (auto& side : parts_->sides)
    boost::asio::post(side.home->context(),
                      [edge = side.edge.get()] { edge->health().begin_stopping(); });
}

std::shared_ptr<const heartbeats> listeners::beats() const noexcept {
  return parts_->beats;
}

void listeners::drain() {
  std::vector<std::future<void>> drained;
  for (auto& side : parts_->sides) {
    auto done = std::make_shared<std::promise<void>>();
    drained.push_back(done->get_future());
    boost::asio::post(side.home->context(), [sockets = side.sockets.get(), done] {
      sockets->stop([done] { done->set_value(); });
    });
  }
  for (auto& side : parts_->sides)
    for (auto* server : {side.public_server.get(), side.internal_server.get()}) {
      auto done = std::make_shared<std::promise<void>>();
      drained.push_back(done->get_future());
      boost::asio::post(side.home->context(),
                        [server, done] { server->stop([done] { done->set_value(); }); });
    }
  const auto patience = std::chrono::steady_clock::now() + drain_margin +
                        std::chrono::seconds{parts_->configured->request_timeout_s};
  bool all = true;
  for (auto& future : drained)
    all = future.wait_until(patience) == std::future_status::ready && all;
  if (all) return;
  log_warning("server", "requests were still in flight at the end of the drain");
  for (auto& side : parts_->sides)
    on_reactor(*side.home, [&side] {
      side.public_server->close_all();
      side.internal_server->close_all();
    });
}

void listeners::publish_counts() const {
  std::size_t connections = 0;
  std::size_t in_flight = 0;
  for (const auto& side : parts_->sides)
    for (const auto* server : {side.public_server.get(), side.internal_server.get()}) {
      connections += server->connections();
      in_flight += server->in_flight();
    }
  parts_->env->counts->connections_open.set(static_cast<std::int64_t>(connections));
  parts_->env->counts->requests_in_flight.set(static_cast<std::int64_t>(in_flight));
}

} // namespace latchkey::gateway
