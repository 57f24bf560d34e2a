// schema_v9.cpp — version 9: what the names of users who exist already look like in capitals.
#include "storage/facts/new_users.hpp"
#include "storage/migrations/versions.hpp"

namespace latchkey::storage {

migration schema_v9() {
  return {9, "0009_capital_skeletons", {}, {}, {}, add_missing_skeletons};
}

} // namespace latchkey::storage
