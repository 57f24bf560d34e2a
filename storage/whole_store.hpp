// whole_store.hpp — what may be asked of a database as a whole: who is its one server, what is
// noted of it, and a copy of it.
#pragma once

#include "storage/store.hpp"

#include <functional>

namespace latchkey::storage {

/// Both engines are one. Thread-safe.
class whole_store : public store {
public:
  /// Makes this process the one server of the database until it ends; to be called before
  /// `migrate` and before any connection is opened. `who` describes the process. CONFLICT when
  /// another server is at work, with a sentence that names it; CONFLICT also when the way to the
  /// database does not keep sessions (a pooler in transaction mode). A crashed server is in
  /// nobody's way. `lost` hears, on any thread, the sentence of why this process is not the one
  /// server any more: nothing is written from then on.
  virtual result<void> claim(const std::string& who,
                             std::function<void(const std::string&)> lost) = 0;
  /// What was written under that name by `write_note`; needs the schema.
  virtual result<std::optional<std::string>> read_note(std::string_view name) = 0;
  virtual result<void> write_note(std::string_view name, std::string_view value) = 0;
  /// Whether any session has neither ended nor expired.
  virtual result<bool> has_live_sessions(time_point now) = 0;
  /// Writes a whole copy of the database as of now to a new file, beside a running server too.
  /// CONFLICT when there is such a file, or when the engine has a tool of its own for it.
  virtual result<void> back_up(const std::string& path) = 0;
};

/// Null for a store that is only a part of one, as in tests.
inline whole_store* whole(store& one) {
  return dynamic_cast<whole_store*>(&one);
}

} // namespace latchkey::storage
