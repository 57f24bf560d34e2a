// words.hpp — times, devices and failures as a person reads them.
#pragma once

#include "gateway/pages/view/texts.hpp"
#include "protocol/result.hpp"
#include "protocol/time.hpp"

#include <cstdint>
#include <string>
#include <string_view>

namespace latchkey::gateway::pages {

/// "3 hours ago"; what lies ahead is now.
std::string ago(const texts& words, time_point then, time_point now);
/// "2026-01-02": the same in every language.
std::string day_of(time_point t);
/// "40 seconds", "12 minutes": never less than it is.
std::string wait_of(const texts& words, std::uint32_t seconds);
/// "Firefox on Linux".
std::string device_in_words(const texts& words, std::string_view user_agent);

/// What a failure says at a form.
struct problem {
  std::string field;       // of the form; empty: the form as a whole
  std::string text;        // in the page's language, or as the API has it
  bool is_english = false; // the latter, and the page is in another language
};
/// By the failure's code, field and reason. A reason that no text is known for is shown as it is.
problem problem_of(const texts& words, const failure& error);

} // namespace latchkey::gateway::pages
