// schema_v5.cpp — version 5: which of a session's refresh tokens came back.
#include "storage/migrations/versions.hpp"

namespace latchkey::storage {

namespace {

// 0: nobody knows of any, as after a crash.
constexpr std::string_view seen_tokens = R"(
ALTER TABLE sessions ADD COLUMN seen_counter BIGINT NOT NULL DEFAULT 0)";

} // namespace

migration schema_v5() {
  return {5, "0005_seen_refresh_tokens", {seen_tokens}, {}, {}};
}

} // namespace latchkey::storage
