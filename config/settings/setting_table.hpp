// setting_table.hpp — the one table of settings: each one's name, default, rule and words.
#pragma once

#include "config/settings/settings.hpp"

#include <span>
#include <string>
#include <string_view>

namespace latchkey {

/// One setting. `read` takes the text of any source (never empty), answers whether it
/// is right and stores it; the default goes through it as well.
struct setting_row {
  std::string_view name;     // in the environment and in the JSON file
  std::string_view fallback; // the default's text; empty: unset, or worked out
  std::string_view expects;  // completes "expected …"
  std::string_view about;    // one line for people
  bool is_secret;
  bool (*read)(settings&, std::string_view text);
  std::string (*show)(const settings&); // empty: unset
};

std::span<const setting_row> setting_table() noexcept;

/// The row's index; empty for an unknown name.
std::optional<std::size_t> find_setting(std::string_view name) noexcept;

/// The setting whose name is nearest to `name`, empty when none is near.
std::string_view nearest_setting(std::string_view name);

} // namespace latchkey
