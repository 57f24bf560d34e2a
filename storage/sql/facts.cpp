#include "storage/sql/facts.hpp"

namespace latchkey::storage::sql {

std::optional<failure> write_cold(runner& on, const fact& what, written& note) {
  return std::visit(
      [&](const auto& f) -> std::optional<failure> {
        if constexpr (is_hot<std::decay_t<decltype(f)>>)
          return losing(error_code::internal_error, "", "the fact has a form of its own");
        else
          return write(on, f, note);
      },
      what);
}

} // namespace latchkey::storage::sql
