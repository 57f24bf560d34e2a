// permission.hpp — what a caller may do: words of the form `resource:action`, and sets of
// them. Scopes of keys and services are the same kind of words.
#pragma once

#include <cstddef>
#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

namespace latchkey {

inline constexpr std::size_t permission_bytes_max = 64;
inline constexpr std::size_t permissions_max = 64; // of one role, key or service

inline constexpr std::size_t role_name_bytes_max = 50;
/// 1 to 50 of [a-z0-9_-].
bool is_role_name(std::string_view name) noexcept;

/// Two words of [a-z0-9_.-] with a colon between them, or `*` alone, which is all of them.
bool is_permission(std::string_view text) noexcept;

/// Sorted and without duplicates.
class permission_set {
public:
  permission_set() = default;
  permission_set(std::initializer_list<std::string_view> words);
  explicit permission_set(std::vector<std::string> words);

  /// True for every permission when the set holds `*`.
  bool has(std::string_view permission) const noexcept;
  bool has_all(const std::vector<std::string>& permissions) const noexcept;
  /// The intersection; `*` matches everything in the other.
  permission_set in_common_with(const permission_set& other) const;
  permission_set with(const permission_set& other) const;
  const std::vector<std::string>& words() const noexcept { return words_; }
  /// With one separator between each two, as headers and columns have them.
  std::string joined(char separator) const;

  friend bool operator==(const permission_set&, const permission_set&) = default;

private:
  std::vector<std::string> words_;
};

} // namespace latchkey
