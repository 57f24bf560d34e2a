// What every engine does with units: whole or not at all, each on its own account.
#include "tests/storage/engines.hpp"

#include <tuple>
#include <utility>

namespace latchkey::test {

namespace {

using namespace storage;
using namespace std::chrono_literals;

class Units : public Contract {};
LATCHKEY_ON_EVERY_ENGINE(Units);

TEST_P(Units, ThatLoseAtTheirLastFactLeaveNothing) {
  const auto u = make_user("ann");
  const auto s = make_session(u.user.id);
  EXPECT_TRUE(
      failed_with(commit({u, create_session{s}, rotate_session{s.id, s.counter + 1, noon + 1s}}),
                  error_code::token_invalid));
  EXPECT_EQ(reader_->count_users().value(), 0);
  EXPECT_FALSE(reader_->find_login("ann").value());
  EXPECT_FALSE(reader_->find_session(s.id).value());
}

TEST_P(Units, ThatLoseAtTheirFirstFactLeaveNothing) {
  const auto u = make_user("ann");
  EXPECT_TRUE(failed_with(commit({rotate_session{session_id{make_uuid(noon)}, 1, noon}, u}),
                          error_code::token_invalid));
  EXPECT_EQ(reader_->count_users().value(), 0);
}

TEST_P(Units, ThatLoseByOneOfTwoFactsOfAKindLeaveNothing) {
  const auto u = make_user("ann");
  auto first = make_session(u.user.id);
  auto second = make_session(u.user.id);
  const auto third = make_session(u.user.id);
  ASSERT_TRUE(commit({u, create_session{first}, create_session{second}, create_session{third}}));
  // Whichever of the two comes first, by its place or by its id.
  for (int i = 0; i < 2; ++i) {
    const rotate_session losing{first.id, first.counter + 98, noon + 1s};
    const rotate_session winning{second.id, second.counter, noon + 1s};
    const auto good = rotate_session{third.id, third.counter + static_cast<unsigned>(2 * i), noon};
    const auto next = rotate_session{third.id, good.from + 1, noon};
    for (const auto& [a, b, fine] : {std::tuple(losing, winning, good), {winning, losing, next}}) {
      const std::vector<unit> batch{{{a, b}}, {{add_audit{make_audit("session.refreshed")}, fine}}};
      const auto answers = writer_->commit(batch);
      EXPECT_TRUE(failed_with(answers[0], error_code::token_invalid));
      EXPECT_TRUE(answers[1]);
      EXPECT_EQ(session(first.id).counter, first.counter);
      EXPECT_EQ(session(second.id).counter, second.counter);
      EXPECT_EQ(session(third.id).counter, fine.from + 1);
    }
    std::swap(first, second);
  }
}

TEST_P(Units, WriteTheirFactsInTheOrderGiven) {
  const auto u = make_user("ann");
  const auto old = make_session(u.user.id);
  const auto fresh = make_session(u.user.id);
  // By kind the new session would be opened before the old ones end, and end with them.
  const auto answer = commit(
      {u, create_session{old}, end_sessions_of{u.user.id, {}, noon, "all"}, create_session{fresh}});
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->sessions_ended, 1);
  EXPECT_GT(answer->user_number, 0);
  EXPECT_TRUE(session(old.id).ended_at);
  EXPECT_FALSE(session(fresh.id).ended_at);
}

TEST_P(Units, ThatNeedWhatALaterFactBringsLose) {
  const auto u = make_user("ann");
  EXPECT_TRUE(failed_with(commit({create_session{make_session(u.user.id)}, u}),
                          error_code::user_not_found));
  EXPECT_EQ(reader_->count_users().value(), 0);
}

TEST_P(Units, MayRotateOneSessionTwice) {
  const auto u = make_user("ann");
  const auto s = make_session(u.user.id);
  ASSERT_TRUE(commit({u, create_session{s}}));
  ASSERT_TRUE(commit({rotate_session{s.id, s.counter, noon + 1s},
                      rotate_session{s.id, s.counter + 1, noon + 2s}}));
  EXPECT_EQ(session(s.id).counter, s.counter + 2);
}

TEST_P(Units, BuildOnEarlierUnitsOfTheirBatch) {
  const auto u = make_user("ann");
  const auto s = make_session(u.user.id);
  const std::vector<unit> batch{{{u}},
                                {{create_session{s}}},
                                {{rotate_session{s.id, s.counter, noon + 1s}}},
                                {{end_sessions_of{u.user.id, {}, noon + 2s, "all"}}}};
  for (const auto& answer : writer_->commit(batch))
    EXPECT_TRUE(answer) << name_of(answer.error().code);
  EXPECT_EQ(session(s.id).counter, s.counter + 1);
  EXPECT_EQ(session(s.id).ended_at, noon + 2s);
}

TEST_P(Units, ThatBuildOnALoserLose) {
  ASSERT_TRUE(commit({make_user("ann")}));
  const auto second = make_user("ann");
  const std::vector<unit> batch{{{second}}, {{create_session{make_session(second.user.id)}}}};
  const auto answers = writer_->commit(batch);
  EXPECT_TRUE(failed_with(answers[0], error_code::user_exists));
  EXPECT_TRUE(failed_with(answers[1], error_code::user_not_found));
}

TEST_P(Units, FailAloneAmongAHundred) {
  const auto u = make_user("ann");
  ASSERT_TRUE(commit({u}));
  engine_->refuse_poison();
  std::vector<unit> batch;
  std::vector<session_id> ids;
  for (int i = 0; i < 100; ++i) {
    auto s = make_session(u.user.id);
    if (i == 37) s.user_agent = "poison";
    ids.push_back(s.id);
    batch.push_back({{create_session{s}, add_audit{make_audit("session.created")}}});
  }
  const auto answers = writer_->commit(batch);
  ASSERT_EQ(answers.size(), 100u);
  for (std::size_t i = 0; i < 100; ++i) {
    EXPECT_EQ(answers[i].has_value(), i != 37) << i;
    EXPECT_EQ(reader_->find_session(ids[i]).value().has_value(), i != 37) << i;
  }
  EXPECT_TRUE(failed_with(answers[37], error_code::validation_error));
}

TEST_P(Units, LoseAloneAmongAHundredOfEveryKind) {
  std::vector<unit> batch;
  std::vector<bool> good;
  for (int i = 0; i < 100; ++i) {
    const auto u = make_user("user" + std::to_string(i));
    const auto s = make_session(u.user.id);
    good.push_back(i % 10 != 3);
    batch.push_back(
        {{u, create_session{s}, rotate_session{s.id, s.counter + (good.back() ? 0 : 1), noon + 1s},
          set_password_hash{u.user.id, 1, secret(std::string("x")), noon},
          add_audit{make_audit("user.registered")}, touch_login{u.user.id, noon}}});
  }
  const auto answers = writer_->commit(batch);
  for (std::size_t i = 0; i < 100; ++i) {
    EXPECT_EQ(answers[i].has_value(), good[i]) << i;
    EXPECT_EQ(reader_->find_login("user" + std::to_string(i)).value().has_value(), good[i]) << i;
  }
  EXPECT_EQ(reader_->count_users().value(), 90);
}

TEST_P(Units, MayBeMany) {
  const auto u = make_user("ann");
  ASSERT_TRUE(commit({u}));
  std::vector<unit> batch(2500);
  for (auto& each : batch)
    each.facts = {create_session{make_session(u.user.id)}};
  std::size_t written = 0;
  for (const auto& answer : writer_->commit(batch))
    written += answer.has_value();
  EXPECT_EQ(written, batch.size());
  EXPECT_EQ(reader_->answer_to(list_sessions{u.user.id, noon, 5000}).value().size(), page_rows_max);
  EXPECT_EQ(commit({end_sessions_of{u.user.id, {}, noon, "all"}})->sessions_ended, 2500);
}

TEST_P(Units, WithoutFactsSucceed) {
  EXPECT_TRUE(commit({}));
  EXPECT_TRUE(writer_->commit({}).empty());
}

TEST_P(Units, OfTheSameAuditLineAreWrittenOnce) {
  const auto entry = make_audit("user.registered");
  EXPECT_TRUE(commit({add_audit{entry}}));
  EXPECT_TRUE(commit({add_audit{entry}})) << "after an unknown outcome it may come again";
}

} // namespace

} // namespace latchkey::test
