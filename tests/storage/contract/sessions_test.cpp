// What every engine does with sessions: opened, rotated by one winner, ended.
#include "tests/storage/engines.hpp"

#include <atomic>
#include <thread>

namespace latchkey::test {

namespace {

using namespace storage;
using namespace std::chrono_literals;

class Sessions : public Contract {
protected:
  void SetUp() override {
    Contract::SetUp();
    ann_ = add(make_user("ann"));
  }
  user_record ann_;
};
LATCHKEY_ON_EVERY_ENGINE(Sessions);

TEST_P(Sessions, NeedAUserThatIsThereAndActive) {
  EXPECT_TRUE(failed_with(commit({create_session{make_session(user_id{make_uuid(noon)})}}),
                          error_code::user_not_found));
  auto idle = make_user("idle");
  idle.user.is_active = false;
  add(idle);
  EXPECT_TRUE(failed_with(commit({create_session{make_session(idle.user.id)}}),
                          error_code::user_not_found));
}

TEST_P(Sessions, AreRefusedAnIdThatIsTaken) {
  const auto first = add(make_session(ann_.id));
  EXPECT_TRUE(failed_with(commit({create_session{first}}), error_code::conflict, "session"));
}

TEST_P(Sessions, AreRefusedWhenTheUserIsAnotherByNow) {
  const auto based_on = ann_.version;
  EXPECT_TRUE(commit({create_session{make_session(ann_.id), based_on}}));
  ASSERT_TRUE(commit({set_password_hash{ann_.id, based_on, secret(std::string("new")), noon}}));
  EXPECT_TRUE(failed_with(commit({create_session{make_session(ann_.id), based_on}}),
                          error_code::conflict, "version"));
  EXPECT_TRUE(commit({create_session{make_session(ann_.id), based_on + 1}}));
  EXPECT_TRUE(commit({create_session{make_session(ann_.id)}})) << "any version";
}

TEST_P(Sessions, HaveTicketsThatWorkOnce) {
  const auto session = add(make_session(ann_.id));
  const auto other = add(make_session(ann_.id));
  constexpr std::uint64_t number = 18446744073709551615ULL;
  const auto spend = [&](const session_id& id, std::uint64_t ticket, time_point at) {
    return commit({spend_ticket{id, ticket, noon + 30s, at}});
  };
  EXPECT_TRUE(spend(session.id, number, noon));
  EXPECT_TRUE(failed_with(spend(session.id, number, noon + 1s), error_code::token_invalid));
  EXPECT_TRUE(spend(session.id, number - 1, noon + 1s));
  EXPECT_TRUE(spend(other.id, number, noon + 1s)) << "another session's";
  EXPECT_TRUE(failed_with(spend(session.id, number, noon + 30s), error_code::token_invalid));
}

TEST_P(Sessions, AreReadBackAsTheyWereWritten) {
  auto wanted = make_session(ann_.id);
  wanted.counter = 41;
  wanted.opened_by = surface::gateway;
  wanted.salt = std::string("\0\x01\\x\"{},'\xff", 11);
  const auto found = add(wanted);
  EXPECT_EQ(found.id, wanted.id);
  EXPECT_EQ(found.user, ann_.id);
  EXPECT_EQ(found.user_number, ann_.number);
  EXPECT_EQ(found.user_role, "user");
  EXPECT_EQ(found.counter, 41u);
  EXPECT_EQ(found.salt, wanted.salt);
  EXPECT_EQ(found.opened_by, surface::gateway);
  EXPECT_EQ(found.user_agent, "curl/8");
  EXPECT_EQ(found.address, "127.0.0.1");
  EXPECT_EQ(found.created_at, noon);
  EXPECT_EQ(found.rotated_at, noon);
  EXPECT_EQ(found.expires_at, noon + 1h);
  EXPECT_FALSE(found.ended_at);
  EXPECT_FALSE(reader_->find_session(session_id{make_uuid(noon)}).value());
}

TEST_P(Sessions, DoNotRotateFromAnotherCounter) {
  const auto s = add(make_session(ann_.id));
  for (const std::uint64_t from : {s.counter - 1, s.counter + 1})
    EXPECT_TRUE(
        failed_with(commit({rotate_session{s.id, from, noon + 1s}}), error_code::token_invalid));
  EXPECT_TRUE(failed_with(commit({rotate_session{session_id{make_uuid(noon)}, 1, noon}}),
                          error_code::token_invalid));
  EXPECT_EQ(session(s.id).counter, s.counter);
}

TEST_P(Sessions, DoNotRotateOnceExpiredOrEnded) {
  const auto s = add(make_session(ann_.id));
  EXPECT_TRUE(failed_with(commit({rotate_session{s.id, s.counter, s.expires_at}}),
                          error_code::token_invalid));
  ASSERT_TRUE(commit({end_session{s.id, noon + 1s, "logout"}}));
  EXPECT_TRUE(
      failed_with(commit({rotate_session{s.id, s.counter, noon + 2s}}), error_code::token_invalid));
}

TEST_P(Sessions, RotateByOne) {
  const auto s = add(make_session(ann_.id));
  ASSERT_TRUE(commit({rotate_session{s.id, s.counter, noon + 2s}}));
  EXPECT_EQ(session(s.id).counter, s.counter + 1);
  EXPECT_EQ(session(s.id).rotated_at, noon + 2s);
  EXPECT_EQ(session(s.id).created_at, noon);
}

TEST_P(Sessions, RotateInTheOrderOfOneBatch) {
  const auto s = add(make_session(ann_.id));
  const auto from = s.counter;
  const std::vector<unit> batch{{{rotate_session{s.id, from, noon + 1s}}},
                                {{rotate_session{s.id, from, noon + 2s}}},
                                {{rotate_session{s.id, from + 1, noon + 3s}}},
                                {{end_session{s.id, noon + 4s, "logout"}}},
                                {{rotate_session{s.id, from + 2, noon + 5s}}}};
  const auto answers = writer_->commit(batch);
  EXPECT_TRUE(answers[0]);
  EXPECT_TRUE(failed_with(answers[1], error_code::token_invalid));
  EXPECT_TRUE(answers[2]);
  EXPECT_TRUE(answers[3]);
  EXPECT_TRUE(failed_with(answers[4], error_code::token_invalid));
  EXPECT_EQ(session(s.id).rotated_at, noon + 3s);
}

TEST_P(Sessions, RotateForOneOfTwentyParallelWriters) {
  constexpr int writers = 20;
  const auto s = add(make_session(ann_.id));
  std::atomic<int> won = 0;
  std::atomic<int> lost = 0;
  std::atomic<int> ready = 0;
  std::vector<std::thread> threads;
  for (int i = 0; i < writers; ++i)
    threads.emplace_back([&] {
      const auto own = store_->open_writer();
      const unit rotation{
          {rotate_session{s.id, s.counter, noon + 1s}, add_audit{make_audit("won")}}};
      ++ready;
      while (ready < writers)
        std::this_thread::yield();
      const auto answer = own->commit({&rotation, 1}).front();
      won += answer.has_value();
      lost += !answer && answer.error().code == error_code::token_invalid;
    });
  for (auto& t : threads)
    t.join();
  EXPECT_EQ(won, 1);
  EXPECT_EQ(lost, writers - 1);
  EXPECT_EQ(session(s.id).counter, s.counter + 1);
}

TEST_P(Sessions, EndOnceAndCountOnce) {
  const auto s = add(make_session(ann_.id));
  EXPECT_EQ(commit({end_session{s.id, noon + 1s, "logout"}})->sessions_ended, 1);
  EXPECT_EQ(session(s.id).ended_at, noon + 1s);
  EXPECT_EQ(commit({end_session{s.id, noon + 2s, "again"}})->sessions_ended, 0);
  EXPECT_EQ(session(s.id).ended_at, noon + 1s);
  EXPECT_EQ(commit({end_session{session_id{make_uuid(noon)}, noon, "none"}})->sessions_ended, 0);
}

TEST_P(Sessions, ThatExpiredEndUncounted) {
  const auto s = add(make_session(ann_.id));
  EXPECT_EQ(commit({end_session{s.id, s.expires_at, "late"}})->sessions_ended, 0);
  EXPECT_TRUE(session(s.id).ended_at);
}

TEST_P(Sessions, OfAUserEndTogetherButOne) {
  const auto bob = add(make_user("bob"));
  const auto kept = add(make_session(ann_.id));
  const auto first = add(make_session(ann_.id));
  const auto second = add(make_session(ann_.id));
  const auto others = add(make_session(bob.id));
  EXPECT_EQ(commit({end_sessions_of{ann_.id, kept.id, noon + 1s, "password"}})->sessions_ended, 2);
  EXPECT_FALSE(session(kept.id).ended_at);
  EXPECT_TRUE(session(first.id).ended_at);
  EXPECT_TRUE(session(second.id).ended_at);
  EXPECT_FALSE(session(others.id).ended_at);
  EXPECT_EQ(commit({end_sessions_of{ann_.id, {}, noon + 1s, "all"}})->sessions_ended, 1);
  EXPECT_EQ(commit({end_sessions_of{ann_.id, {}, noon + 1s, "all"}})->sessions_ended, 0);
}

TEST_P(Sessions, EndedTogetherDoNotRotateLaterInTheBatch) {
  const auto early = add(make_session(ann_.id));
  const auto late = add(make_session(ann_.id));
  const auto opened = make_session(ann_.id);
  const std::vector<unit> batch{{{rotate_session{early.id, early.counter, noon + 1s}}},
                                {{end_sessions_of{ann_.id, {}, noon + 2s, "all"}}},
                                {{rotate_session{late.id, late.counter, noon + 3s}}},
                                {{create_session{opened}}}};
  const auto answers = writer_->commit(batch);
  EXPECT_TRUE(answers[0]);
  ASSERT_TRUE(answers[1]);
  EXPECT_EQ(answers[1]->sessions_ended, 2);
  EXPECT_TRUE(failed_with(answers[2], error_code::token_invalid));
  EXPECT_TRUE(answers[3]);
  EXPECT_FALSE(session(opened.id).ended_at) << "it was opened after the others ended";
}

TEST_P(Sessions, ThatAreLiveAreListedNewestFirst) {
  std::vector<session_id> opened;
  for (int i = 0; i < 4; ++i) {
    auto s = make_session(ann_.id);
    s.created_at = noon - std::chrono::seconds(i);
    opened.push_back(add(s).id);
  }
  auto expired = make_session(ann_.id);
  expired.expires_at = noon;
  add(expired);
  ASSERT_TRUE(commit({end_session{opened[1], noon, "logout"}}));
  const auto ids = [&](std::size_t limit) {
    std::vector<session_id> out;
    const auto live = reader_->answer_to(list_sessions{ann_.id, noon, limit});
    for (const auto& s : *live)
      out.push_back(s.id);
    return out;
  };
  EXPECT_EQ(ids(10), (std::vector<session_id>{opened[0], opened[2], opened[3]}));
  EXPECT_EQ(ids(2), (std::vector<session_id>{opened[0], opened[2]}));
  EXPECT_EQ(reader_->answer_to(list_sessions{ann_.id, noon, 1}).value().at(0).user_number,
            ann_.number);
}

TEST_P(Sessions, ThatAreIdleTakeNoPlaceInTheList) {
  auto idle = make_session(ann_.id);
  idle.created_at = noon + 1s; // the newest
  add(idle);
  auto used = make_session(ann_.id);
  used.rotated_at = noon + 1s;
  add(used);
  list_sessions question{ann_.id, noon + 2s, 1, noon};
  const auto live = reader_->answer_to(question).value();
  ASSERT_EQ(live.size(), 1u);
  EXPECT_EQ(live[0].id, used.id);
}

TEST_P(Sessions, ThatExpiredAreLeftAsTheyAreWhenAllEnd) {
  auto expired = make_session(ann_.id);
  expired.expires_at = noon + 1s;
  add(expired);
  EXPECT_EQ(commit({end_sessions_of{ann_.id, {}, noon + 1s, "all"}})->sessions_ended, 0);
  EXPECT_FALSE(session(expired.id).ended_at);
}

TEST_P(Sessions, AreForgottenOldestFirstOnceTheyHaveLongBeenOver) {
  const auto opened = [this](std::chrono::seconds until) {
    auto s = make_session(ann_.id);
    s.expires_at = noon + until;
    return add(s).id;
  };
  const auto expired_first = opened(1s);
  const auto expired_last = opened(3s);
  const auto live = opened(1h);
  const auto ended = opened(2h);
  ASSERT_TRUE(commit({end_session{ended, noon + 2s, "logout"}}));
  const auto is_there = [this](const session_id& id) {
    return reader_->find_session(id).value().has_value();
  };
  EXPECT_EQ(commit({forget_sessions{noon + 4s, 2}})->forgotten, 2);
  EXPECT_FALSE(is_there(expired_first));
  EXPECT_FALSE(is_there(ended));
  EXPECT_TRUE(is_there(expired_last));
  EXPECT_EQ(commit({forget_sessions{noon + 3s, 2}})->forgotten, 0);
  EXPECT_EQ(commit({forget_sessions{noon + 4s, 2}})->forgotten, 1);
  EXPECT_TRUE(is_there(live));
}

TEST_P(Sessions, LeaveTheirLinesInTheLogUntilThoseAreForgotten) {
  auto old = make_audit("old");
  auto young = make_audit("young");
  young.at = noon + 2s;
  ASSERT_TRUE(commit({add_audit{old}, add_audit{young}}));
  EXPECT_EQ(commit({forget_audits{noon + 1s, 5}})->forgotten, 1);
  EXPECT_EQ(commit({forget_audits{noon + 1s, 5}})->forgotten, 0);
  EXPECT_EQ(commit({forget_audits{noon + 3s, 5}})->forgotten, 1);
}

} // namespace

} // namespace latchkey::test
