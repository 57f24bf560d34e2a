#include "storage/postgres/runner.hpp"

#include "protocol/text/text_codec.hpp"

namespace latchkey::storage::postgres {

namespace {

constexpr std::string_view bytes_prefix = "\\x"; // bytea_output = hex

/// Empty for NULL. Text is moved out of `p`.
std::optional<std::string> text_of(sql::parameter& p) {
  if (const auto* flag = std::get_if<bool>(&p)) return *flag ? "t" : "f";
  if (const auto* number = std::get_if<std::int64_t>(&p)) return std::to_string(*number);
  if (auto* text = std::get_if<std::string>(&p)) return std::move(*text);
  if (const auto* raw = std::get_if<sql::raw_bytes>(&p))
    return std::string(bytes_prefix) + to_hex(raw->bytes);
  return std::nullopt;
}

} // namespace

std::optional<std::string_view> postgres_row::text(int column) const {
  const auto field = row_[static_cast<pqxx::row::size_type>(column)];
  if (field.is_null()) return std::nullopt;
  return std::string_view(field.c_str(), field.size());
}

std::string postgres_row::bytes(int column) const {
  const auto hex = text(column).value_or(bytes_prefix);
  return from_hex(hex.substr(std::min(bytes_prefix.size(), hex.size()))).value_or("");
}

std::size_t postgres_runner::run(const sql::statement& command, std::vector<sql::parameter> values,
                                 const std::function<void(const sql::row_source&)>& on_row) {
  std::vector<std::optional<std::string>> texts;
  texts.reserve(values.size());
  for (auto& p : values)
    texts.push_back(text_of(p));
  std::vector<const char*> pointers;
  pointers.reserve(texts.size());
  for (const auto& text : texts)
    pointers.push_back(text ? text->c_str() : nullptr);
  const auto rows = link_.run(command, pointers);
  if (on_row)
    for (const auto& row : rows)
      on_row(postgres_row(row));
  return rows.size();
}

} // namespace latchkey::storage::postgres
