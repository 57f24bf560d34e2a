// free_name.hpp — renames a complete file, unless something has the new name.
#pragma once

#include <string>

namespace latchkey {

/// The name of a file until it is complete.
inline std::string unfinished_name_of(const std::string& name) {
  return name + ".unfinished";
}

/// Whether anything has the name: a file, a link that leads nowhere or anything else.
bool is_name_taken(const std::string& name);

/// Renames `from` to `to` durably. False, with errno, on an error: EEXIST when something has the
/// name `to` already.
bool rename_to_free_name(const std::string& from, const std::string& to);

} // namespace latchkey
