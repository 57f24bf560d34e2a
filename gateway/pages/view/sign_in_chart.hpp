// sign_in_chart.hpp — a small picture of an account's last sign-ins: a bar for each day.
#pragma once

#include "gateway/pages/view/model.hpp"
#include "gateway/pages/view/texts.hpp"
#include "protocol/time.hpp"

#include <vector>

namespace latchkey::gateway::pages {

/// How many days it shows, today included.
inline constexpr int sign_in_chart_days = 30;

/// For templates/chart.html. `times`: any order; what lies outside the days is left out, and
/// without any that is left there is nothing to show (`is_empty`).
model sign_in_chart(const texts& words, const std::vector<time_point>& times, time_point now);

} // namespace latchkey::gateway::pages
