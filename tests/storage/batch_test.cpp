// How a batch is divided: what stands in one group may run by kind, all units together.
#include "storage/batch.hpp"

#include "tests/storage/engines.hpp"

#include <numeric>

namespace latchkey::test {

namespace {

using namespace storage;

using plan = std::vector<std::vector<std::size_t>>;

plan plan_of(const std::vector<unit>& batch) {
  std::vector<std::size_t> all(batch.size());
  std::iota(all.begin(), all.end(), std::size_t{0});
  plan out;
  for (const auto& group : plan_batch(batch, all))
    out.push_back(group.units);
  return out;
}

const user_id ann{make_uuid(noon)};
const user_id bob{make_uuid(noon)};
const session_id one{make_uuid(noon)};
const session_id two{make_uuid(noon)};

unit rotate(const session_id& id) {
  return {{rotate_session{id, 1, noon}}};
}
unit end(const session_id& id) {
  return {{end_session{id, noon, "x"}}};
}
unit end_all(const user_id& id) {
  return {{end_sessions_of{id, {}, noon, "x"}}};
}
unit open(const user_id& id) {
  return {{create_session{make_session(id)}}};
}

TEST(Batch, OfUnitsThatShareNothingIsOneGroup) {
  EXPECT_EQ(plan_of({rotate(one), open(ann), open(ann), end(two), open(bob)}),
            (plan{{0, 1, 2, 3, 4}}));
}

TEST(Batch, KeepsTheOrderOfUnitsThatShareASession) {
  EXPECT_EQ(plan_of({rotate(one), rotate(two), rotate(one), end(one)}), (plan{{0, 1}, {2}, {3}}));
}

TEST(Batch, KeepsTheOrderOfUnitsThatShareAName) {
  const auto first = make_user("ann");
  auto second = make_user("bob");
  second.email_key = "ann";
  EXPECT_EQ(plan_of({{{first}}, {{second}}, {{make_user("cat")}}}), (plan{{0, 2}, {1}}));
}

TEST(Batch, KeepsTheOrderOfUnitsThatShareANumber) {
  auto first = make_user("ann");
  auto second = make_user("bob");
  first.user.number = second.user.number = 7;
  EXPECT_EQ(plan_of({{{first}}, {{second}}}), (plan{{0}, {1}}));
}

TEST(Batch, OpensSessionsAfterTheirUser) {
  const auto u = make_user("ann");
  EXPECT_EQ(plan_of({{{u}}, open(u.user.id), open(bob)}), (plan{{0, 2}, {1}}));
}

TEST(Batch, LetsNoSessionPassTheEndOfAll) {
  // Whose session is rotated is not known, so every rotation waits.
  EXPECT_EQ(plan_of({rotate(one), end_all(ann), rotate(two), end_all(bob)}),
            (plan{{0, 1}, {2, 3}}));
  EXPECT_EQ(plan_of({open(ann), end_all(ann), open(ann)}), (plan{{0}, {1}, {2}}));
}

TEST(Batch, IgnoresWhatNeitherWinsNorLoses) {
  const unit touch{{touch_login{ann, noon}, add_audit{make_audit("x")}}};
  EXPECT_EQ(plan_of({touch, touch, touch}), (plan{{0, 1, 2}}));
}

TEST(Batch, LeavesAUnitAloneWhoseOwnOrderMatters) {
  const auto s = make_session(ann);
  const std::vector<unit> batch{
      rotate(one),
      {{end_sessions_of{ann, {}, noon, "x"}, create_session{s}}},
      rotate(two),
  };
  EXPECT_EQ(plan_of(batch), (plan{{0}, {1}, {2}}));
  std::vector<std::size_t> all{0, 1, 2};
  EXPECT_FALSE(plan_batch(batch, all)[1].by_kind);
  EXPECT_TRUE(plan_batch(batch, all)[2].by_kind);
}

TEST(Batch, KeepsUnitsTogetherWhoseOrderIsThatOfTheKinds) {
  const auto u = make_user("ann");
  const auto s = make_session(u.user.id);
  EXPECT_EQ(
      plan_of({{{u, create_session{s}, rotate_session{s.id, 1, noon}, add_audit{make_audit("x")}}},
               rotate(one)}),
      (plan{{0, 1}}));
}

TEST(Batch, LeavesOutWhatWasNotChosen) {
  const std::vector<unit> batch{rotate(one), rotate(one), rotate(one)};
  const std::vector<std::size_t> chosen{2};
  const auto groups = plan_batch(batch, chosen);
  ASSERT_EQ(groups.size(), 1u);
  EXPECT_EQ(groups[0].units, chosen);
}

TEST(Batch, IsCutAtTheMaximum) {
  std::vector<unit> batch(group_units_max + 1);
  const auto groups = plan_of(batch);
  ASSERT_EQ(groups.size(), 2u);
  EXPECT_EQ(groups[0].size(), group_units_max);
  EXPECT_EQ(groups[1].size(), 1u);
}

} // namespace

} // namespace latchkey::test
