#include "protocol/service_id.hpp"

#include <algorithm>

namespace latchkey {

bool is_service_id(std::string_view text) noexcept {
  return !text.empty() && text.size() <= service_id_chars_max &&
         std::ranges::all_of(text, [](char c) {
           return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                  c == '.' || c == '_' || c == '-';
         });
}

} // namespace latchkey
