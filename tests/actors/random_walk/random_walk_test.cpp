// Users, sessions and a store that fails, in random interleavings: whatever happens, what was
// answered stays true, everybody is answered, and memory and store agree in the end.
//
// A failure names its seed. LATCHKEY_RANDOM_WALKS=200 walks 200 more seeds than the usual ones;
// LATCHKEY_RANDOM_WALK_SEED=7 walks that one alone and prints its steps.
#include "tests/actors/random_walk/random_walk.hpp"

#include <cstdlib>
#include <iostream>
#include <numeric>

namespace latchkey::test {
namespace {

constexpr std::size_t steps_of_a_walk = 400;
constexpr std::size_t usual_walks = 20;

std::uint64_t number_from_environment(const char* name) {
  const char* text = std::getenv(name);
  return text == nullptr ? 0 : std::strtoull(text, nullptr, 10);
}

TEST(RandomWalk, KeepsWhatWasAnsweredAndAnswersEverybody) {
  const auto only = number_from_environment("LATCHKEY_RANDOM_WALK_SEED");
  std::vector<std::uint64_t> seeds(
      only != 0 ? 1 : usual_walks + number_from_environment("LATCHKEY_RANDOM_WALKS"));
  std::iota(seeds.begin(), seeds.end(), only != 0 ? only : 1);
  for (const auto seed : seeds) {
    SCOPED_TRACE("LATCHKEY_RANDOM_WALK_SEED=" + std::to_string(seed));
    random_walk walk{seed};
    walk.run_steps(steps_of_a_walk);
    if (only == 0 && !HasFailure()) continue;
    for (std::size_t i = 0; i < walk.steps().size(); ++i)
      std::cout << i + 1 << ": " << walk.steps()[i] << '\n';
    return;
  }
}

} // namespace
} // namespace latchkey::test
