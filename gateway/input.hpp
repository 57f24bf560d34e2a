// input.hpp — the fields of a request's body, read strictly: what is wrong is named by
// its field and its reason, and a field that nobody asked for is wrong too.
#pragma once

#include "gateway/http/request.hpp"
#include "protocol/result.hpp"
#include "protocol/secret.hpp"

#include <cstddef>
#include <initializer_list>
#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace latchkey::gateway {

inline constexpr std::size_t json_depth_max = 32;
inline constexpr std::size_t body_fields_max = 64;
inline constexpr std::size_t field_echo_bytes_max = 64;

/// Which forms of body an endpoint takes.
enum class body_form { json, json_or_form, json_or_empty };

/// Reads fields one after another and remembers the first problem, so that an endpoint
/// reads all of them and then asks once. Lengths are in bytes of UTF-8.
class input {
public:
  /// The body as an object of fields. A problem with the body itself (media type, syntax,
  /// depth, not an object, a name twice) is the first problem.
  static input of(const http::request& in, body_form form = body_form::json);

  /// A required text of `min` to `max` bytes.
  std::string text(std::string_view field, std::size_t min, std::size_t max);
  /// The same for what must not be seen.
  secret hidden(std::string_view field, std::size_t min, std::size_t max);
  /// Absent and null are empty.
  std::optional<std::string> optional_text(std::string_view field, std::size_t max);
  std::optional<secret> optional_hidden(std::string_view field, std::size_t max);
  /// A field that is accepted and has no meaning here.
  void ignore(std::string_view field);

  bool has(std::string_view field) const;

  /// The first problem, or that of a field that was never asked for.
  result<void> done();

private:
  struct value {
    enum class kind : unsigned char { text, null, other } is = kind::other;
    secret content;
    bool asked = false;
  };

  void problem(std::string_view field, std::string reason);
  void read_json(std::string_view body);
  void read_form(std::string_view body);
  value* ask(std::string_view field);
  const secret* bounded(std::string_view field, value& found, std::size_t min, std::size_t max);

  std::map<std::string, value, std::less<>> fields_;
  std::optional<failure> first_;
};

} // namespace latchkey::gateway
