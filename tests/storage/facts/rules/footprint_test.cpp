// Which facts keep their order in a batch, and which may share a transaction.
#include "storage/batch.hpp"

#include "tests/storage/engines.hpp"

#include <numeric>

namespace latchkey::test {

namespace {

using namespace storage;

/// The groups of a batch of two or more units, by their positions.
std::vector<std::vector<std::size_t>> footprint_plan(const std::vector<unit>& batch) {
  std::vector<std::size_t> all(batch.size());
  std::iota(all.begin(), all.end(), std::size_t{0});
  std::vector<std::vector<std::size_t>> out;
  for (const auto& group : plan_batch(batch, all))
    out.push_back(group.units);
  return out;
}

/// Whether the second may run before or beside the first.
bool may_share(const fact& first, const fact& second) {
  return footprint_plan({{{first}}, {{second}}}).size() == 1;
}

const user_id first_user{make_uuid(noon)};
const user_id second_user{make_uuid(noon)};

update_user change(const user_id& user, const user_changes& changes) {
  return {user, 1, changes, noon};
}
user_changes first_name() {
  user_changes c;
  c.first_name = "x";
  return c;
}
user_changes with_role(const std::string& role) {
  user_changes c;
  c.role = role;
  return c;
}
user_changes with_name(const std::string& name) {
  user_changes c;
  c.username = c.username_key = name;
  return c;
}
create_user made(const std::string& name, const std::string& role) {
  auto u = make_user(name);
  u.user.role = role;
  return u;
}
api_key_record key_of(const user_id& user, std::uint64_t id) {
  api_key_record k;
  k.id = id;
  k.user = user;
  return k;
}
reset_token_record token_of(const user_id& user, std::uint64_t id) {
  reset_token_record t;
  t.id = id;
  t.user = user;
  return t;
}
role_record role_of(const std::string& name) {
  role_record r;
  r.name = name;
  return r;
}
session_record session_of(const user_id& user) {
  return make_session(user);
}

TEST(Footprint, OfTwoUsersMeetOnlyWhereSomethingIsCounted) {
  EXPECT_TRUE(may_share(change(first_user, first_name()), change(second_user, first_name())));
  EXPECT_TRUE(
      may_share(add_api_key{key_of(first_user, 1), 5}, add_api_key{key_of(second_user, 2), 5}));
  EXPECT_FALSE(
      may_share(change(first_user, with_role("user")), change(second_user, with_role("user"))))
      << "administrators are counted";
  EXPECT_FALSE(may_share(add_role{role_of("a"), 5}, add_role{role_of("b"), 5}));
}

TEST(Footprint, OfOneUserMeet) {
  EXPECT_FALSE(may_share(change(first_user, first_name()), change(first_user, first_name())));
  EXPECT_FALSE(may_share(change(first_user, first_name()), create_session{session_of(first_user)}));
  EXPECT_FALSE(
      may_share(add_api_key{key_of(first_user, 1), 5}, add_api_key{key_of(first_user, 2), 5}));
  EXPECT_FALSE(may_share(use_reset_token{1, first_user, "h", noon},
                         use_reset_token{2, first_user, "h", noon}));
  EXPECT_FALSE(may_share(add_reset_token{token_of(first_user, 1)},
                         use_reset_token{1, first_user, "h", noon}));
  EXPECT_FALSE(may_share(upsert_session{session_of(first_user)},
                         end_sessions_of{first_user, {}, noon, "x"}));
  EXPECT_FALSE(may_share(end_sessions_of{second_user, {}, noon, "x"},
                         upsert_session{session_of(first_user)}))
      << "it may be anybody's";
}

TEST(Footprint, OfARenamedOrRemovedUserMeetsEverything) {
  const fact other = add_project{};
  EXPECT_FALSE(may_share(other, change(first_user, with_name("x"))));
  EXPECT_FALSE(may_share(change(first_user, with_name("x")), make_user("y")));
  EXPECT_FALSE(may_share(other, delete_user{first_user, noon}));
  EXPECT_FALSE(may_share(delete_user{first_user, noon}, other));
}

TEST(Footprint, OfARoleMeetsWhoeverGetsIt) {
  EXPECT_FALSE(may_share(made("x", "auditor"), remove_role{"auditor"}));
  EXPECT_TRUE(may_share(made("x", "user"), remove_role{"auditor"}));
  EXPECT_FALSE(may_share(change(first_user, with_role("user")), remove_role{"auditor"}))
      << "who may have had it";
  EXPECT_FALSE(may_share(add_role{role_of("a"), 5}, change(first_user, with_role("a"))));
  EXPECT_FALSE(may_share(change(first_user, with_role("user")), made("x", "admin")));
}

TEST(Footprint, OfQuotasAndProjectsMeetByWhatTheyName) {
  const spend_quota spend{first_user, "q", noon, 1, {}, noon};
  auto other = spend;
  other.quota = "r";
  EXPECT_FALSE(may_share(spend, spend));
  EXPECT_TRUE(may_share(spend, other));
  project_record p;
  p.id = make_uuid(noon);
  p.owner = first_user;
  EXPECT_FALSE(may_share(add_project{p}, remove_project{p.id}));
  EXPECT_TRUE(may_share(add_project{p}, remove_project{make_uuid(noon)}));
}

TEST(Footprint, OfAWorkflowKeepsItsStatusesInTheirOrder) {
  workflow_record workflow;
  workflow.id = workflow_id{make_uuid(noon)};
  workflow.user = first_user;
  auto other = workflow;
  other.id = workflow_id{make_uuid(noon)};
  const add_workflow_status first{workflow.id, 1, 0, "{}", workflow_phase::in_progress, noon};
  EXPECT_FALSE(may_share(add_workflow{workflow}, first));
  EXPECT_FALSE(may_share(
      first, add_workflow_status{workflow.id, 2, 1, "{}", workflow_phase::in_progress, noon}));
  EXPECT_TRUE(may_share(
      first, add_workflow_status{other.id, 1, 0, "{}", workflow_phase::in_progress, noon}));
  EXPECT_TRUE(may_share(add_workflow{workflow}, add_workflow{other}));
  EXPECT_FALSE(may_share(add_workflow{workflow}, end_sessions_of{first_user, {}, noon, "x"}))
      << "it asks whether the user is there";
  const std::vector<unit> start{
      {{spend_quota{first_user, "workflows", noon, 1, {}, noon}, add_workflow{workflow}, first}}};
  const std::vector<std::size_t> chosen{0};
  EXPECT_TRUE(plan_batch(start, chosen)[0].by_kind);
}

TEST(Footprint, LeavesOutWhatMayBeLost) {
  EXPECT_TRUE(may_share(touch_api_key{1, noon}, touch_api_key{1, noon}));
  const session_id s{make_uuid(noon)};
  EXPECT_TRUE(may_share(touch_session{s, noon}, rotate_session{s, 1, noon}));
}

TEST(Footprint, OfStripesWordsMeetInOneUnitAlone) {
  subscription_record s;
  s.id = make_uuid(noon);
  s.user = first_user;
  const std::vector<unit> batch{{{add_stripe_event{"evt_1", noon}, put_subscription{s}}},
                                {{put_subscription{s}, add_stripe_event{"evt_2", noon}}}};
  const std::vector<std::size_t> as_they_come{0};
  const std::vector<std::size_t> reversed{1};
  EXPECT_TRUE(plan_batch(batch, as_they_come)[0].by_kind);
  EXPECT_FALSE(plan_batch(batch, reversed)[0].by_kind);
  auto bobs = s;
  bobs.user = second_user;
  EXPECT_EQ(footprint_plan({{{add_stripe_event{"evt_1", noon}, put_subscription{s}}},
                            {{add_stripe_event{"evt_2", noon}, put_subscription{bobs}}}})
                .size(),
            1u);
}

TEST(Footprint, KeepsAUnitsOwnOrder) {
  const unit token_first{{use_reset_token{1, first_user, "h", noon},
                          set_password_hash{first_user, 1, secret(), noon}}};
  const unit user_last{{add_audit{make_audit("x")}, change(first_user, first_name())}};
  const std::vector<unit> batch{token_first, user_last};
  const std::vector<std::size_t> first{0};
  const std::vector<std::size_t> second{1};
  EXPECT_FALSE(plan_batch(batch, first)[0].by_kind);
  EXPECT_TRUE(plan_batch(batch, second)[0].by_kind);
}

} // namespace

} // namespace latchkey::test
