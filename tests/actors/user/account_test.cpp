// What becomes of a user and its sessions when the account is changed as a whole.
#include "one_user.hpp"

namespace latchkey::test {
namespace {

bool is_update(const storage::fact& fact) {
  return fact.holds<storage::update_user>();
}

// -- update ----------------------------------------------------------------------------

TEST(UserAccount, RefusesANameThatIsSomebodyElses) {
  one_user f;
  f.add_user("grace", "");
  storage::user_changes changes;
  changes.username = "grace";
  changes.username_key = "grace";
  const auto answer = f.ask(f.actor, f.update(changes));
  ASSERT_EQ(code_of(answer), error_code::user_exists);
  EXPECT_EQ(answer.error().field, "username");
  EXPECT_EQ(f.ask(f.actor, messages::describe_user{})->username, "ada");
  EXPECT_TRUE(f.audited("user.updated").empty());
}

TEST(UserAccount, ChangesNothingWhenTheStoreIsUnavailable) {
  one_user f;
  f.store.set_disk_full(true);
  EXPECT_EQ(code_of(f.ask(f.actor, f.update(renamed("Ada")))), error_code::store_unavailable);
  EXPECT_EQ(f.ask(f.actor, messages::describe_user{})->first_name, "");
  f.store.set_disk_full(false);
  EXPECT_TRUE(f.ask(f.actor, f.update(renamed("Ada"))));
}

TEST(UserAccount, ShowsWhatItWasChangedToOnceThatIsDurable) {
  one_user f;
  f.commits.hold_questions();
  f.clock.move(1s);
  auto changes = renamed("Ada");
  changes.last_name = "Lovelace";
  auto waiting = f.begin(f.actor, f.update(changes));
  EXPECT_FALSE(waiting.answered());
  EXPECT_EQ(f.ask(f.actor, messages::describe_user{})->first_name, "");
  f.commits.release();
  const auto view = waiting.answer();
  ASSERT_TRUE(view);
  EXPECT_EQ(view->first_name, "Ada");
  EXPECT_EQ(messages::full_name_of(*view), "Ada Lovelace");
  EXPECT_EQ(view->updated_at, f.clock.now());
  EXPECT_EQ(f.stored_user().first_name, "Ada");
  EXPECT_EQ(f.stored_user().version, f.record.version + 1);
  const auto audits = f.audited("user.updated");
  ASSERT_EQ(audits.size(), 1u);
  EXPECT_EQ(audits.front().user, f.record.id);
  EXPECT_EQ(audits.front().by, "user:admin");
  EXPECT_EQ(audits.front().reason, "first_name, last_name");
  EXPECT_EQ(audits.front().address, "192.0.2.1");
}

TEST(UserAccount, HasOneNameInWhicheverFormItWasGivenLast) {
  one_user f;
  auto in_two = renamed("Ada");
  in_two.last_name = "Lovelace";
  ASSERT_TRUE(f.ask(f.actor, f.update(in_two)));
  storage::user_changes in_one;
  in_one.full_name = "Grace Brewster Hopper";
  auto view = f.ask(f.actor, f.update(in_one)).value();
  EXPECT_EQ(view.first_name, "Grace");
  EXPECT_EQ(view.last_name, "Brewster Hopper");
  EXPECT_EQ(f.stored_user().first_name, "");
  view = f.ask(f.actor, f.update(renamed("Admiral"))).value();
  EXPECT_EQ(messages::full_name_of(view), "Admiral Brewster Hopper");
  EXPECT_EQ(f.stored_user().last_name, "Brewster Hopper");
  EXPECT_EQ(f.stored_user().full_name, "");
  in_one.full_name = "";
  EXPECT_EQ(messages::full_name_of(f.ask(f.actor, f.update(in_one)).value()), "");
}

TEST(UserAccount, ReadsAndTriesAgainWhenAnotherNodeWasFirst) {
  one_user f;
  storage::user_changes theirs;
  theirs.last_name = "Lovelace";
  f.write({{storage::update_user{f.record.id, f.record.version, theirs, f.clock.now()}}});
  const auto view = f.ask(f.actor, f.update(renamed("Ada")));
  ASSERT_TRUE(view);
  EXPECT_EQ(view->first_name, "Ada");
  EXPECT_EQ(view->last_name, "Lovelace");
  EXPECT_EQ(f.stored_user().version, f.record.version + 2);
}

TEST(UserAccount, GivesUpWhenAnotherNodeIsAlwaysFirst) {
  one_user f;
  f.commits.hold_questions();
  auto waiting = f.begin(f.actor, f.update(renamed("Ada")));
  std::size_t tries = 0;
  while (!waiting.answered() && tries < 10) {
    ++tries;
    f.write({{storage::update_user{f.record.id, f.stored_user().version, renamed("Grace"),
                                   f.clock.now()}}});
    f.commits.release();
  }
  const auto answer = waiting.answer();
  ASSERT_EQ(code_of(answer), error_code::conflict);
  EXPECT_EQ(answer.error().field, "version");
  EXPECT_EQ(tries, user_state::attempts_max);
  EXPECT_EQ(f.stored_user().first_name, "Grace");
}

TEST(UserAccount, MakesTwentyParallelChangesOneAfterTheOther) {
  one_user f;
  std::vector<asked<messages::user_view>> all;
  for (int i = 0; i < 20; ++i)
    all.push_back(f.ask_later(f.actor, f.update(renamed("Ada " + std::to_string(i)))));
  f.run();
  for (const auto& question : all)
    EXPECT_TRUE(question.answer());
  EXPECT_EQ(f.stored_user().version, f.record.version + 20);
  EXPECT_EQ(f.commits_with_fact(is_update), 20u); // none was in vain
}

TEST(UserAccount, ChangesNothingOnAnOlderSync) {
  one_user f;
  auto changes = renamed("New");
  changes.synced_at = f.clock.now();
  EXPECT_TRUE(f.ask(f.actor, f.update(changes)));
  auto older = renamed("Old");
  older.synced_at = f.clock.now() - 1s;
  const auto view = f.ask(f.actor, f.update(older));
  ASSERT_TRUE(view);
  EXPECT_EQ(view->first_name, "New");
  EXPECT_EQ(f.commits_with_fact(is_update), 1u);
  auto of_the_same_time = renamed("Same");
  of_the_same_time.synced_at = f.clock.now();
  EXPECT_EQ(f.ask(f.actor, f.update(of_the_same_time))->first_name, "Same");
  auto newer = renamed("Newer");
  newer.synced_at = f.clock.now() + 1s;
  EXPECT_EQ(f.ask(f.actor, f.update(newer))->first_name, "Newer");
}

storage::user_changes moved_to(const std::string& email) {
  storage::user_changes changes;
  changes.email = changes.email_key = email;
  return changes;
}

TEST(UserAccount, HasNotVerifiedAnotherEmail) {
  one_user f;
  auto verified = renamed("Ada");
  verified.email_verified = true;
  ASSERT_TRUE(f.ask(f.actor, f.update(verified))->email_verified);
  EXPECT_TRUE(f.ask(f.actor, f.update(moved_to(f.record.email)))->email_verified) << "the same";
  EXPECT_FALSE(f.ask(f.actor, f.update(moved_to("new@example.org")))->email_verified);
  EXPECT_FALSE(f.stored_user().email_verified);
  EXPECT_EQ(f.audited("user.updated").back().reason, "email, email_verified=false");
  auto both = moved_to("newer@example.org");
  both.email_verified = true;
  EXPECT_TRUE(f.ask(f.actor, f.update(both))->email_verified);
}

TEST(UserAccount, UsesUpWhatWasMailedToItsFormerEmail) {
  one_user f;
  reset_token_record token;
  token.id = 7;
  token.user = f.record.id;
  token.secret_hash = "hash";
  token.created_at = f.clock.now();
  token.expires_at = f.clock.now() + 1h;
  f.write({{storage::add_reset_token{token}}});
  ASSERT_TRUE(f.ask(f.actor, f.update(moved_to(f.record.email))));
  EXPECT_FALSE(f.stored(storage::find_reset_token{7})->used_at);
  ASSERT_TRUE(f.ask(f.actor, f.update(moved_to("new@example.org"))));
  EXPECT_TRUE(f.stored(storage::find_reset_token{7})->used_at);
}

TEST(UserAccount, IsNotChangedByWhoeverSawAnotherRole) {
  one_user f;
  auto update = f.update(renamed("Ada"));
  update.role_seen = "user";
  messages::delete_user removal{f.author(), f.soon(), "user"};
  f.commits.hold_questions();
  const auto promoting = f.begin(f.actor, f.promotion("superuser"));
  const auto changing = f.begin(f.actor, update); // asked while it was true
  const auto removing = f.begin(f.actor, removal);
  f.commits.hold_nothing();
  f.commits.release();
  EXPECT_TRUE(promoting.answer());
  for (const auto& answer : {code_of(changing.answer()), code_of(removing.answer())})
    EXPECT_EQ(answer, error_code::conflict);
  EXPECT_EQ(changing.answer().error().field, "role");
  EXPECT_EQ(f.stored_user().first_name, "");
  update.role_seen = "superuser";
  EXPECT_TRUE(f.ask(f.actor, update));
}

TEST(UserAccount, KeepsTheLastActiveAdministrator) {
  one_user f;
  ASSERT_TRUE(f.ask(f.actor, f.promotion("admin")));
  const auto session = f.signed_in();
  const auto demoted = f.ask(f.actor, f.promotion("user"));
  ASSERT_EQ(code_of(demoted), error_code::conflict);
  EXPECT_EQ(demoted.error().field, "role");
  EXPECT_EQ(code_of(f.ask(f.actor, f.deactivation())), error_code::conflict);
  EXPECT_EQ(code_of(f.ask(f.actor, messages::delete_user{f.author(), f.soon()})),
            error_code::conflict);
  EXPECT_EQ(f.state_of(session), error_code::none);
  EXPECT_EQ(f.ask(f.actor, messages::describe_user{})->role, "admin");
}

// -- deactivation ------------------------------------------------------------------------

TEST(UserAccount, EndsEverySessionWhenItIsDeactivated) {
  one_user f;
  const auto first = f.signed_in();
  const auto second = f.signed_in();
  const auto held = f.find(first).value();
  ASSERT_TRUE(f.ask(f.actor, f.deactivation()));
  EXPECT_EQ(code_of(f.ask(held, messages::validate{})), error_code::token_invalid);
  EXPECT_EQ(f.state_of(second), error_code::token_invalid);
  EXPECT_EQ(f.live_sessions(), 0u);
  EXPECT_EQ(f.audited("user.updated").front().reason, "is_active=false");
  EXPECT_EQ(code_of(f.ask(f.actor, f.sign_in("correct horse"))), error_code::invalid_credentials);
}

TEST(UserAccount, SignsInAgainWhenItIsActiveAgain) {
  one_user f;
  const auto before = f.signed_in();
  ASSERT_TRUE(f.ask(f.actor, f.deactivation()));
  storage::user_changes changes;
  changes.is_active = true;
  ASSERT_TRUE(f.ask(f.actor, f.update(changes)));
  EXPECT_EQ(f.state_of(before), error_code::token_invalid);
  EXPECT_EQ(f.state_of(f.signed_in()), error_code::none);
}

// -- its sessions ----------------------------------------------------------------------------

TEST(UserAccount, EndsEverySessionButTheOneToKeep) {
  one_user f;
  const auto kept = f.signed_in();
  const auto other = f.signed_in();
  const auto unloaded = f.add_session(f.record).id;
  const auto ended = f.ask(f.actor, f.end_all(kept));
  ASSERT_TRUE(ended);
  EXPECT_EQ(ended->count, 2);
  EXPECT_EQ(f.state_of(kept), error_code::none);
  EXPECT_EQ(f.state_of(other), error_code::token_invalid);
  EXPECT_EQ(f.state_of(unloaded), error_code::token_invalid);
  EXPECT_EQ(f.store.end_reason(other), "an incident");
  const auto audits = f.audited("user.sessions_ended");
  ASSERT_EQ(audits.size(), 1u);
  EXPECT_EQ(audits.front().reason, "an incident");
  EXPECT_EQ(audits.front().by, "service:ops");
}

TEST(UserAccount, EndsNoSessionWhenThatIsNotDurable) {
  one_user f;
  const auto session = f.signed_in();
  f.store.fail_next(commit_fault::unavailable);
  EXPECT_EQ(code_of(f.ask(f.actor, f.end_all())), error_code::store_unavailable);
  EXPECT_EQ(f.state_of(session), error_code::none);
}

TEST(UserAccount, EndsNobodyElsesSession) {
  one_user f;
  const auto other = f.add_user("grace", "");
  const auto theirs = f.add_session(other).id;
  EXPECT_EQ(f.state_of(theirs), error_code::none);
  f.signed_in();
  ASSERT_TRUE(f.ask(f.actor, f.end_all()));
  EXPECT_EQ(f.state_of(theirs), error_code::none);
}

// -- its role ----------------------------------------------------------------------------------

TEST(UserAccount, TellsEverySessionOfANewRole) {
  one_user f;
  const auto session = f.find(f.signed_in()).value();
  ASSERT_TRUE(f.ask(f.actor, f.promotion("admin")));
  EXPECT_EQ(f.ask(session, messages::validate{})->role, "admin");
}

TEST(UserAccount, GivesNobodyARoleThatIsNot) {
  one_user f;
  const auto answer = f.ask(f.actor, f.promotion("wizard"));
  ASSERT_EQ(code_of(answer), error_code::validation_error);
  EXPECT_EQ(answer.error().field, "role");
}

// -- what others have written ------------------------------------------------------------------

TEST(UserAccount, ReadsItselfAgainWhenItIsTold) {
  one_user f;
  const auto session = f.find(f.signed_in()).value();
  storage::user_changes theirs;
  theirs.role = "admin";
  f.write({{storage::update_user{f.record.id, f.record.version, theirs, f.clock.now()}}});
  EXPECT_EQ(f.ask(f.actor, messages::describe_user{})->role, "user");
  EXPECT_TRUE(f.ask(f.actor, messages::reload_user{f.soon()}));
  EXPECT_EQ(f.ask(f.actor, messages::describe_user{})->role, "admin");
  EXPECT_EQ(f.ask(session, messages::validate{})->role, "admin");
}

TEST(UserAccount, KeepsWhatItKnowsWhenItCannotReadItselfAgain) {
  one_user f;
  f.store.set_down(true);
  EXPECT_EQ(code_of(f.ask(f.actor, messages::reload_user{f.soon()})),
            error_code::store_unavailable);
  EXPECT_EQ(f.ask(f.actor, messages::describe_user{})->username, "ada");
}

} // namespace
} // namespace latchkey::test
