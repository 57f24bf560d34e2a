// heartbeats_test.cpp — a reactor that is stuck is noticed.
#include "gateway/reactor/heartbeats.hpp"

#include "gateway/reactor/on_reactor.hpp"
#include "tests/gateway/reactor/reactor_fixture.hpp"

namespace latchkey::gateway::test {
namespace {

class Heartbeats : public testing::Test {
protected:
  Heartbeats() {
    for (std::size_t i = 0; i < 2; ++i)
      on_reactor(reactors_.at(i), [&] { beats_.begin(i, reactors_.at(i).context()); });
  }
  ~Heartbeats() override {
    for (std::size_t i = 0; i < 2; ++i)
      on_reactor(reactors_.at(i), [&] { beats_.end(i); });
  }
  static heartbeats::clock::time_point later() {
    return heartbeats::clock::now() + heartbeats::silent_max;
  }
  static bool become_regular(const heartbeats& beats, heartbeats::clock::time_point at) {
    const auto end = heartbeats::clock::now() + patience;
    while (!beats.are_regular(at) && heartbeats::clock::now() < end)
      std::this_thread::sleep_for(std::chrono::milliseconds{20});
    return beats.are_regular(at);
  }

  reactor_fixture reactors_{2};
  heartbeats beats_{2};
};

TEST_F(Heartbeats, AreRegularAsLongAsEveryReactorHasItsTurns) {
  EXPECT_TRUE(beats_.are_regular());
  const auto then = later();
  EXPECT_FALSE(beats_.are_regular(then)) << "there was no beat since";
  EXPECT_TRUE(become_regular(beats_, then)) << "both beat again";
}

TEST_F(Heartbeats, AreNotWhenOneReactorIsStuck) {
  std::promise<void> freed;
  const auto stuck = reactors_.on_reactor(1, [&] { freed.get_future().wait(); });
  // It began after the others: when it has beaten again, so have those of the same reactor.
  heartbeats of_the_free_one{1};
  on_reactor(reactors_.at(0), [&] { of_the_free_one.begin(0, reactors_.at(0).context()); });
  // Regular at this time are those that have beaten since now.
  const auto then = later();
  EXPECT_TRUE(become_regular(of_the_free_one, then));
  EXPECT_FALSE(beats_.are_regular(then));
  on_reactor(reactors_.at(0), [&] { of_the_free_one.end(0); });
  freed.set_value();
  EXPECT_TRUE(become_regular(beats_, then));
  stuck.wait();
}

TEST_F(Heartbeats, AreNotMissedOfAReactorThatHasEnded) {
  for (std::size_t i = 0; i < 2; ++i)
    on_reactor(reactors_.at(i), [&] { beats_.end(i); });
  EXPECT_TRUE(beats_.are_regular(later()));
}

} // namespace
} // namespace latchkey::gateway::test
