#include "actors/workflow/recovery.hpp"

#include <algorithm>
#include <utility>
#include <vector>

namespace latchkey {
namespace {

bool contains(const std::vector<member_id>& members, const member_id& member) {
  return std::ranges::find(members, member) != members.end();
}

} // namespace

task<> workflow_recovery_state::on_sweep(messages::sweep) {
  if (env->cluster) {
    co_await look_at_members();
    self->delayed_send(workflow_recovery_actor{self}, look_every, messages::sweep{});
    co_return;
  }
  const auto page = co_await load_next_page();
  if (!page)
    try_again(page.error());
  else if (page->empty())
    self->quit();
  else
    self->send(workflow_recovery_actor{self}, messages::sweep{});
}

task<std::vector<workflow_id>> workflow_recovery_state::load_next_page() {
  messages::read question{storage::list_running_workflows{passed, page_max, env->member},
                          deadline()};
  auto found = co_await ask(env->reader_for(passed), std::move(question));
  if (!found) co_return found.error();
  auto& page = found->as<storage::list_running_workflows>();
  std::vector<std::pair<directory_actor, messages::find_workflow>> questions;
  for (const auto& id : page)
    questions.emplace_back(env->directory_for(id), messages::find_workflow{id});
  const auto replies = co_await ask_each(std::move(questions));
  for (std::size_t i = 0; i < replies.size(); ++i) {
    const auto& reply = replies[i];
    // A workflow that ended meanwhile may be forgotten already.
    if (!reply && to_failure(reply.error()).code != error_code::not_found)
      co_return to_failure(reply.error()); // the actors that are there stay
    // One that was in memory takes it for another's.
    if (reply) self->send(*reply, messages::workflow_changed{page[i], 0, env->member});
  }
  if (!page.empty()) passed = page.back();
  co_return std::move(page);
}

void workflow_recovery_state::try_again(const failure& error) {
  log_warning(name, "cannot list running workflows: ", describe(error.code).message);
  self->delayed_send(workflow_recovery_actor{self}, try_again_after, messages::sweep{});
}

// -- in a cluster ----------------------------------------------------------------------------

task<> workflow_recovery_state::look_at_members() {
  const auto listed = co_await ask(env->cluster, messages::list_members{});
  if (!listed) co_return;
  const auto& living = listed->members;
  const bool is_one_gone = std::ranges::any_of(
      members, [&living](const member_id& before) { return !contains(living, before); });
  if (members.empty() || is_one_gone) {
    const auto claimed = co_await claim_orphans(living);
    if (!claimed) { // and all is tried again
      log_warning(name, "cannot take over the workflows of a node that is gone: ",
                  describe(claimed.error().code).message);
      members.clear();
      co_return;
    }
  }
  members = living;
}

task<messages::done> workflow_recovery_state::claim_orphans(const std::vector<member_id>& living) {
  messages::read question{storage::list_workflow_owners{}, deadline()};
  auto found = co_await ask(env->reader_for(env->member), std::move(question));
  if (!found) co_return found.error();
  for (const auto& owner : found->as<storage::list_workflow_owners>()) {
    if (contains(living, owner)) continue;
    const auto claimed = co_await claim_all_of(owner);
    if (!claimed) co_return claimed.error();
  }
  passed = {};
  for (;;) {
    const auto page = co_await load_next_page();
    if (!page) co_return page.error();
    if (page->empty()) co_return messages::done{};
  }
}

task<messages::done> workflow_recovery_state::claim_all_of(member_id owner) {
  for (;;) {
    const storage::claim_workflows claim{owner, env->member, claimed_at_once};
    messages::commit commit{{{claim}}, deadline()};
    const auto outcome = co_await ask(env->writer_for(env->member), std::move(commit));
    if (!outcome) co_return outcome.error();
    if (outcome->claimed == 0) co_return messages::done{};
  }
}

workflow_recovery_actor::behavior_type
workflow_recovery(workflow_recovery_actor::stateful_pointer<workflow_recovery_state> self,
                  actor_env_ptr env) {
  install_default_handlers(self);
  auto* state = &self->state;
  state->self = self;
  state->env = std::move(env);
  self->send(workflow_recovery_actor{self}, messages::sweep{});
  return {handler<&workflow_recovery_state::on_sweep>(state)};
}

} // namespace latchkey
