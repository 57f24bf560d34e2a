// person_name.hpp — a name in two forms: first and last ("Auth Service API Documentation"), or
// in one piece ("API Reference"). Both are stored as given; the missing one follows from the
// other.
#pragma once

#include <string>

namespace latchkey {

struct person_name {
  std::string first; // empty: not given, as in all of these
  std::string last;
  std::string full;

  friend bool operator==(const person_name&, const person_name&) = default;
};

/// With the missing form: without `full`, it is first and last with a space between; without
/// both of these, the first word of `full` and the rest. What is there stays as it is.
person_name completed(person_name name);

} // namespace latchkey
