// setting_table.cpp — the table, put together from its topics (setting_table_*.cpp). A new setting
// is a field, a row in one of them and a paragraph in .env.example; nothing else.
#include "config/settings/setting_table.hpp"

#include "config/settings/nearest_word.hpp"
#include "config/settings/setting_rows.hpp"

#include <algorithm>
#include <vector>

namespace latchkey {

std::span<const setting_row> setting_table() noexcept {
  static const std::vector<setting_row> all = [] {
    using namespace setting_rows;
    std::vector<setting_row> rows;
    for (const auto topic : {of_places(), of_cluster(), of_accounts(), of_factors(), of_limits(),
                             of_services(), of_pages(), of_upstreams()})
      rows.insert(rows.end(), topic.begin(), topic.end());
    return rows;
  }();
  return all;
}

std::optional<std::size_t> find_setting(std::string_view name) noexcept {
  const auto rows = setting_table();
  const auto found = std::ranges::find(rows, name, &setting_row::name);
  if (found == rows.end()) return std::nullopt;
  return static_cast<std::size_t>(found - rows.begin());
}

std::string_view nearest_setting(std::string_view name) {
  if (name.size() > nearest_word_chars_max) return {};
  std::string upper(name);
  for (auto& c : upper)
    c = c >= 'a' && c <= 'z' ? static_cast<char>(c - ('a' - 'A')) : c;
  std::ranges::replace(upper, '-', '_');
  std::vector<std::string_view> names;
  for (const auto& row : setting_table())
    names.push_back(row.name);
  return nearest_word(upper, names);
}

} // namespace latchkey
