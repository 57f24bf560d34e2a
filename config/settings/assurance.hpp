// assurance.hpp — what NIST SP 800-63B-4 demands at the level that ASSURANCE names: how settings
// follow it, and where each demand is kept.
#pragma once

#include "config/settings/settings.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace latchkey {

/// Narrows the settings that are not set to what the level demands, and adds a sentence for each
/// that is set and goes beyond it. With aal1 nothing changes.
void keep_assurance(settings& values, setting_problems& problems);

/// SESSION_IDLE_TTL where it is not set, in seconds.
std::uint32_t idle_usual_s(assurance_level level) noexcept;

/// One demand of the standard.
struct assurance_demand {
  enum class state : std::uint8_t {
    kept,
    not_kept,   // by these settings
    not_offered // whatever the settings: the product has no way to keep it
  };
  std::string_view section; // of SP 800-63B-4
  std::string_view demand;  // one sentence; "should" where the standard recommends it
  std::string kept_by;      // a setting and its value, or what the product does
  state is = state::kept;
};

/// What the standard demands of a verifier at that level, and whether these settings keep it.
std::vector<assurance_demand> demands_of(assurance_level level, const settings& values);

/// For `latchkey config check --assurance LEVEL`: two lines for each demand.
std::string describe(const std::vector<assurance_demand>& demands);

} // namespace latchkey
