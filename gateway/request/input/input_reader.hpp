// input_reader.hpp — takes JSON apart as it is parsed: the fields of the top level, each with its
// value. Only `input` uses it.
#pragma once

#include "protocol/tokens/secret.hpp"

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace latchkey::gateway {

/// What a field holds.
struct input_value {
  enum class kind : std::uint8_t { text, null, flag, integer, real, list, object };
  kind is = kind::null;
  secret content;                 // of a text; of a flag and a number as it was written
  std::string json;               // of an object or a list, without white space
  std::vector<std::string> items; // of a list, as far as they are texts
  bool is_sound = true;           // a list of texts alone; an object without a doubled name
  bool asked = false;
};

/// Calls `take` with each field of the object that `text` is, until it is false. The sentence
/// says what is wrong with `text`; empty when nothing is, or when `take` was false.
std::string read_json_fields(std::string_view text,
                             const std::function<bool(std::string name, input_value)>& take);

/// The items of a list without white space; nothing unless all are objects.
std::optional<std::vector<std::string>> json_objects(std::string_view list);

} // namespace latchkey::gateway
