// permission.cpp — sets as sorted vectors: they hold few words and are looked at more often
// than they change.
#include "protocol/permission.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

namespace latchkey {
namespace {

constexpr std::string_view everything = "*";

bool is_word(std::string_view text) noexcept {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' || c == '.' || c == '-';
  });
}

bool holds(const std::vector<std::string>& words, std::string_view word) noexcept {
  return std::binary_search(words.begin(), words.end(), word);
}

} // namespace

bool is_role_name(std::string_view name) noexcept {
  return name.size() <= role_name_bytes_max && is_word(name) && name.find('.') == name.npos;
}

bool is_permission(std::string_view text) noexcept {
  if (text == everything) return true;
  const auto colon = text.find(':');
  return text.size() <= permission_bytes_max && colon != std::string_view::npos &&
         is_word(text.substr(0, colon)) && is_word(text.substr(colon + 1));
}

permission_set::permission_set(std::initializer_list<std::string_view> words)
    : permission_set(std::vector<std::string>(words.begin(), words.end())) {}

permission_set::permission_set(std::vector<std::string> words) : words_(std::move(words)) {
  std::sort(words_.begin(), words_.end());
  words_.erase(std::unique(words_.begin(), words_.end()), words_.end());
}

bool permission_set::has(std::string_view permission) const noexcept {
  return holds(words_, permission) || holds(words_, everything);
}

bool permission_set::has_all(const std::vector<std::string>& permissions) const noexcept {
  return std::all_of(permissions.begin(), permissions.end(),
                     [this](const std::string& word) { return has(word); });
}

permission_set permission_set::in_common_with(const permission_set& other) const {
  const bool all = holds(words_, everything);
  const bool all_of_other = holds(other.words_, everything);
  if (all && all_of_other) return with(other);
  if (all) return other;
  if (all_of_other) return *this;
  permission_set common;
  std::set_intersection(words_.begin(), words_.end(), other.words_.begin(), other.words_.end(),
                        std::back_inserter(common.words_));
  return common;
}

permission_set permission_set::with(const permission_set& other) const {
  permission_set both;
  both.words_.reserve(words_.size() + other.words_.size());
  std::set_union(words_.begin(), words_.end(), other.words_.begin(), other.words_.end(),
                 std::back_inserter(both.words_));
  return both;
}

std::string permission_set::joined(char separator) const {
  std::string out;
  for (const auto& word : words_) {
    if (!out.empty()) out += separator;
    out += word;
  }
  return out;
}

} // namespace latchkey
