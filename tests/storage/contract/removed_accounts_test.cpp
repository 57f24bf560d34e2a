// What every engine does when a user is removed: all that is the user's goes along.
#include "tests/storage/engines.hpp"

namespace latchkey::test {

namespace {

using namespace storage;
using namespace std::chrono_literals;

class RemovedAccounts : public Contract {};
LATCHKEY_ON_EVERY_ENGINE(RemovedAccounts);

TEST_P(RemovedAccounts, MustHaveBeenThere) {
  EXPECT_TRUE(failed_with(commit({delete_user{user_id{make_uuid(noon)}, noon}}),
                          error_code::user_not_found));
}

TEST_P(RemovedAccounts, GoWithAllThatIsTheirs) {
  const auto ann = add(make_user("ann"));
  const auto bob = add(make_user("bob"));
  const auto live = add(make_session(ann.id));
  const auto ended = add(make_session(ann.id));
  const auto others = add(make_session(bob.id));
  ASSERT_TRUE(commit({end_session{ended.id, noon, "logout"}}));
  project_record p;
  p.id = make_uuid(noon);
  p.client_id = p.name = "p";
  p.owner = ann.id;
  subscription_record s;
  s.id = make_uuid(noon);
  s.user = ann.id;
  api_key_record k;
  k.id = 7;
  k.user = ann.id;
  k.secret_hash = "hash";
  reset_token_record t;
  t.id = 9;
  t.user = ann.id;
  t.secret_hash = "hash";
  ASSERT_TRUE(commit({set_recovery{ann.id, secret(std::string("phc")), noon}, add_reset_token{t},
                      add_project{p}, add_api_key{k, 5}, put_subscription{s},
                      spend_quota{ann.id, "q", noon, 1, {}, noon}}));
  workflow_record w;
  w.id = workflow_id{make_uuid(noon)};
  w.user = ann.id;
  w.message_id = w.workflow_type = "w";
  w.created_at = noon;
  ASSERT_TRUE(commit(
      {add_workflow{w}, add_workflow_status{w.id, 1, 0, "{}", workflow_phase::in_progress, noon}}));
  const auto gone = commit({delete_user{ann.id, noon + 1s}, add_audit{make_audit("gone")}});
  ASSERT_TRUE(gone) << name_of(gone.error().code) << gone.error().reason;
  EXPECT_EQ(gone->sessions_ended, 1);
  EXPECT_FALSE(reader_->find_user(ann.id).value());
  EXPECT_EQ(reader_->find_login("ann").value(), std::nullopt);
  EXPECT_EQ(reader_->find_login("ann@example.org").value(), std::nullopt);
  for (const auto& id : {live.id, ended.id})
    EXPECT_FALSE(reader_->find_session(id).value());
  EXPECT_FALSE(session(others.id).ended_at);
  EXPECT_FALSE(reader_->answer_to(find_profile{ann.id}).value());
  EXPECT_FALSE(reader_->answer_to(find_recovery{ann.id}).value());
  EXPECT_FALSE(reader_->answer_to(find_reset_token{9}).value());
  EXPECT_FALSE(reader_->answer_to(find_project{p.id}).value());
  EXPECT_FALSE(reader_->answer_to(find_subscription{ann.id}).value());
  EXPECT_TRUE(reader_->answer_to(list_api_keys{ann.id}).value().empty());
  EXPECT_TRUE(reader_->answer_to(list_quota_usage{ann.id}).value().empty());
  EXPECT_FALSE(reader_->answer_to(find_workflow_record{w.id}).value());
  EXPECT_TRUE(reader_->answer_to(list_workflow_statuses{w.id}).value().empty());
  EXPECT_TRUE(
      failed_with(commit({add_workflow_status{w.id, 2, 1, "{}", workflow_phase::failed, noon}}),
                  error_code::not_found));
  EXPECT_TRUE(failed_with(commit({rotate_session{live.id, live.counter, noon}}),
                          error_code::token_invalid));
  // The check refuses any other count.
  engine_->execute("CREATE TABLE left_over (rows_left INTEGER CHECK (rows_left = 0)); "
                   "INSERT INTO left_over SELECT count(*) FROM sessions WHERE user_id = '" +
                   to_string(ann.id) + "'");
  const auto again = add(make_user("ann"));
  EXPECT_GT(again.number, bob.number) << "its number is never given again";
}

TEST_P(RemovedAccounts, KeepTheirPlaceInTheBatch) {
  const auto ann = add(make_user("ann"));
  const auto s = add(make_session(ann.id));
  const auto second = make_user("ann");
  const std::vector<unit> batch{{{rotate_session{s.id, s.counter, noon + 1s}}},
                                {{create_session{make_session(ann.id)}}},
                                {{delete_user{ann.id, noon + 2s}}},
                                {{rotate_session{s.id, s.counter + 1, noon + 3s}}},
                                {{create_session{make_session(ann.id)}}},
                                {{second}}};
  const auto answers = writer_->commit(batch);
  EXPECT_TRUE(answers[0]);
  EXPECT_TRUE(answers[1]);
  ASSERT_TRUE(answers[2]);
  EXPECT_EQ(answers[2]->sessions_ended, 2);
  EXPECT_TRUE(failed_with(answers[3], error_code::token_invalid));
  EXPECT_TRUE(failed_with(answers[4], error_code::user_not_found));
  EXPECT_TRUE(answers[5]) << "the name is free";
}

} // namespace

} // namespace latchkey::test
