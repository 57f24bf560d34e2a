#include "gateway/cluster/node.hpp"

#include "actors/cluster/cluster.hpp"
#include "actors/cluster/member_table.hpp"
#include "config/log.hpp"
#include "config/node_name.hpp"

#include <algorithm>
#include <caf/actor_system.hpp>
#include <caf/scoped_actor.hpp>
#include <caf/send.hpp>
#include <charconv>
#include <chrono>
#include <utility>

namespace latchkey::gateway {
namespace {

using std::chrono::milliseconds;

/// So long may the goodbye take; then the others find out by themselves.
constexpr std::chrono::seconds goodbye_max{3};
/// How often somebody who waits is told so.
constexpr std::chrono::seconds told_every{5};

/// "host:port", as CLUSTER_BIND is.
std::pair<std::string, std::uint16_t> split(const std::string& address) {
  const auto colon = address.rfind(':');
  auto host = address.substr(0, colon);
  if (host.starts_with('[')) host = host.substr(1, host.size() - 2);
  std::uint16_t port = 0;
  std::from_chars(address.data() + colon + 1, address.data() + address.size(), port);
  return {std::move(host), port};
}

result<link_tls> tls_of(const settings& configured) {
  if (configured.cluster_cert.empty()) return link_tls_by_secret(configured.cluster_secret);
  return link_tls_by_certificate(configured.cluster_cert, configured.cluster_key,
                                 configured.cluster_ca);
}

/// What all members must have in common.
std::string terms_of(const settings& configured) {
  const auto of = [](const char* name, std::uint32_t ms) {
    return std::string{name} + "=" + std::to_string(ms) + "ms";
  };
  return of("CLUSTER_PROMISE", configured.cluster_promise_ms) + " " +
         of("CLUSTER_DEAD_AFTER", configured.cluster_dead_after_ms) + " " +
         of("CLUSTER_WITHOUT_STORE", configured.cluster_without_store_ms);
}

} // namespace

result<std::unique_ptr<node>> node::bind(const settings& configured) {
  std::unique_ptr<node> made{new node};
  made->configured_ = &configured;
  made->id_ = member_id{make_uuid(system_clock_source().now())};
  auto tls = tls_of(configured);
  if (!tls) return fail(tls.error());
  auto [host, port] = split(configured.cluster_bind);
  auto link = node_link::bind({made->id_, std::move(host), port, *std::move(tls)});
  if (!link) return fail(link.error());
  made->link_ = *std::move(link);
  const auto& bind = configured.cluster_bind;
  made->address_ = bind.substr(0, bind.rfind(':') + 1) + std::to_string(made->link_->port());
  auto name = load_or_create_node_name(configured.data_dir);
  if (!name) return fail(name.error());
  // Somebody may copy the folder; nobody can copy the address.
  made->name_ = *std::move(name) + "@" + made->address_;
  return made;
}

cluster_options node::options(const told& ends) const {
  cluster_options out;
  out.self.id = id_;
  out.self.node = name_;
  out.self.address = address_;
  out.self.terms = terms_of(*configured_);
  out.terms.duration = milliseconds{configured_->cluster_promise_ms};
  out.terms.renewed_every = milliseconds{configured_->cluster_promise_renew_ms};
  out.terms.without_store_max = milliseconds{configured_->cluster_without_store_ms};
  out.dead_after = milliseconds{configured_->cluster_dead_after_ms};
  out.beat_every = out.dead_after / 4;
  out.tick_every = std::min(out.tick_every, out.terms.renewed_every / 4);
  out.fenced = out.refused = ends;
  return out;
}

void node::join(caf::actor_system& system, const std::shared_ptr<actor_env>& env,
                storage::store& store, const told& ends) {
  system_ = &system;
  table_ = system.spawn<caf::detached>(member_table, std::shared_ptr{store.open_member_table()});
  // On a thread of its own: a busy reactor delays no promise.
  member_ =
      system.spawn<caf::detached>(cluster_member, actor_env_ptr{env}, options(ends), table_, link_);
  env->cluster = member_;
  env->member = id_;
  caf::anon_send(member_, messages::cluster_tick{});
}

result<void> node::await_open(const std::function<bool()>& gives_up) {
  caf::scoped_actor self{*system_};
  auto told_at = std::chrono::steady_clock::now();
  for (bool is_open = false; !is_open;) {
    self->request(member_, milliseconds{500}, messages::await_open{})
        .receive([&](messages::done) { is_open = true; }, [](const caf::error&) {});
    if (is_open) break;
    if (gives_up && gives_up())
      return fail(error_code::internal_error, "CLUSTER_BIND",
                  "told to stop before the other nodes had let this one in");
    const auto now = std::chrono::steady_clock::now();
    if (now < told_at + told_every) continue;
    told_at = now;
    log_info("cluster", "still waiting for the database and the other nodes to let this one in");
  }
  return {};
}

void node::leave() {
  if (!member_) return;
  caf::scoped_actor self{*system_};
  self->request(member_, goodbye_max, messages::leave_cluster{})
      .receive([](messages::done) { log_info("cluster", "this node has left the cluster"); },
               [](const caf::error&) {
                 log_warning("cluster", "this node could not take its leave: the others remove it");
               });
}

void node::stop() {
  if (member_) caf::anon_send_exit(member_, caf::exit_reason::user_shutdown);
  if (table_) caf::anon_send_exit(table_, caf::exit_reason::user_shutdown);
  member_ = nullptr;
  table_ = nullptr;
  link_.reset();
}

} // namespace latchkey::gateway
