// backup.hpp — a whole copy of a SQLite database, also of one that is being written.
#pragma once

#include "protocol/result.hpp"

#include <string>

namespace latchkey::storage::sqlite {

/// Copies the database at `from` as it is at one moment to the new file `to`, its owner's alone,
/// complete without any file beside it. Until it is whole it is called `to`.unfinished: a process
/// that is killed leaves nothing under the name `to`, and the next copy replaces what it left.
/// CONFLICT when `to` exists, or while another process writes that copy; a failure's reason is a
/// sentence, and leaves nothing behind.
result<void> copy_database(const std::string& from, const std::string& to);

} // namespace latchkey::storage::sqlite
