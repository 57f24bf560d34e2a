// How an edge finds the actor of a session, and finds it again when it has left memory.
#include "tests/gateway/reactor/reactor_fixture.hpp"
#include "tests/support/stub.hpp"

#include <algorithm>
#include <cstdint>
#include <vector>

namespace latchkey::gateway::test {
namespace {

using namespace std::chrono_literals;

/// A session that lives, or one that is always about to leave.
session_actor::behavior_type resident(session_actor::pointer self, std::int64_t number) {
  return latchkey::test::stub<session_actor>(
      self,
      [number](messages::validate&) -> caf::result<messages::validation> {
        if (number < 0) return gone();
        messages::validation out;
        out.user_number = number;
        return out;
      },
      [](messages::refresh&) -> caf::result<messages::token_pair> {
        return to_error(failure{error_code::conflict, "field", "reason", 3});
      });
}

/// What a test and its directory share.
struct plan {
  std::vector<session_actor> answers; // one a question; the last again and again
  std::vector<std::uint64_t> gone;    // what was said of each
};

directory_actor::behavior_type scripted(directory_actor::pointer self, plan* script) {
  return latchkey::test::stub<directory_actor>(
      self,
      [](messages::find_user&) -> caf::result<user_actor> {
        return to_error(error_code::user_not_found);
      },
      [script](messages::find_session& request) -> caf::result<session_actor> {
        script->gone.push_back(request.gone);
        const auto next = std::min(script->gone.size(), script->answers.size());
        if (next == 0) return to_error(error_code::token_invalid);
        return script->answers[next - 1];
      });
}

struct one_directory : reactor_fixture {
  plan script;
  session_id id{make_uuid(time_point{})};

  one_directory() { env().directories.push_back(spawn(scripted, &script)); }
  ~one_directory() { script.answers.clear(); }

  /// An actor that has ended.
  session_actor ended() {
    auto actor = spawn(resident, 1);
    caf::anon_send_exit(actor, caf::exit_reason::user_shutdown);
    return actor;
  }
  result<messages::validation> validate() {
    return run(0, [this](reactor_edge& edge) -> awaitable<result<messages::validation>> {
      const messages::validate question;
      co_return co_await edge.ask_session(id, question, in(patience));
    });
  }
};

TEST(AskSession, PassesOnThatThereIsNone) {
  one_directory f;
  const auto answer = f.validate();
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().code, error_code::token_invalid);
  EXPECT_EQ(f.script.gone.size(), 1u);
}

TEST(AskSession, PassesOnTheSessionsOwnRefusalWhole) {
  one_directory f;
  f.script.answers = {f.spawn(resident, 7)};
  const auto answer = f.run(0, [&](reactor_edge& edge) -> awaitable<result<messages::token_pair>> {
    const messages::refresh question;
    co_return co_await edge.ask_session(f.id, question, in(patience));
  });
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().code, error_code::conflict);
  EXPECT_EQ(answer.error().field, "field");
  EXPECT_EQ(answer.error().reason, "reason");
  EXPECT_EQ(answer.error().retry_after_s, 3u);
  EXPECT_EQ(f.script.gone.size(), 1u);
}

TEST(AskSession, AsksTheDirectoryOnce) {
  one_directory f;
  f.script.answers = {f.spawn(resident, 7)};
  for (int i = 0; i < 3; ++i)
    EXPECT_EQ(f.validate().value().user_number, 7);
  EXPECT_EQ(f.script.gone, std::vector<std::uint64_t>{0});
}

TEST(AskSession, LooksForTheSuccessorOfOneThatIsLeaving) {
  one_directory f;
  f.script.answers = {f.spawn(resident, -1), f.spawn(resident, 8)};
  EXPECT_EQ(f.validate().value().user_number, 8);
  EXPECT_EQ(f.script.gone, (std::vector<std::uint64_t>{0, f.script.answers[0].id()}));
  EXPECT_EQ(f.validate().value().user_number, 8);
  EXPECT_EQ(f.script.gone.size(), 2u);
}

TEST(AskSession, LooksForTheSuccessorOfOneThatItKnewAndThatHasEnded) {
  one_directory f;
  const auto first = f.spawn(resident, 7);
  f.script.answers = {first, f.spawn(resident, 8)};
  EXPECT_EQ(f.validate().value().user_number, 7);
  caf::anon_send_exit(first, caf::exit_reason::user_shutdown);
  // It ends when it comes to it; until then it may answer.
  std::int64_t number = 7;
  for (const auto until = in(patience); number == 7 && std::chrono::steady_clock::now() < until;)
    number = f.validate().value().user_number;
  EXPECT_EQ(number, 8);
  EXPECT_EQ(f.script.gone, (std::vector<std::uint64_t>{0, first.id()}));
}

TEST(AskSession, KeepsNoHandleOfOneThatHasEnded) {
  one_directory f;
  auto known = f.system().spawn(resident, 7);
  f.script.answers = {known};
  EXPECT_EQ(f.validate().value().user_number, 7);
  const auto seen = caf::actor_cast<caf::weak_actor_ptr>(known);
  f.script.answers.clear();
  known = nullptr;
  EXPECT_TRUE(seen.lock()) << "it is remembered";
  caf::anon_send_exit(caf::actor_cast<caf::actor>(seen.lock()), caf::exit_reason::user_shutdown);
  EXPECT_TRUE(f.wait_until(0, [&seen] { return !seen.lock(); }));
}

TEST(AskSession, GivesUpOnADirectoryThatKnowsOnlyTheDead) {
  one_directory f;
  f.script.answers = {f.spawn(resident, -1), f.ended(), f.spawn(resident, -1)};
  const auto answer = f.validate();
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().code, error_code::internal_error);
  EXPECT_EQ(f.script.gone.size(), 3u);
}

TEST(AskUser, PassesOnThatThereIsNone) {
  one_directory f;
  const auto answer = f.run(0, [&](reactor_edge& edge) -> awaitable<result<messages::user_view>> {
    const messages::describe_user question;
    co_return co_await edge.ask_user(user_id{f.id}, question, in(patience));
  });
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().code, error_code::user_not_found);
}

} // namespace
} // namespace latchkey::gateway::test
