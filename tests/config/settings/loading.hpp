// loading.hpp — settings from sources made by hand, right or refused.
#pragma once

#include "config/settings/setting_table.hpp"

#include <map>
#include <stdexcept>
#include <string>
#include <utility>

namespace latchkey::test {

/// The environment alone.
inline setting_sources only(std::map<std::string, std::string, std::less<>> environment) {
  return {std::move(environment), "", std::nullopt};
}

/// The values, which must be right.
inline settings load(const setting_sources& sources) {
  auto loaded = load_settings(sources);
  if (!loaded) throw std::runtime_error("refused: " + loaded.error().front());
  return *std::move(loaded);
}

/// The problems, which there must be.
inline setting_problems refuse(const setting_sources& sources) {
  auto loaded = load_settings(sources);
  if (loaded) throw std::runtime_error("not refused");
  return loaded.error();
}

inline setting_origin origin_of(const settings& values, std::string_view name) {
  return values.origins.at(find_setting(name).value());
}

} // namespace latchkey::test
