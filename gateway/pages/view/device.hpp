// device.hpp — a session's browser and system in words, from what the browser said of itself.
#pragma once

#include <string>
#include <string_view>

namespace latchkey::gateway::pages {

/// Both may be empty. What is no browser is named by its first word: "curl".
struct device {
  std::string browser;
  std::string system;
};
device device_of(std::string_view user_agent);

} // namespace latchkey::gateway::pages
