// A hundred seeds of a minute each, or LATCHKEY_SEEDS of them; scripts/simulate walks further.
#include "tests/simulation/simulation.hpp"

#include <cstdlib>
#include <gtest/gtest.h>

namespace latchkey::test {
namespace {

using simulation::options;
using simulation::simulate;

std::string joined(const std::vector<std::string>& lines) {
  std::string out;
  for (const auto& line : lines)
    (out += line) += "\n";
  return out;
}

std::uint64_t seeds() {
  const char* given = std::getenv("LATCHKEY_SEEDS");
  return given != nullptr ? std::strtoull(given, nullptr, 10) : 100;
}

TEST(Simulation, FindsNothingInAnySeed) {
  std::uint64_t answered = 0;
  std::uint64_t fences = 0;
  for (std::uint64_t seed = 1; seed <= seeds(); ++seed) {
    options wanted;
    wanted.seed = seed;
    const auto one = simulate(wanted);
    ASSERT_EQ(one.violation, "") << "seed " << seed << "\n" << joined(one.newest);
    answered += one.answered;
    fences += one.fences;
  }
  EXPECT_GT(answered, 10'000u) << "something was asked";
  EXPECT_GT(fences, 10u) << "and something went wrong";
}

TEST(Simulation, IsTheSameForTheSameSeed) {
  options wanted;
  wanted.seed = 7;
  std::vector<std::string> first;
  std::vector<std::string> second;
  wanted.log = [&](const std::string& line) { first.push_back(line); };
  const auto one = simulate(wanted);
  wanted.log = [&](const std::string& line) { second.push_back(line); };
  const auto other = simulate(wanted);
  EXPECT_EQ(one.digest, other.digest);
  EXPECT_EQ(joined(first), joined(second));
  wanted.seed = 8;
  EXPECT_NE(simulate(wanted).digest, one.digest);
}

TEST(Simulation, GoesOnWithOneNodeAndWithFive) {
  for (const std::size_t nodes : {1, 5}) {
    options wanted;
    wanted.nodes = nodes;
    const auto one = simulate(wanted);
    EXPECT_EQ(one.violation, "") << nodes << " nodes\n" << joined(one.newest);
  }
}

} // namespace
} // namespace latchkey::test
