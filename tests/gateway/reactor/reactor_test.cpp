// Reactors as CAF's scheduler: who runs where, who waits for whom, and how it all stops.
#include "tests/gateway/reactor/reactor_fixture.hpp"

#include "actors/base/behave.hpp"

#include <boost/asio/steady_timer.hpp>
#include <caf/event_based_actor.hpp>
#include <caf/scoped_actor.hpp>
#include <cstdlib>
#include <filesystem>
#include <openssl/rand.h>
#include <pthread.h>
#include <unistd.h>

namespace latchkey::gateway::test {
namespace {

using namespace std::chrono_literals;

/// Sends itself message after message until it ends.
answerer::behavior_type restless(answerer::pointer self, std::atomic<std::uint64_t>* handled) {
  self->set_default_handler(caf::drop);
  caf::anon_send(answerer{self}, question{0});
  return {[self, handled](question& q) {
    ++*handled;
    caf::anon_send(answerer{self}, question{q.number + 1});
    return reply{q.number, this_reactor()};
  }};
}

TEST(Reactor, IsWokenByWorkFromAnotherThread) {
  reactor_fixture f{2};
  // Nothing runs on the reactors now: each message has to wake one.
  for (int i = 0; i < 100; ++i) {
    const auto actor = f.spawn(echo, caf::unit);
    caf::scoped_actor self{f.system()};
    std::size_t handled_on = no_reactor;
    self->request(actor, caf::infinite, question{1})
        .receive([&](reply& r) { handled_on = r.handled_on; },
                 [](caf::error&) { FAIL() << "no answer"; });
    EXPECT_LT(handled_on, 2u);
  }
}

TEST(Reactor, SpreadsTheWorkOfOtherThreads) {
  reactor_fixture f{2};
  std::array<int, 2> handled{};
  for (int i = 0; i < 200; ++i) {
    const auto actor = f.spawn(echo, caf::unit);
    caf::scoped_actor self{f.system()};
    self->request(actor, caf::infinite, question{1})
        .receive([&](reply& r) { ++handled.at(r.handled_on); }, [](caf::error&) {});
  }
  EXPECT_GT(handled[0], 0);
  EXPECT_GT(handled[1], 0);
}

TEST(Reactor, DeliversDelayedMessages) {
  reactor_fixture f;
  std::promise<std::size_t> handled_on;
  const auto later = [](caf::event_based_actor* self, std::promise<std::size_t>* promised) {
    self->delayed_send(self, 10ms, question{1});
    self->become([promised, self](question&) {
      promised->set_value(this_reactor());
      self->quit();
    });
  };
  f.system().spawn(later, &handled_on);
  auto done = handled_on.get_future();
  ASSERT_EQ(done.wait_for(patience), std::future_status::ready);
  EXPECT_EQ(done.get(), 0u);
}

TEST(Reactor, StopsWhileDelayedMessagesAreStillToCome) {
  const watchdog dog{2 * patience};
  const auto begun = std::chrono::steady_clock::now();
  {
    reactor_fixture f;
    const auto actor = f.spawn(echo, caf::unit);
    f.on_reactor(0, [&] { caf::delayed_anon_send(actor, 1h, question{1}); }).get();
  }
  EXPECT_LT(std::chrono::steady_clock::now() - begun, patience);
}

TEST(Reactor, ServesSocketsAndOthersBesideAnActorThatFeedsItself) {
  const watchdog dog{2 * patience};
  reactor_fixture f;
  std::atomic<std::uint64_t> handled = 0;
  for (int i = 0; i < 3; ++i)
    f.spawn(restless, &handled);
  while (handled == 0)
    std::this_thread::yield();
  // A timer stands for a socket: both come from the system through Asio.
  std::promise<void> fired;
  f.on_reactor(0, [&] {
    auto timer = std::make_shared<boost::asio::steady_timer>(f.at(0).context(), 1ms);
    timer->async_wait([timer, &fired](const boost::system::error_code&) { fired.set_value(); });
  });
  EXPECT_EQ(fired.get_future().wait_for(patience), std::future_status::ready);
  const auto actor = f.spawn(echo, caf::unit);
  const auto replied = f.run(0, [&](reactor_edge& edge) -> awaitable<result<reply>> {
    const question q{1};
    co_return co_await edge.ask(actor, q, in(patience));
  });
  EXPECT_TRUE(replied);
}

/// Asks one that answers for as long as it is let, and one that never does.
awaitable<> talk_for_ever(reactor_edge& edge, answerer receiver, std::atomic<int>& frames) {
  const frame_guard frame{frames};
  for (;;) {
    const question q{1};
    auto replied = co_await edge.ask(receiver, q, in(patience));
  }
}

TEST(ReactorScheduler, StartsAndStopsFiftyTimesWithWorkInFlight) {
  const watchdog dog{4 * patience};
  std::atomic<int> frames = 0;
  for (int round = 0; round < 50; ++round) {
    std::atomic<std::uint64_t> handled = 0;
    std::atomic<bool> stop = false;
    std::thread outside;
    {
      reactor_fixture f{2};
      const auto busy = f.spawn(echo, caf::unit);
      const auto detached = f.spawn_detached(echo, caf::unit);
      const auto slow = f.spawn(mute, caf::unit);
      f.spawn(restless, &handled);
      for (std::size_t r = 0; r < 2; ++r)
        for (const auto& receiver : {busy, detached, slow})
          f.on_reactor(r, [&f, &frames, r, receiver] {
            for (int i = 0; i < 5; ++i)
              boost::asio::co_spawn(f.at(r).context(), talk_for_ever(f.edge(r), receiver, frames),
                                    boost::asio::detached);
          });
      outside = std::thread{[&stop, busy] {
        while (!stop) {
          caf::anon_send(busy, question{1});
          std::this_thread::yield();
        }
      }};
      while (handled < 10)
        std::this_thread::yield();
      // Every other round the thread outside goes on until the actors have gone.
      if (round % 2 == 0) {
        stop = true;
        outside.join();
      } else {
        f.end_actors();
        stop = true;
        outside.join();
      }
    }
    EXPECT_EQ(frames, 0) << round;
  }
}

/// A detached actor whose thread ends when the process has cleaned up OpenSSL.
class late_thread {
public:
  /// Before anything of OpenSSL's: it clears after this when a thread ends, and is cleaned up
  /// before this when the process exits.
  static bool prepare() {
    return std::atexit(let_it_end) == 0 && pthread_key_create(&key_, wait) == 0;
  }

  static answerer::behavior_type actor(answerer::pointer self) {
    install_default_handlers(self);
    return {[](question& q) {
      id_ = gettid();
      pthread_setspecific(key_, &id_);
      unsigned char byte = 0; // OpenSSL keeps a generator for each thread
      return reply{static_cast<std::uint64_t>(RAND_bytes(&byte, 1)) + q.number, this_reactor()};
    }};
  }

private:
  static void wait(void* /*id*/) { may_end_.get_future().wait(); }
  static void let_it_end() {
    may_end_.set_value();
    const auto there = "/proc/self/task/" + std::to_string(id_.load());
    while (std::filesystem::exists(there))
      std::this_thread::yield();
  }

  static inline pthread_key_t key_{};
  static inline std::atomic<pid_t> id_{0};
  static inline std::promise<void> may_end_;
};

[[noreturn]] void exit_before_a_thread_ends() {
  if (!late_thread::prepare()) std::_Exit(EXIT_FAILURE);
  {
    const auto config = reactor_config(1);
    caf::actor_system system{*config};
    const auto actor = system.spawn<caf::detached>(late_thread::actor);
    caf::scoped_actor self{system};
    bool answered = false;
    self->request(actor, caf::infinite, question{1})
        .receive([&](reply& r) { answered = r.number == 2; }, [](caf::error&) {});
    if (!answered) std::_Exit(EXIT_FAILURE);
    caf::anon_send_exit(actor, caf::exit_reason::user_shutdown);
  }
  std::exit(EXIT_SUCCESS);
}

// The leak sanitizer makes a failure of what such a thread leaves behind.
TEST(ReactorDeathTest, ThreadThatEndsAfterOpenSslLeavesNothingBehind) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  EXPECT_EXIT(exit_before_a_thread_ends(), ::testing::ExitedWithCode(EXIT_SUCCESS), "");
}

} // namespace
} // namespace latchkey::gateway::test
