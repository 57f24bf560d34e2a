#include "protocol/text/person_name.hpp"

#include "protocol/text/trim.hpp"

#include <algorithm>
#include <string_view>

namespace latchkey {

person_name completed(person_name name) {
  const auto join = [](const std::string& a, const std::string& b) {
    return a.empty() || b.empty() ? a + b : a + ' ' + b;
  };
  if (name.full.empty()) {
    name.full = join(name.first, name.last);
  } else if (name.first.empty() && name.last.empty()) {
    const auto full = trim_white_space(name.full);
    const auto end = std::min(full.find(' '), full.size());
    name.first = full.substr(0, end);
    name.last = trim_white_space(full.substr(end));
  }
  return name;
}

} // namespace latchkey
