#include "tests/simulation/node.hpp"

#include "actors/cluster/member_table.hpp"
#include "actors/registry/registry_actor.hpp"
#include "actors/workflow/recovery.hpp"

#include <caf/scheduler/test_coordinator.hpp>

namespace latchkey::test::simulation {
namespace {

using namespace std::chrono_literals;

caf::detail::test_actor_clock& clock_of(actor_fixture& on) {
  return static_cast<caf::scheduler::test_coordinator&>(on.system().scheduler()).clock();
}

constexpr microseconds store_max = 4ms;
constexpr microseconds slow_store_max = 3s;
constexpr microseconds store_looked_for_every = 20ms;
constexpr auto hash_max = 80ms;

} // namespace

node::node(world& of, place at, faulty_store& home, int drift)
    : world_(of), at_(at), drift_(drift), born_(of.now()), ran_to_(of.now()),
      on_(std::make_unique<actor_fixture>(home)) {
  auto& f = *on_;
  f.clock.move(world_.now());
  id_ = member_id{make_uuid(f.clock.now())};
  f.store.refuse_here([this, at](bool writes) -> std::optional<failure> {
    if (!world_.is_store_reachable(at)) return failure{error_code::store_unavailable};
    if (!writes || world_.is_member(id_)) return std::nullopt;
    is_fenced_ = true; // by the mark of its transaction
    return failure{error_code::store_unavailable};
  });
  f.env().policy.login_failures = {1'000'000, 1};
  f.env().policy.login_failures_in_a_row_max = 0;
  f.env().tiers = parse_tiers("free:api_keys=3,workflows=8/month").value();
  EXPECT_TRUE(load_registry(home, *f.env().book));
  f.env().registry = f.spawn(registry, f.shared_env());
  hold(f.commits, commits_due_);
  hold(f.reads, reads_due_);
  f.hashes.hold_questions();
  cluster_options options;
  options.self = {id_, "node" + std::to_string(at), std::to_string(at), "", false, 0us, 0us};
  options.tick_every = 100ms;
  options.terms.without_store_max = 10s;
  options.fenced = options.refused = [this](const std::string&) { is_fenced_ = true; };
  const auto table = f.spawn(member_table, world_.table_of(id_, at));
  member_ = f.spawn(cluster_member, f.shared_env(), options, table, world_.link_of(id_, at));
  f.env().cluster = member_;
  f.env().member = id_;
  caf::anon_send(member_, messages::cluster_tick{});
  opening_ = f.ask_later(member_, messages::await_open{});
}

template <class Gate>
void node::hold(Gate& gate, schedule& plan) {
  plan.needs_store = world_.one_in(2);
  if (plan.needs_store)
    gate.hold_answers();
  else
    gate.hold_questions();
}

template <class Gate>
void node::take_time(Gate& gate, schedule& plan, microseconds most) {
  while (plan.due < gate.held()) {
    ++plan.due;
    release_later(gate, plan, world_.now() + world_.between(50us, most));
  }
}

template <class Gate>
void node::release_later(Gate& gate, schedule& plan, microseconds when) {
  world_.at(when, [this, &gate, &plan, life = std::weak_ptr{is_alive_}] {
    if (life.expired()) return;
    if (is_frozen()) return release_later(gate, plan, frozen_until_);
    if (plan.needs_store && !world_.is_store_reachable(at_))
      return release_later(gate, plan, world_.now() + store_looked_for_every);
    --plan.due;
    catch_up(); // nothing runs by a clock that has stood still
    gate.release();
  });
}

node::~node() {
  world_.silence(id_);
  member_ = nullptr;
}

microseconds node::next_timer() const {
  const auto& due = clock_of(*on_).schedule();
  if (due.empty()) return microseconds::max();
  const auto left = std::chrono::ceil<microseconds>(due.begin()->first - clock_of(*on_).now());
  // A slow clock comes to it a little later; what is missed by that is caught up next time.
  return std::max(ran_to_ + left, frozen_until_);
}

void node::catch_up() {
  ran_to_ = world_.now();
  const auto lived = ran_to_ - born_;
  const auto own = lived + lived * drift_ / 1'000'000;
  on_->advance_once(own - own_time_);
  own_time_ = own;
}

void node::run() {
  if (is_frozen()) return;
  catch_up();
  const auto longest = world_.now() < slow_until_ ? slow_store_max : store_max;
  take_time(on_->commits, commits_due_, longest);
  take_time(on_->reads, reads_due_, longest);
  take_time(on_->hashes, hashes_due_, hash_max);
  if (is_open_ || !opening_.answered()) return;
  is_open_ = true;
  on_->spawn(workflow_recovery, on_->shared_env());
}

} // namespace latchkey::test::simulation
