// route_json.hpp — reads members of a JSON object strictly and names the location of each problem;
// private to the proxy.
#pragma once

#include "protocol/result.hpp"

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

namespace latchkey::proxy::route_json {

/// VALIDATION_ERROR of the member `field`.
tl::unexpected<failure> problem(std::string field, std::string reason);
/// The same with what is there and what would be right: `is "x": expected y`.
tl::unexpected<failure> expected(std::string field, const nlohmann::json& found,
                                 std::string_view right);

/// "routes[2].path"; the name alone where `location` is empty.
std::string member_of(const std::string& location, std::string_view name);
/// "routes[2]".
std::string item_of(std::string_view list, std::size_t index);

/// A JSON text (RFC 8259) of at most `bytes_max`. A member that stands twice in one object is a
/// problem, which a plain parser would settle in silence.
result<nlohmann::json> read_text(std::string_view text, std::size_t bytes_max);

/// Whether `object` is one, without members but `known`.
result<void> check_members(const nlohmann::json& object, const std::string& location,
                           std::initializer_list<std::string_view> known);

/// A list of the outermost object; an absent one is empty.
result<nlohmann::json> list_member(const nlohmann::json& object, const char* name);

/// A text that must be there; `right` says what it would be.
result<std::string> text_member(const nlohmann::json& object, const std::string& location,
                                const char* name, std::string_view right);

/// A whole number of `min` to `max`; `fallback` when it is absent.
result<std::uint64_t> number_member(const nlohmann::json& object, const std::string& location,
                                    const char* name, std::uint64_t min, std::uint64_t max,
                                    std::uint64_t fallback);

} // namespace latchkey::proxy::route_json
