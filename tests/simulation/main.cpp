// main.cpp — walks through seeds, or through one of them aloud.
#include "tests/simulation/simulation.hpp"

#include <CLI/CLI.hpp>
#include <cstdio>
#include <iostream>
#include <optional>

namespace sim = latchkey::test::simulation;

namespace {

void add(sim::outcome& all, const sim::outcome& one) {
  all.operations += one.operations;
  all.answered += one.answered;
  all.frames += one.frames;
  all.kills += one.kills;
  all.fences += one.fences;
  all.freezes += one.freezes;
  all.cuts += one.cuts;
  all.store_losses += one.store_losses;
}

void print(const sim::outcome& all, std::chrono::seconds simulated, double took) {
  std::cout << "simulated " << simulated.count() << " s in " << static_cast<int>(took * 10) / 10.0
            << " s (" << static_cast<int>(static_cast<double>(simulated.count()) / took)
            << " times as fast as real time)\n"
            << "operations " << all.operations << ", answered " << all.answered
            << ", frames between nodes " << all.frames << "\n"
            << "faults: " << all.kills << " kills, " << all.freezes << " freezes, " << all.cuts
            << " cuts, " << all.store_losses << " losses of the store; " << all.fences
            << " nodes were removed\n";
}

} // namespace

int main(int argc, char** argv) {
  CLI::App app{"Simulates a cluster: the same seed gives the same events"};
  std::uint64_t first = 1;
  std::uint64_t count = 100;
  std::optional<std::uint64_t> single;
  std::size_t nodes = 3;
  std::uint32_t minutes = 1;
  app.add_option("--seed", single, "One seed, with its whole log");
  app.add_option("--first", first, "The first of --seeds");
  app.add_option("--seeds", count, "How many seeds");
  app.add_option("--nodes", nodes, "How many nodes")->check(CLI::Range(1, 9));
  app.add_option("--minutes", minutes, "Of virtual time, each seed")->check(CLI::Range(1, 1440));
  CLI11_PARSE(app, argc, argv);
  if (single) {
    first = *single;
    count = 1;
  }
  sim::outcome all;
  const auto began = std::chrono::steady_clock::now();
  std::chrono::seconds simulated{0};
  int code = 0;
  for (std::uint64_t i = 0; i < count; ++i) {
    sim::options wanted;
    wanted.seed = first + i;
    wanted.nodes = nodes;
    wanted.length = std::chrono::minutes{minutes};
    if (single) wanted.log = [](const std::string& line) { std::cout << line << "\n"; };
    const auto one = sim::simulate(wanted);
    add(all, one);
    simulated += wanted.length;
    if (one.violation.empty()) continue;
    code = 1;
    std::cout << "seed " << wanted.seed << ": " << one.violation << "\n";
    if (!single)
      for (const auto& line : one.newest)
        std::cout << "  " << line << "\n";
    if (!single) break;
  }
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - began;
  std::cout << (code == 0 ? "no violation in " : "stopped after ")
            << (single ? "seed " + std::to_string(first) : std::to_string(count) + " seeds")
            << "\n";
  print(all, simulated, took.count());
  return code;
}
