#include "storage/migrations/ninth_schema.hpp"

#include "storage/sql/facts.hpp"

namespace latchkey::storage {

migration ninth_schema() {
  // What a name looks like in capitals, for users who are there already.
  return {9, "0009_capital_skeletons", {}, {}, {}, sql::add_missing_skeletons};
}

} // namespace latchkey::storage
