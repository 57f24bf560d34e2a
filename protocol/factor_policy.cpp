#include "protocol/factor_policy.hpp"

#include <utility>

namespace latchkey {

failure needs_level(assurance_level level, std::string reason) {
  const std::string word{to_string(level)};
  failure asked{error_code::mfa_required, {}, std::move(reason)};
  asked.more = "\"acr_values\":\"" + word + '"';
  asked.challenge = "acr_values=\"" + word + '"';
  return asked;
}

failure awaits_second_factor() {
  return needs_level(assurance_level::aal2,
                     "the account must have a second factor: add one, or show the one that it has");
}

} // namespace latchkey
