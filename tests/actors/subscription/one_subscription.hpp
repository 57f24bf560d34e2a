// one_subscription.hpp — a user with the actor of their subscription, as several tests need
// them: three projects, two keys and two workflows a month for nothing, more for money.
#pragma once

#include "actors/limits/quota.hpp"
#include "actors/subscription/subscription.hpp"
#include "tests/support/actor_fixture.hpp"

#include <string>
#include <utility>

namespace latchkey::test {

struct one_subscription : actor_fixture {
  user_record owner = add_user("ada", "plain:correct horse");
  time_point deadline = soon();
  subscription_actor actor;

  one_subscription() {
    env().tiers = parse_tiers("free:projects=3,api_keys=2,workflows=2/month;"
                              "pro:projects=50,api_keys=50,workflows=10000/month")
                      .value();
    find();
  }
  void find() {
    actor = ask(env().directories.front(), messages::find_subscription{owner.id}).value();
  }

  messages::spend spending(const std::string& quota, std::int64_t amount = 1) {
    return {quota, amount, {}, deadline};
  }
  messages::spend spending(const std::string& quota, std::int64_t amount, storage::fact also) {
    return {quota, amount, {std::move(also)}, deadline};
  }
  template <class... Args>
  result<messages::spent> spend(Args&&... args) {
    return ask(actor, spending(std::forward<Args>(args)...));
  }
  result<messages::subscription_view> describe() {
    return ask(actor, messages::describe_subscription{deadline});
  }
  /// What is used of a quota; -1 when the tier has none of that name.
  std::int64_t used(const std::string& quota) {
    const auto view = ask(actor, messages::describe_subscription{soon()}).value();
    for (const auto& known : view.quotas)
      if (known.quota == quota) return known.used;
    return -1;
  }

  /// As an administrator does.
  messages::change_subscription changing(const std::string& tier,
                                         const std::string& status = "active") {
    messages::change_subscription out;
    out.subscription.tier = tier;
    out.subscription.status = status;
    out.author = {{"192.0.2.1", "curl", "req_1"}, "user:admin"};
    out.deadline = deadline;
    return out;
  }
  result<messages::subscription_view> change(const std::string& tier) {
    return ask(actor, changing(tier));
  }
  std::optional<subscription_record> stored_subscription() {
    const auto found = store.open_reader()->find(storage::find_subscription{owner.id});
    return found.value().get<storage::find_subscription::answer>();
  }

  project_record new_project() {
    project_record out;
    out.id = make_uuid(clock.now());
    out.client_id = owner.client_id.empty() ? to_string(owner.id) : owner.client_id;
    out.owner = owner.id;
    out.name = "demo";
    out.created_at = out.updated_at = clock.now();
    return out;
  }
  std::optional<project_record> stored_project(const uuid& id) {
    const auto found = store.open_reader()->find(storage::find_project{id});
    return found.value().get<storage::find_project::answer>();
  }
};

} // namespace latchkey::test
