// sequence.hpp — a number in the header of the database's file that tells whether a -wal belongs to
// it.
//
// SQLite takes any intact -wal that lies beside a file for that file's own. When an older copy of
// the file is put back beside the newer log, pages of both get mixed: the database is corrupt
// without a word. So each transaction of ours adds one to the header's user version (page 1,
// "Database File Format", 1.3.15), which puts page 1 into every transaction of the log, and each
// start of a server sets it to a random value in the file itself. A log whose numbers do not follow
// on the file's is refused.
#pragma once

#include "storage/sqlite/database.hpp"

#include <string>

namespace latchkey::storage::sqlite {

/// Inside a transaction that writes.
outcome advance_sequence(database& db);

/// Whether the -wal beside the file, if there is any, was written for the file as it is. CONFLICT
/// with a sentence that says what to do. Changes nothing; to be asked before the database is
/// opened, also beside a server that runs.
result<void> check_log_belongs(const std::string& path);

/// A random new beginning, in the file itself and with an empty log. Needs the database for itself:
/// false when other programs would not let it have that within a moment.
bool begin_new_sequence(database& db);

/// Any number.
std::int32_t random_sequence();

} // namespace latchkey::storage::sqlite
