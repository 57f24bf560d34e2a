#include "gateway/request/authentication_words.hpp"

#include <chrono>

namespace latchkey::gateway {

void write_authentication(json_writer& out, const authentication& authenticated) {
  out.text("acr", to_string(authenticated.by.level())).begin_list("amr");
  for (const auto word : authenticated.by.amr())
    out.item(word);
  const auto at = std::chrono::floor<std::chrono::seconds>(authenticated.at);
  out.end_list().number("auth_time", at.time_since_epoch().count());
}

} // namespace latchkey::gateway
