#include "gateway/commands/progress.hpp"

#include <algorithm>
#include <iostream>
#include <unistd.h>

namespace latchkey::gateway::commands {
namespace {

constexpr std::uint64_t bar_chars = 30;
constexpr std::chrono::milliseconds between_bars{100};
constexpr std::chrono::seconds between_lines{5};

} // namespace

progress::progress(std::string unit, std::uint64_t total)
    : unit_(std::move(unit)), total_(total), is_terminal_(isatty(STDERR_FILENO) == 1) {}

progress::~progress() {
  clear();
}

void progress::clear() {
  if (is_drawn_) std::cerr << "\r\x1b[K" << std::flush;
  is_drawn_ = false;
}

void progress::show(std::uint64_t count, std::uint64_t reached) {
  const auto now = std::chrono::steady_clock::now();
  const bool is_time =
      is_terminal_ ? now - shown_at_ >= between_bars : now - shown_at_ >= between_lines;
  if (!is_time) return;
  shown_at_ = now;
  std::string line;
  if (total_ > 0) {
    const auto of_total = std::min(reached, total_);
    if (is_terminal_) {
      const auto full = of_total * bar_chars / total_;
      line = "[" + std::string(full, '#') + std::string(bar_chars - full, ' ') + "] ";
    }
    line += std::to_string(of_total * 100 / total_) + " %, ";
  }
  line += std::to_string(count) + " " + unit_;
  if (is_terminal_) {
    std::cerr << "\r\x1b[K" << line << std::flush;
    is_drawn_ = true;
  } else {
    std::cerr << line << std::endl;
  }
}

void progress::say(const std::string& line) {
  clear();
  std::cerr << line << '\n';
}

} // namespace latchkey::gateway::commands
