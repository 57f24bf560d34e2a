// simulation.hpp — a cluster of the product's own actors, its clients and its misfortunes, as one
// seed decides them.
//
// Real are the actors of users, sessions, the registry and the cluster, what they say to each
// other, and the store's facts (on SQLite). Played are the clock, the network between the nodes,
// the table of members, the fence of a removed member and the hashing of passwords. After each
// event every answer that has come is held against the log of what was answered before.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

namespace latchkey::test::simulation {

struct options {
  std::uint64_t seed = 1;
  std::size_t nodes = 3;
  std::chrono::seconds length{60};                  // of which in the last third nothing fails
  std::function<void(const std::string&)> log = {}; // hears every line
};

struct outcome {
  std::string violation;           // empty: none; else what happened
  std::vector<std::string> newest; // the last lines of the log, when there is a violation
  std::uint64_t operations = 0;
  std::uint64_t answered = 0;
  std::uint64_t frames = 0;
  std::uint64_t kills = 0;
  std::uint64_t fences = 0;
  std::uint64_t freezes = 0;
  std::uint64_t cuts = 0;
  std::uint64_t store_losses = 0;
  std::uint64_t digest = 0; // of the log
};

/// On a thread of its own, so that nothing of an earlier run is left.
outcome simulate(const options& wanted);

} // namespace latchkey::test::simulation
