// What every engine does with second factors and with what is used once.
#include "tests/storage/racing.hpp"

namespace latchkey::test {

namespace {

using namespace storage;
using namespace std::chrono_literals;

class StoredFactors : public Contract {
protected:
  void SetUp() override {
    Contract::SetUp();
    ann_ = add(make_user("ann"));
  }
  enrol_totp enrolment(std::uint64_t id) const {
    enrol_totp f;
    f.totp.id = id;
    f.totp.user = ann_.id;
    f.totp.name = "phone";
    f.totp.sealed_secret = "sealed " + std::to_string(id);
    f.totp.created_at = noon;
    return f;
  }
  void add_totp(std::uint64_t id, std::int64_t step = 10) {
    ASSERT_TRUE(commit({enrolment(id)}));
    ASSERT_TRUE(commit({confirm_totp{id, ann_.id, version(), step, noon}}));
  }
  std::int64_t version() { return user(ann_.id).version; }
  list_factors::answer factors() { return ask(*reader_, list_factors{ann_.id}); }
  put_recovery_codes codes(std::vector<std::string> hashes) {
    return {ann_.id, version(), std::move(hashes), noon};
  }
  user_record ann_;
};
LATCHKEY_ON_EVERY_ENGINE(StoredFactors);

TEST_P(StoredFactors, AreNoneBeforeTheFirstCode) {
  ASSERT_TRUE(commit({enrolment(1)}));
  EXPECT_FALSE(user(ann_.id).factors.any());
  EXPECT_EQ(version(), ann_.version);
  ASSERT_EQ(factors().totp.size(), 1u);
  EXPECT_FALSE(factors().totp[0].confirmed_at);
  EXPECT_TRUE(failed_with(commit({use_totp{1, ann_.id, 11, noon}}), error_code::conflict, "code"));
}

TEST_P(StoredFactors, AnotherEnrolmentTakesThePlaceOfOneThatWasNotConfirmed) {
  ASSERT_TRUE(commit({enrolment(1)}));
  ASSERT_TRUE(commit({enrolment(2)}));
  ASSERT_EQ(factors().totp.size(), 1u);
  EXPECT_EQ(factors().totp[0].id, 2u);
}

TEST_P(StoredFactors, AreInTheUsersRowOnceConfirmed) {
  add_totp(0xfedcba9876543210u, 77); // does not fit a signed number
  const auto after = user(ann_.id);
  EXPECT_TRUE(after.factors.has(factor_kinds::totp));
  EXPECT_EQ(after.version, ann_.version + 1);
  const auto found = factors().totp;
  ASSERT_EQ(found.size(), 1u);
  EXPECT_EQ(found[0].id, 0xfedcba9876543210u);
  EXPECT_EQ(found[0].name, "phone");
  EXPECT_EQ(found[0].sealed_secret, enrolment(0xfedcba9876543210u).totp.sealed_secret);
  EXPECT_EQ(found[0].created_at, noon);
  EXPECT_EQ(found[0].confirmed_at, noon);
  EXPECT_EQ(found[0].last_step, 77);
}

TEST_P(StoredFactors, AreDueFromTheFirstTimeThatIsSaidUntilTheyAreReset) {
  ASSERT_TRUE(commit({begin_factor_grace{ann_.id, noon + 24h}}));
  ASSERT_TRUE(commit({begin_factor_grace{ann_.id, noon + 48h}}));
  EXPECT_EQ(user(ann_.id).second_factor_due_at, noon + 24h);
  EXPECT_EQ(version(), ann_.version);
  ASSERT_TRUE(commit({remove_factors{ann_.id, version(), noon}}));
  EXPECT_FALSE(user(ann_.id).second_factor_due_at);
}

TEST_P(StoredFactors, AreAwaitedBySomeSessions) {
  auto session = make_session(ann_.id);
  session.awaits_second_factor = true;
  ASSERT_TRUE(commit({create_session{session}}));
  const auto plain = add(make_session(ann_.id));
  EXPECT_TRUE(reader_->find_session(session.id).value()->awaits_second_factor);
  EXPECT_FALSE(reader_->find_session(plain.id).value()->awaits_second_factor);
}

TEST_P(StoredFactors, ASignInThatHasNotSeenTheChangeLoses) {
  ASSERT_TRUE(commit({enrolment(1)}));
  const auto seen = version();
  ASSERT_TRUE(commit({confirm_totp{1, ann_.id, seen, 10, noon}}));
  const create_session late{make_session(ann_.id), seen};
  EXPECT_TRUE(failed_with(commit({late}), error_code::conflict, "version"));
}

TEST_P(StoredFactors, AreConfirmedOnceAndByTheirOwnerAndVersion) {
  ASSERT_TRUE(commit({enrolment(1)}));
  const auto bob = add(make_user("bob"));
  EXPECT_TRUE(
      failed_with(commit({confirm_totp{1, bob.id, bob.version, 10, noon}}), error_code::not_found));
  EXPECT_TRUE(failed_with(commit({confirm_totp{1, ann_.id, version() + 1, 10, noon}}),
                          error_code::conflict, "version"));
  ASSERT_TRUE(commit({confirm_totp{1, ann_.id, version(), 10, noon}}));
  EXPECT_TRUE(
      failed_with(commit({confirm_totp{1, ann_.id, version(), 10, noon}}), error_code::not_found));
}

TEST_P(StoredFactors, AStepIsUsedOnceAndNoneBeforeIt) {
  add_totp(1, 10);
  EXPECT_TRUE(failed_with(commit({use_totp{1, ann_.id, 10, noon}}), error_code::conflict, "code"));
  EXPECT_TRUE(commit({use_totp{1, ann_.id, 12, noon + 1s}}));
  for (const std::int64_t used : {10, 11, 12})
    EXPECT_TRUE(
        failed_with(commit({use_totp{1, ann_.id, used, noon}}), error_code::conflict, "code"));
  EXPECT_EQ(factors().totp[0].last_used_at, noon + 1s);
}

TEST_P(StoredFactors, OfTwentyUsesOfOneStepExactlyOneWinsWithItsSession) {
  add_totp(1, 10);
  std::vector<unit> uses;
  for (int i = 0; i < 20; ++i)
    uses.push_back(
        {{create_session{make_session(ann_.id), version()}, use_totp{1, ann_.id, 11, noon}}});
  EXPECT_EQ(winners(race(*store_, uses), error_code::conflict), 1u);
  EXPECT_EQ(ask(*reader_, list_sessions{ann_.id, noon, 100}).size(), 1u);
}

TEST_P(StoredFactors, OfTwentyUsesOfOneRecoveryCodeExactlyOneWins) {
  add_totp(1);
  ASSERT_TRUE(commit({codes({"a", "b"})}));
  const std::vector<unit> uses(20, unit{{use_recovery_code{ann_.id, "a", noon}}});
  EXPECT_EQ(winners(race(*store_, uses), error_code::conflict), 1u);
  EXPECT_EQ(factors().recovery_codes, 2u);
  EXPECT_EQ(factors().recovery_codes_left, 1u);
  EXPECT_EQ(ask(*reader_, list_recovery_codes{ann_.id}).code_hashes.size(), 1u);
}

TEST_P(StoredFactors, OfTwentyUsesOfOneChallengeExactlyOneWins) {
  const std::vector<unit> uses(20, unit{{spend_challenge{"nonce", noon + 5min, noon}}});
  EXPECT_EQ(winners(race(*store_, uses), error_code::token_invalid), 1u);
}

TEST_P(StoredFactors, AChallengeIsForgottenWhenItIsNotGoodAnyMore) {
  ASSERT_TRUE(commit({spend_challenge{"old", noon + 5min, noon}}));
  ASSERT_TRUE(commit({spend_challenge{"new", noon + 15min, noon + 10min}}));
  EXPECT_TRUE(commit({spend_challenge{"old", noon + 20min, noon + 10min}}))
      << "by then its own time refuses it";
}

TEST_P(StoredFactors, ANewSetOfRecoveryCodesEndsTheOldOne) {
  add_totp(1);
  ASSERT_TRUE(commit({codes({"a", "b"})}));
  ASSERT_TRUE(commit({codes({"c", "d"})}));
  EXPECT_TRUE(
      failed_with(commit({use_recovery_code{ann_.id, "a", noon}}), error_code::conflict, "code"));
  EXPECT_TRUE(commit({use_recovery_code{ann_.id, "c", noon}}));
}

TEST_P(StoredFactors, ARecoveryCodeIsItsOwnersAlone) {
  add_totp(1);
  ASSERT_TRUE(commit({codes({"a"})}));
  const auto bob = add(make_user("bob"));
  EXPECT_TRUE(
      failed_with(commit({use_recovery_code{bob.id, "a", noon}}), error_code::conflict, "code"));
}

TEST_P(StoredFactors, WithTheLastOneTheRecoveryCodesGo) {
  add_totp(1);
  add_totp(2);
  ASSERT_TRUE(commit({codes({"a"})}));
  ASSERT_TRUE(commit({remove_totp{1, ann_.id, version(), noon}}));
  EXPECT_TRUE(user(ann_.id).factors.any());
  EXPECT_EQ(factors().recovery_codes, 1u);
  ASSERT_TRUE(commit({remove_totp{2, ann_.id, version(), noon}}));
  EXPECT_FALSE(user(ann_.id).factors.any());
  EXPECT_EQ(factors().recovery_codes, 0u);
  EXPECT_TRUE(
      failed_with(commit({remove_totp{2, ann_.id, version(), noon}}), error_code::not_found));
}

TEST_P(StoredFactors, AreAllRemovedAtOnce) {
  add_totp(1);
  ASSERT_TRUE(commit({codes({"a"})}));
  ASSERT_TRUE(commit({count_factor_failures{ann_.id, 100}}));
  const auto before = version();
  EXPECT_TRUE(failed_with(commit({remove_factors{ann_.id, before + 1, noon}}), error_code::conflict,
                          "version"));
  ASSERT_TRUE(commit({remove_factors{ann_.id, before, noon}}));
  EXPECT_TRUE(factors().totp.empty());
  EXPECT_EQ(factors().recovery_codes, 0u);
  EXPECT_EQ(user(ann_.id).factor_failures_in_a_row, 0);
  EXPECT_EQ(version(), before + 1);
}

TEST_P(StoredFactors, NeedTheirUserAndGoWithIt) {
  auto orphan = enrolment(1);
  orphan.totp.user = user_id{make_uuid(noon)};
  EXPECT_TRUE(failed_with(commit({orphan}), error_code::user_not_found));
  add_totp(1);
  ASSERT_TRUE(commit({codes({"a"})}));
  ASSERT_TRUE(commit({delete_user{ann_.id, noon}}));
  EXPECT_TRUE(factors().totp.empty());
}

TEST_P(StoredFactors, WrongCodesAreCountedAndForgottenApartFromPasswords) {
  const auto before = version();
  ASSERT_TRUE(commit({count_factor_failures{ann_.id}}));
  ASSERT_TRUE(commit({count_factor_failures{ann_.id, 2}}));
  EXPECT_EQ(user(ann_.id).factor_failures_in_a_row, 3);
  ASSERT_TRUE(commit({forget_password_failures{ann_.id}}));
  EXPECT_EQ(user(ann_.id).factor_failures_in_a_row, 3);
  ASSERT_TRUE(commit({count_factor_failures{ann_.id, 0}}));
  EXPECT_EQ(user(ann_.id).factor_failures_in_a_row, 0);
  EXPECT_EQ(version(), before);
}

// -- what a session knows -----------------------------------------------------------------------

TEST_P(StoredFactors, ASessionKeepsHowItsUserWasAuthenticated) {
  auto opened = make_session(ann_.id);
  opened.authenticated = {auth_method::password, noon};
  add(opened);
  EXPECT_EQ(session(opened.id).authenticated, opened.authenticated);
  ASSERT_TRUE(commit({reauthenticate_session{opened.id, ann_.id, auth_method::totp, noon + 1min}}));
  const auto both = auth_methods{auth_method::password}.with(auth_method::totp);
  EXPECT_EQ(session(opened.id).authenticated, (authentication{both, noon + 1min}));
}

TEST_P(StoredFactors, AnEndedSessionIsNotAuthenticatedAgain) {
  const auto opened = add(make_session(ann_.id));
  ASSERT_TRUE(commit({end_session{opened.id, noon + 1s, "logout"}}));
  const reauthenticate_session again{opened.id, ann_.id, auth_method::totp, noon + 2s};
  EXPECT_TRUE(failed_with(commit({again}), error_code::token_invalid));
  const need_live_session needed{opened.id, ann_.id};
  EXPECT_TRUE(failed_with(commit({needed}), error_code::token_invalid));
}

TEST_P(StoredFactors, ASessionIsItsOwnersAlone) {
  const auto opened = add(make_session(ann_.id));
  const auto bob = add(make_user("bob"));
  const reauthenticate_session stranger{opened.id, bob.id, auth_method::totp, noon + 1s};
  EXPECT_TRUE(failed_with(commit({stranger}), error_code::token_invalid));
  const need_live_session needed{opened.id, bob.id};
  EXPECT_TRUE(failed_with(commit({needed}), error_code::token_invalid));
  EXPECT_TRUE(commit({need_live_session{opened.id, ann_.id}}));
}

TEST_P(StoredFactors, AChangeWantedInASessionAndTheEndOfThatSessionHappenOneAfterTheOther) {
  add_totp(1);
  for (int round = 0; round < 10; ++round) {
    const auto opened = add(make_session(ann_.id));
    const unit change{{codes({std::to_string(round)}), need_live_session{opened.id, ann_.id}}};
    const unit end{{end_session{opened.id, noon + 1s, "logout"}}};
    const auto outcomes = race(*store_, {change, end});
    ASSERT_EQ(outcomes.size(), 2u);
    EXPECT_TRUE(outcomes[1]);
    const auto used = commit({use_recovery_code{ann_.id, std::to_string(round), noon}});
    EXPECT_EQ(bool{used}, bool{outcomes[0]}) << "what lost was not written";
    EXPECT_TRUE(outcomes[0] || outcomes[0].error().code == error_code::token_invalid);
  }
}

TEST_P(StoredFactors, ASessionOfAnEarlierVersionKeepsItsPasswordWhenItIsRaised) {
  const auto opened = add(make_session(ann_.id));
  engine_->execute("UPDATE sessions SET auth_methods = 0, authenticated_at = NULL");
  ASSERT_TRUE(commit({reauthenticate_session{opened.id, ann_.id, auth_method::totp, noon + 1min}}));
  EXPECT_EQ(session(opened.id).authenticated.by,
            auth_methods{auth_method::password}.with(auth_method::totp));
}

TEST_P(StoredFactors, KindsThatANewerProgramKnowsStayInTheUsersRow) {
  engine_->execute("UPDATE users SET second_factors = 64");
  add_totp(1);
  ASSERT_TRUE(commit({remove_totp{1, ann_.id, version(), noon}}));
  engine_->execute("UPDATE users SET username = 'kept' WHERE second_factors = 64");
  EXPECT_EQ(user(ann_.id).username, "kept");
}

TEST_P(StoredFactors, ASessionOfAnEarlierVersionWasOpenedByAPassword) {
  const auto opened = add(make_session(ann_.id));
  engine_->execute("UPDATE sessions SET auth_methods = 0, authenticated_at = NULL");
  const auto read = session(opened.id).authenticated;
  EXPECT_EQ(read.by, auth_methods{auth_method::password});
  EXPECT_EQ(read.at, opened.created_at);
}

TEST_P(StoredFactors, WhatIsNoneIsRefusedByName) {
  auto unnamed = enrolment(1);
  unnamed.totp.name.clear();
  EXPECT_TRUE(failed_with(commit({unnamed}), error_code::validation_error, "name"));
  EXPECT_TRUE(failed_with(commit({codes({})}), error_code::validation_error, "code_hashes"));
  EXPECT_TRUE(
      failed_with(commit({spend_challenge{"", noon, noon}}), error_code::validation_error, "id"));
  EXPECT_TRUE(
      failed_with(commit({use_totp{1, ann_.id, -1, noon}}), error_code::validation_error, "step"));
}

} // namespace

} // namespace latchkey::test
