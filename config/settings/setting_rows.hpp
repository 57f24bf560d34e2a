// setting_rows.hpp — rows of the setting table by the kind of their value; private to the table,
// whose topics each have a file.
#pragma once

#include "config/settings/setting_table.hpp"
#include "config/settings/setting_values.hpp"
#include "protocol/text/control_characters.hpp"
#include "protocol/text/login_name.hpp"

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

namespace latchkey::setting_rows {

// -- the table, topic by topic, in the order in which people are shown it ---------------
std::span<const setting_row> of_places() noexcept;
std::span<const setting_row> of_cluster() noexcept;
std::span<const setting_row> of_accounts() noexcept;
std::span<const setting_row> of_factors() noexcept;
std::span<const setting_row> of_limits() noexcept;
std::span<const setting_row> of_services() noexcept;
std::span<const setting_row> of_pages() noexcept;
std::span<const setting_row> of_upstreams() noexcept;

// -- rules that several topics share ------------------------------------------------------
template <std::size_t Min, std::size_t Max>
bool has_length(std::string_view value) {
  return value.size() >= Min && value.size() <= Max;
}

inline bool is_path(std::string_view value) {
  return has_length<1, 4000>(value) && !has_control_characters(value);
}

/// The rule that everybody's addresses go by, so that the first administrator can be made.
inline std::optional<std::string> email(std::string_view value) {
  auto normal = normal_email(value);
  return normal ? std::optional(std::move(*normal)) : std::nullopt;
}

// -- how a field is read and shown --------------------------------------------------
using measure = std::optional<std::uint32_t> (*)(std::string_view, std::uint32_t, std::uint32_t);

template <auto Field, measure Measure, std::uint32_t Min, std::uint32_t Max>
bool number(settings& s, std::string_view text) {
  const auto value = Measure(text, Min, Max);
  if (value) s.*Field = static_cast<std::remove_reference_t<decltype(s.*Field)>>(*value);
  return value.has_value();
}
template <auto Field>
std::string show_number(const settings& s) {
  return std::to_string(s.*Field);
}

template <auto Field>
bool origins(settings& s, std::string_view list) {
  auto found = setting_values::origins(list);
  if (found) s.*Field = std::move(*found);
  return found.has_value();
}
template <auto Field>
std::string show_origins(const settings& s) {
  return setting_values::shown_list(s.*Field);
}

template <auto Field, bool (*Accepts)(std::string_view)>
bool words(settings& s, std::string_view list) {
  auto found = setting_values::words<Accepts>(list);
  if (found) s.*Field = *std::move(found);
  return found.has_value();
}
template <auto Field>
std::string show_words(const settings& s) {
  return setting_values::shown_list(s.*Field);
}

template <auto Field, bool (*Accepts)(std::string_view)>
bool text(settings& s, std::string_view value) {
  if (!Accepts(value)) return false;
  s.*Field = std::string(value);
  return true;
}
template <auto Field, std::optional<std::string> (*Normalise)(std::string_view)>
bool normal_text(settings& s, std::string_view value) {
  auto normal = Normalise(value);
  if (normal) s.*Field = std::move(*normal);
  return normal.has_value();
}
template <auto Field>
std::string show_text(const settings& s) {
  return s.*Field;
}

template <auto Field, bool (*Accepts)(std::string_view)>
bool hidden(settings& s, std::string_view value) {
  if (!Accepts(value)) return false;
  s.*Field = secret(value);
  return true;
}
template <auto Field>
std::string show_hidden(const settings& s) {
  return (s.*Field).empty() ? std::string{} : to_string(s.*Field);
}

template <auto Field>
bool read_rate(settings& s, std::string_view text) {
  const auto limit = setting_values::rate(text);
  if (limit) s.*Field = *limit;
  return limit.has_value();
}
template <auto Field>
std::string show_rate(const settings& s) {
  return setting_values::shown_rate(s.*Field);
}

template <auto Field>
bool read_flag(settings& s, std::string_view text) {
  if (text != "true" && text != "false") return false;
  s.*Field = text == "true";
  return true;
}
template <auto Field>
std::string show_flag(const settings& s) {
  return s.*Field ? "true" : "false";
}

// -- rows of a kind -----------------------------------------------------------------------

template <auto Field, std::uint32_t Min, std::uint32_t Max>
constexpr setting_row count_row(std::string_view name, std::string_view fallback,
                                std::string_view expects, std::string_view about) {
  return {name,
          fallback,
          expects,
          about,
          false,
          number<Field, setting_values::count, Min, Max>,
          show_number<Field>};
}
template <auto Field, std::uint32_t Min, std::uint32_t Max>
constexpr setting_row seconds_row(std::string_view name, std::string_view fallback,
                                  std::string_view expects, std::string_view about) {
  return {name,
          fallback,
          expects,
          about,
          false,
          number<Field, setting_values::seconds, Min, Max>,
          show_number<Field>};
}
template <auto Field>
std::string show_milliseconds(const settings& s) {
  const auto value = s.*Field;
  return value % 1000 == 0 ? std::to_string(value / 1000) + "s" : std::to_string(value) + "ms";
}
template <auto Field, std::uint32_t Min, std::uint32_t Max>
constexpr setting_row milliseconds_row(std::string_view name, std::string_view fallback,
                                       std::string_view expects, std::string_view about) {
  return {name,
          fallback,
          expects,
          about,
          false,
          number<Field, setting_values::milliseconds, Min, Max>,
          show_milliseconds<Field>};
}
template <auto Field, bool (*Accepts)(std::string_view)>
constexpr setting_row text_row(std::string_view name, std::string_view fallback,
                               std::string_view expects, std::string_view about) {
  return {name, fallback, expects, about, false, text<Field, Accepts>, show_text<Field>};
}
template <auto Field, std::optional<std::string> (*Normalise)(std::string_view)>
constexpr setting_row normal_row(std::string_view name, std::string_view fallback,
                                 std::string_view expects, std::string_view about) {
  return {name, fallback, expects, about, false, normal_text<Field, Normalise>, show_text<Field>};
}
template <auto Field, bool (*Accepts)(std::string_view)>
constexpr setting_row secret_row(std::string_view name, std::string_view expects,
                                 std::string_view about) {
  return {name, "", expects, about, true, hidden<Field, Accepts>, show_hidden<Field>};
}

template <auto Field>
constexpr setting_row rate_row(std::string_view name, std::string_view fallback,
                               std::string_view about) {
  return {name,
          fallback,
          "a rate such as 100/minute or 10/15minutes; 0: off",
          about,
          false,
          read_rate<Field>,
          show_rate<Field>};
}

} // namespace latchkey::setting_rows
