// word_list.hpp — a list of words in one column, separated by one space: permissions and scopes.
#pragma once

#include "storage/sql/rows.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace latchkey::storage::sql {

/// Words hold no space and are not empty; facts that break this are refused before.
inline std::string join_words(const std::vector<std::string>& words) {
  std::string out;
  for (const auto& word : words) {
    if (!out.empty()) out += ' ';
    out += word;
  }
  return out;
}

inline std::vector<std::string> split_words(std::string_view text) {
  std::vector<std::string> out;
  while (!text.empty()) {
    const auto space = text.find(' ');
    if (space != 0) out.emplace_back(text.substr(0, space));
    text.remove_prefix(space == std::string_view::npos ? text.size() : space + 1);
  }
  return out;
}

inline std::vector<std::string> words_at(const row_source& row, int column) {
  return split_words(row.text(column).value_or(""));
}

} // namespace latchkey::storage::sql
