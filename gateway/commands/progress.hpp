// progress.hpp — the progress of a long command: a bar on a terminal, otherwise a line now and
// then. It goes to stderr, for stdout may be the data.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>

namespace latchkey::gateway::commands {

class progress {
public:
  /// `unit` is counted ("users"). `total` in the unit of `reached` (bytes, rows); 0: not known.
  progress(std::string unit, std::uint64_t total);
  ~progress();
  progress(const progress&) = delete;
  progress& operator=(const progress&) = delete;

  /// `count` are done; `reached` of the total.
  void show(std::uint64_t count, std::uint64_t reached);
  /// A line of its own, which the bar does not run into.
  void say(const std::string& line);

private:
  void clear();

  std::string unit_;
  std::uint64_t total_;
  bool is_terminal_;
  bool is_drawn_ = false;
  std::chrono::steady_clock::time_point shown_at_ = std::chrono::steady_clock::now();
};

} // namespace latchkey::gateway::commands
