// Whose end is noticed, and when.
#include "actors/base/root_watch.hpp"

#include "actors/base/key_ring.hpp"
#include "tests/support/actor_fixture.hpp"

namespace latchkey::test {
namespace {

struct watched : actor_fixture {
  std::vector<std::string> lost;
  root_watch roots{[this](std::string_view name) { lost.emplace_back(name); }};

  ~watched() { roots.stop(); } // the fixture ends everybody

  void end(key_ring_actor& actor) {
    caf::anon_send_exit(actor, caf::exit_reason::user_shutdown);
    actor = nullptr;
    run();
  }
};

TEST(RootWatch, NamesTheOneThatHasEnded) {
  watched f;
  auto first = f.spawn(key_ring, f.env().keys);
  auto other = f.spawn(key_ring, f.env().keys);
  f.roots.add("one", first);
  f.roots.add("other", other);
  f.roots.add("none", key_ring_actor{});
  f.end(other);
  EXPECT_EQ(f.lost, std::vector<std::string>{"other"});
}

TEST(RootWatch, LetsAllOfThemEndOnceItIsStopped) {
  watched f;
  auto first = f.spawn(key_ring, f.env().keys);
  f.roots.add("one", first);
  f.roots.stop();
  f.end(first);
  EXPECT_TRUE(f.lost.empty());
}

} // namespace
} // namespace latchkey::test
