// sign_in_chart.hpp — a small picture of an account's last sign-ins: a bar for each day.
#pragma once

#include "gateway/pages/view/model.hpp"
#include "gateway/pages/view/texts.hpp"
#include "protocol/facts/audit.hpp"
#include "protocol/time.hpp"

#include <vector>

namespace latchkey::gateway::pages {

/// How many days it shows, today included.
inline constexpr int sign_in_chart_days = 30;

/// The beginning of its first day.
time_point sign_in_chart_since(time_point now);

/// For templates/chart.html. `days`: any order; what lies outside the picture is left out, and
/// without any that is left there is nothing to show (`is_empty`).
model sign_in_chart(const texts& words, const std::vector<storage::audit_day>& days,
                    time_point now);

} // namespace latchkey::gateway::pages
