#include "protocol/webauthn/transports.hpp"

#include <algorithm>

namespace latchkey::webauthn {

std::vector<std::string> known_transports_of(const std::vector<std::string>& names) {
  std::vector<std::string> known;
  for (const auto transport : known_transports)
    if (std::find(names.begin(), names.end(), transport) != names.end())
      known.emplace_back(transport);
  return known;
}

} // namespace latchkey::webauthn
