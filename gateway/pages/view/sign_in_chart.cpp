#include "gateway/pages/view/sign_in_chart.hpp"

#include "gateway/pages/view/words.hpp"

#include <algorithm>
#include <array>

namespace latchkey::gateway::pages {
namespace {

// In the units of the picture's viewBox, as templates/chart.html has it.
constexpr int bar_step = 20;
constexpr int chart_height = 60;
constexpr int bar_min = 12; // of a single sign-in
constexpr int empty_bar = 3;

} // namespace

time_point sign_in_chart_since(time_point now) {
  return std::chrono::floor<std::chrono::days>(now) - std::chrono::days{sign_in_chart_days - 1};
}

model sign_in_chart(const texts& words, const std::vector<storage::audit_day>& days,
                    time_point now) {
  std::array<std::int64_t, sign_in_chart_days> counts{};
  const auto today = std::chrono::floor<std::chrono::days>(now);
  std::int64_t total = 0;
  time_point last{};
  for (const auto& day : days) {
    const auto back = (today - std::chrono::floor<std::chrono::days>(day.last)).count();
    if (back < 0 || back >= sign_in_chart_days) continue;
    counts[static_cast<std::size_t>(sign_in_chart_days - 1 - back)] += day.count;
    total += day.count;
    last = std::max(last, day.last);
  }
  const auto most = std::max<std::int64_t>(*std::ranges::max_element(counts), 1);
  std::vector<model> bars;
  for (std::size_t i = 0; i < counts.size(); ++i) {
    const auto count = counts[i];
    const auto height = count == 0 ? empty_bar
                                   : bar_min + (chart_height - bar_min) * (count - 1) /
                                                   std::max<std::int64_t>(most - 1, 1);
    bars.emplace_back()
        .text("x", std::to_string(static_cast<int>(i) * bar_step))
        .text("y", std::to_string(chart_height - height))
        .text("height", std::to_string(height))
        .flag("is_used", count > 0);
  }
  const auto shown_days = std::to_string(sign_in_chart_days);
  model out;
  out.flag("is_empty", total == 0)
      .text("heading", words.filled("sign_ins_heading", {{"n", shown_days}}))
      .text("title", words["sign_ins_chart_title"])
      .text("description", words.filled(total == 1 ? "sign_ins_chart_one" : "sign_ins_chart_many",
                                        {{"n", std::to_string(total)},
                                         {"days", shown_days},
                                         {"ago", ago(words, last, now)}}))
      .text("first_day",
            words.filled("sign_ins_first_day", {{"n", std::to_string(sign_in_chart_days - 1)}}))
      .list("bars", std::move(bars));
  return out;
}

} // namespace latchkey::gateway::pages
