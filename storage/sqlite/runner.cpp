#include "storage/sqlite/runner.hpp"

namespace latchkey::storage::sqlite {

namespace {

/// Views what `p` holds.
value view_of(const sql::parameter& p) {
  if (const auto* flag = std::get_if<bool>(&p)) return std::int64_t{*flag};
  if (const auto* number = std::get_if<std::int64_t>(&p)) return *number;
  if (const auto* text = std::get_if<std::string>(&p)) return std::string_view(*text);
  if (const auto* raw = std::get_if<sql::raw_bytes>(&p)) return blob{raw->bytes};
  return {};
}

} // namespace

std::size_t sqlite_runner::run(const sql::statement& command, std::vector<sql::parameter> values,
                               const std::function<void(const sql::row_source&)>& on_row) {
  if (refusal_ || command.text == nullptr) return 0;
  std::vector<value> views;
  views.reserve(values.size());
  for (const auto& p : values)
    views.push_back(view_of(p));
  const auto ran = db_.run(command, std::span<const value>(views), on_row);
  if (ran) return *ran;
  refusal_ = ran.error();
  return 0;
}

} // namespace latchkey::storage::sqlite
