// rows.hpp — rows of the catalogue's readers as records; the same for both engines.
#pragma once

#include "protocol/facts/recovery.hpp"
#include "protocol/facts/sessions.hpp"
#include "protocol/facts/users.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace latchkey::storage::sql {

/// One row as an engine gives it. Views live until the next row.
class row_source {
public:
  virtual ~row_source() = default;
  /// As text; empty when NULL. Booleans are "t" and "f" or "1" and "0".
  virtual std::optional<std::string_view> text(int column) const = 0;
  virtual std::string bytes(int column) const = 0;
};

/// A column that should hold a number but does not is 0.
std::int64_t number_at(const row_source& row, int column);
bool flag_at(const row_source& row, int column);
/// `otherwise` stands for NULL.
std::string text_or(const row_source& row, int column, std::string_view otherwise = {});
/// Empty for NULL and for text that is not a time.
std::optional<time_point> time_at(const row_source& row, int column);

/// The rows of `find_user`, `find_session` and similar statements; empty when an id or a time
/// cannot be read, which only another program can cause.
std::optional<user_record> to_user(const row_source& row);
std::optional<session_record> to_session(const row_source& row);
std::optional<user_id> to_user_id(std::optional<std::string_view> text);

/// How `reset_tokens.purpose` is written.
std::string_view name_of(token_purpose purpose) noexcept;
/// An unknown name counts as the purpose that proves least.
token_purpose token_purpose_named(std::string_view name) noexcept;

/// How `sessions.opened_by` is written.
std::string_view name_of(surface opened_by) noexcept;

} // namespace latchkey::storage::sql
