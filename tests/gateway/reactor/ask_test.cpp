// ask(): how coroutines talk to actors, and what becomes of them when nobody answers.
#include "tests/gateway/reactor/reactor_fixture.hpp"

#include <stdexcept>

namespace latchkey::gateway::test {
namespace {

using namespace std::chrono_literals;
using answer = result<reply>;

/// An actor of which it is certain that it has ended.
answerer ended(reactor_fixture& f) {
  auto actor = f.spawn(echo, caf::unit);
  caf::anon_send_exit(actor, caf::exit_reason::user_shutdown);
  f.run(0, [&](reactor_edge& edge) -> awaitable<answer> {
    const question q{1};
    for (;;) {
      auto replied = co_await edge.ask(actor, q, in(patience));
      if (!replied) co_return replied;
    }
  });
  return actor;
}

TEST(Ask, IsHandledOnTheReactorOfTheAsker) {
  reactor_fixture f{2};
  const auto actor = f.spawn(echo, caf::unit);
  for (std::size_t i : {0u, 1u, 0u, 1u}) {
    const auto handled = f.run(i, [&](reactor_edge& edge) -> awaitable<std::vector<std::size_t>> {
      std::vector<std::size_t> out;
      const question q{7};
      // It may still be at work on the other reactor; once it rests it is woken here.
      const auto until = in(patience);
      for (auto there = no_reactor; there != i && std::chrono::steady_clock::now() < until;) {
        auto replied = co_await edge.ask(actor, q, until);
        if (replied) there = replied->handled_on;
      }
      for (int n = 0; n < 100; ++n) {
        auto replied = co_await edge.ask(actor, q, until);
        out.push_back(replied && replied->number == 7 ? replied->handled_on : no_reactor);
      }
      co_return out;
    });
    EXPECT_EQ(handled, std::vector<std::size_t>(100, i));
  }
}

TEST(Ask, OfADetachedActorContinuesOnTheReactorOfTheAsker) {
  reactor_fixture f{2};
  const auto actor = f.spawn_detached(echo, caf::unit);
  const auto continued_on = f.run(1, [&](reactor_edge& edge) -> awaitable<std::size_t> {
    const question q{7};
    auto replied = co_await edge.ask(actor, q, in(patience));
    if (!replied || replied->handled_on != no_reactor) co_return no_reactor;
    co_return this_reactor();
  });
  EXPECT_EQ(continued_on, 1u);
}

TEST(Ask, AnswersTimeoutAtTheDeadlineAndDropsTheLateAnswer) {
  reactor_fixture f;
  const auto slow = f.spawn(mute, caf::unit);
  const auto started = std::chrono::steady_clock::now();
  const auto words = f.run(0, [&](reactor_edge& edge) -> awaitable<std::vector<error_code>> {
    std::vector<error_code> out;
    const question never{1};
    const question now{0};
    auto first = co_await edge.ask(slow, never, in(50ms));
    out.push_back(first ? error_code::none : first.error().code);
    // The late answer comes together with the next.
    auto second = co_await edge.ask(slow, now, in(patience));
    out.push_back(second ? error_code::none : second.error().code);
    auto third = co_await edge.ask(slow, now, in(patience));
    out.push_back(third ? error_code::none : third.error().code);
    co_return out;
  });
  EXPECT_GE(std::chrono::steady_clock::now() - started, 50ms);
  EXPECT_EQ(words, (std::vector{error_code::timeout, error_code::none, error_code::none}));
  EXPECT_EQ(f.at(0).timers().size(), 0u);
}

TEST(Ask, WithADeadlineInThePastAnswersTimeout) {
  reactor_fixture f;
  const auto slow = f.spawn(mute, caf::unit);
  const auto replied = f.run(0, [&](reactor_edge& edge) -> awaitable<answer> {
    const question q{1};
    co_return co_await edge.ask(slow, q, in(-1s));
  });
  ASSERT_FALSE(replied);
  EXPECT_EQ(replied.error().code, error_code::timeout);
}

TEST(Ask, OfAnActorThatHasEndedAnswersAtOnce) {
  reactor_fixture f;
  const auto gone = ended(f);
  const auto started = std::chrono::steady_clock::now();
  const auto replied = f.run(0, [&](reactor_edge& edge) -> awaitable<answer> {
    const question q{1};
    co_return co_await edge.ask(gone, q, in(patience));
  });
  ASSERT_FALSE(replied);
  EXPECT_EQ(replied.error().code, error_code::internal_error);
  EXPECT_LT(std::chrono::steady_clock::now() - started, patience);
}

TEST(Ask, SurvivesACoroutineThatThrowsAfterItsAnswer) {
  reactor_fixture f;
  const auto actor = f.spawn(echo, caf::unit);
  const auto throws = [&](reactor_edge& edge) -> awaitable<answer> {
    const question q{1};
    auto replied = co_await edge.ask(actor, q, in(patience));
    throw std::runtime_error("as told");
  };
  EXPECT_THROW(f.run(0, throws), std::runtime_error);
  // And when nobody looks at the exception.
  f.on_reactor(0, [&] {
     boost::asio::co_spawn(
         f.at(0).context(), [&] { return throws(f.edge()); }, boost::asio::detached);
   }).get();
  const auto replied = f.run(0, [&](reactor_edge& edge) -> awaitable<answer> {
    const question q{2};
    co_return co_await edge.ask(actor, q, in(patience));
  });
  EXPECT_TRUE(replied);
}

TEST(Ask, LosesNothingInAHundredThousandConversations) {
  constexpr std::size_t actors_count = 64;
  constexpr std::size_t askers = 50;
  constexpr std::uint64_t each = 1000;
  reactor_fixture f{2};
  std::vector<answerer> actors;
  for (std::size_t i = 0; i < actors_count; ++i)
    actors.push_back(f.spawn(echo, caf::unit));
  std::atomic<std::uint64_t> right = 0;
  std::atomic<std::size_t> left = 2 * askers;
  std::promise<void> all;
  const auto talk = [&](reactor_edge& edge, std::size_t start) -> awaitable<> {
    for (std::uint64_t i = 0; i < each; ++i) {
      const question q{i};
      auto replied = co_await edge.ask(actors[(start + i) % actors.size()], q, in(patience));
      if (replied && replied->number == i) ++right;
    }
    if (--left == 0) all.set_value();
  };
  for (std::size_t r = 0; r < 2; ++r)
    f.on_reactor(r, [&, r] {
      for (std::size_t i = 0; i < askers; ++i)
        boost::asio::co_spawn(f.at(r).context(), talk(f.edge(r), i), boost::asio::detached);
    });
  ASSERT_EQ(all.get_future().wait_for(4 * patience), std::future_status::ready);
  EXPECT_EQ(right.load(), 2 * askers * each);
}

// -- the end of an edge ------------------------------------------------------------

/// Asks and never comes back when the edge ends first.
awaitable<> ask_and_tell(reactor_edge& edge, answerer receiver, std::atomic<int>& frames,
                         std::atomic<int>& continued) {
  const frame_guard frame{frames};
  const question q{1};
  auto replied = co_await edge.ask(receiver, q, in(patience));
  if (replied) edge.env().now(); // would be a use after the end
  ++continued;
}

TEST(EdgesEnd, DestroysCoroutinesThatWait) {
  std::atomic<int> frames = 0;
  std::atomic<int> continued = 0;
  {
    reactor_fixture f;
    const auto slow = f.spawn(mute, caf::unit);
    f.on_reactor(0, [&] {
       for (int i = 0; i < 100; ++i)
         boost::asio::co_spawn(f.at(0).context(), ask_and_tell(f.edge(), slow, frames, continued),
                               boost::asio::detached);
     }).get();
    EXPECT_EQ(frames, 100);
    f.close_edge(0);
    EXPECT_TRUE(f.wait_until(0, [&] { return frames == 0; }));
    EXPECT_EQ(f.at(0).timers().size(), 0u);
  }
  EXPECT_EQ(continued, 0);
}

TEST(EdgesEnd, OvertakesAnAnswerThatIsQueuedAlready) {
  std::atomic<int> frames = 0;
  std::atomic<int> continued = 0;
  {
    reactor_fixture f;
    const auto asked = f.spawn(echo, caf::unit);
    // More work than the reactor does in one turn stands between the question and its
    // answer; the edge ends after that turn.
    std::vector<answerer> crowd;
    for (int i = 0; i < 1000; ++i)
      crowd.push_back(f.spawn(echo, caf::unit));
    // Once all of them have answered, each waits for mail and becomes one job by it.
    f.run(0, [&](reactor_edge& edge) -> awaitable<bool> {
      for (const auto& actor : crowd) {
        const question q{1};
        co_await edge.ask(actor, q, in(patience));
      }
      co_return true;
    });
    f.on_reactor(0, [&] {
       boost::asio::co_spawn(f.at(0).context(), ask_and_tell(f.edge(), asked, frames, continued),
                             boost::asio::detached);
       for (const auto& actor : crowd)
         caf::anon_send(actor, question{1});
       boost::asio::post(f.at(0).context(), [&] { f.close_edge_here(0); });
     }).get();
    EXPECT_TRUE(f.wait_until(0, [&] { return frames == 0; }));
  }
  EXPECT_EQ(continued, 0);
}

TEST(EdgeActor, DestroysWhoeverAsksAfterItsEnd) {
  std::atomic<int> frames = 0;
  std::atomic<int> continued = 0;
  reactor_fixture f;
  const auto actor = f.spawn(echo, caf::unit);
  const auto talk = [&](reactor_actor& edge) -> awaitable<> {
    const frame_guard frame{frames};
    const question q{1};
    auto replied = co_await edge.ask(actor, q, in(patience));
    ++continued;
  };
  // The handle must outlive the coroutine's frame, which is destroyed later.
  const auto owner = f.on_reactor(0, [&] {
                        caf::actor_config config{&f.at(0)};
                        auto handle = f.system().spawn_class<reactor_actor, caf::no_spawn_options>(
                            config, f.at(0));
                        auto strong = caf::actor_cast<caf::strong_actor_ptr>(handle);
                        auto& edge = static_cast<reactor_actor&>(*strong->get());
                        edge.close();
                        edge.close(); // once more changes nothing
                        boost::asio::co_spawn(
                            f.at(0).context(), [&] { return talk(edge); }, boost::asio::detached);
                        return strong;
                      }).get();
  EXPECT_TRUE(f.wait_until(0, [&] { return frames == 0; }));
  EXPECT_EQ(continued, 0);
}

} // namespace
} // namespace latchkey::gateway::test
