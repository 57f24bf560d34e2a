#include "tests/simulation/requests.hpp"

namespace latchkey::test::simulation {

std::string at_node(place at) {
  return "at node " + std::to_string(at) + ": ";
}

std::string requests::word_of(error_code code) {
  return code == error_code::none ? "done" : std::string{name_of(code)};
}

void requests::poll() {
  // An answer may begin other requests.
  waiting_.splice(waiting_.end(), begun_);
  waiting_.remove_if([](auto& each) { return !each.at->is_frozen() && each.is_over(); });
}

void requests::lose(const node& gone) {
  waiting_.splice(waiting_.end(), begun_);
  waiting_.remove_if([&gone](auto& each) {
    if (each.at != &gone) return false;
    each.on_lost();
    return true;
  });
}

} // namespace latchkey::test::simulation
