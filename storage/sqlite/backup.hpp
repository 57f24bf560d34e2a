// backup.hpp — a whole copy of a SQLite database, also of one that is being written.
#pragma once

#include "protocol/result.hpp"

#include <string>

namespace latchkey::storage::sqlite {

/// Copies the database at `from` as it is at one moment to the new file `to`, its owner's alone,
/// complete without any file beside it. CONFLICT when `to` exists; a failure's reason is a
/// sentence, and leaves nothing behind.
result<void> copy_database(const std::string& from, const std::string& to);

} // namespace latchkey::storage::sqlite
