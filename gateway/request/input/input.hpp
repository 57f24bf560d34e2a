// input.hpp — reads the fields of a request's body or query strictly: a problem names its field and
// its reason, and an unknown field is a problem too.
#pragma once

#include "gateway/http/message/request.hpp"
#include "gateway/request/input/input_reader.hpp"
#include "protocol/result.hpp"
#include "protocol/time.hpp"
#include "protocol/tokens/secret.hpp"

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace latchkey::gateway {

inline constexpr std::size_t json_depth_max = 32;
inline constexpr std::size_t body_fields_max = 64;
inline constexpr std::size_t field_echo_bytes_max = 64;
inline constexpr std::size_t id_text_bytes_max = 64;

/// Which forms of body an endpoint takes.
enum class body_form { json, json_or_form, json_or_empty, form };

/// Reads fields one after another and remembers the first problem, so that an endpoint
/// reads all of them and then asks once. Lengths are in bytes of UTF-8.
class input {
public:
  /// The body as an object of fields. A problem with the body itself (media type, syntax,
  /// depth, not an object, a name twice) is the first problem.
  static input of(const http::request& in, body_form form = body_form::json);
  /// The members of a JSON object that came otherwise.
  static input of_object(std::string_view json);
  /// The query's parameters as fields; flags are `true` and `false`, integers are digits.
  static input of_query(const http::request& in);

  /// A required text of `min` to `max` bytes.
  std::string text(std::string_view field, std::size_t min, std::size_t max);
  /// The same for what must not be seen.
  secret hidden(std::string_view field, std::size_t min, std::size_t max);
  /// Absent and null are empty.
  std::optional<std::string> optional_text(std::string_view field, std::size_t max);
  /// The digits of a number, as they were sent; nothing, and no problem, when it is none.
  std::optional<std::string> optional_number(std::string_view field, std::size_t chars_max);
  std::optional<secret> optional_hidden(std::string_view field, std::size_t max);

  bool flag(std::string_view field);
  std::optional<bool> optional_flag(std::string_view field);
  std::optional<std::int64_t> optional_integer(std::string_view field, std::int64_t min,
                                               std::int64_t max);
  /// RFC 3339; a time before the epoch or after the year 9999 is refused.
  std::optional<time_point> optional_time(std::string_view field);
  /// A list of at most `count_max` texts of 1 to `bytes_max` bytes each.
  std::vector<std::string> texts(std::string_view field, std::size_t count_max,
                                 std::size_t bytes_max);
  std::optional<std::vector<std::string>>
  optional_texts(std::string_view field, std::size_t count_max, std::size_t bytes_max);
  /// A list of at most `count_max` objects, each as JSON text.
  std::optional<std::vector<std::string>> optional_objects(std::string_view field,
                                                           std::size_t count_max);
  /// An object as JSON text, written anew without white space; `bytes_max` of that form. A name
  /// that stands twice in one object is refused.
  std::optional<std::string> object_text(std::string_view field, std::size_t bytes_max);
  /// What names a user: a text of at most 64 bytes, or an integer, as text (`resolve_user`). As in
  /// JSON Schema, 41.0 and 4.1e1 are the integer 41.
  std::string id_text(std::string_view field);
  std::optional<std::string> optional_id_text(std::string_view field);

  /// A user's number as 41, 41.0, 4.1e1 or "41".
  std::optional<std::int64_t> optional_id_number(std::string_view field, std::int64_t min,
                                                 std::int64_t max);
  /// Adds a problem when the field is neither a text nor a number.
  void needs_text_or_number(std::string_view field);

  /// A field that is accepted and has no meaning here.
  void ignore(std::string_view field);
  /// All that were not asked for, of an object whose form is another system's.
  void ignore_others();

  /// Whether the field is there. If it is and an `optional_…` returns nothing, it is null.
  bool has(std::string_view field) const;
  bool is_list(std::string_view field) const;
  /// The names of the fields that were not asked for.
  std::vector<std::string> others() const;

  /// The first problem, or that of a field that was never asked for.
  result<void> done();

  /// Notes what only the caller can see; the first problem is the one that `done` tells.
  void problem(std::string_view field, std::string reason);

private:
  void read_json(std::string_view body);
  void read_form(std::string_view body);
  void add(std::string name, input_value found);
  /// The field, unless it is absent or null.
  input_value* present(std::string_view field);
  input_value* ask(std::string_view field);
  template <class T>
  T required(std::string_view field, std::optional<T> found);
  const secret* bounded(std::string_view field, input_value& found, std::size_t min,
                        std::size_t max);

  std::map<std::string, input_value, std::less<>> fields_;
  std::optional<failure> first_;
  bool is_query_ = false;
};

} // namespace latchkey::gateway
