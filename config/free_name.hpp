// free_name.hpp — gives a file that is whole its name, unless something has that name.
#pragma once

#include <string>

namespace latchkey {

/// What a file is called until it is whole and gets its name.
inline std::string unfinished_name_of(const std::string& name) {
  return name + ".unfinished";
}

/// Whether anything has the name: a file, a link that leads nowhere, whatever else.
bool is_name_taken(const std::string& name);

/// Gives `from` the name `to`, and makes that durable. False, with errno, when it cannot: EEXIST
/// when something has that name already.
bool rename_to_free_name(const std::string& from, const std::string& to);

} // namespace latchkey
