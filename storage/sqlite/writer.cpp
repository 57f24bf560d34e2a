#include "storage/sqlite/writer.hpp"

#include "config/log.hpp"
#include "storage/batch.hpp"
#include "storage/facts/rules/fact_check.hpp"
#include "storage/facts/rules/fact_rules.hpp"
#include "storage/sqlite/runner.hpp"
#include "storage/sqlite/sequence.hpp"

#include <sqlite3.h>

#include <algorithm>
#include <exception>

namespace latchkey::storage::sqlite {

namespace {

const sql::statement begin_writing{"begin", "BEGIN IMMEDIATE"};
const sql::statement commit_writing{"commit", "COMMIT"};
const sql::statement set_savepoint{"savepoint", "SAVEPOINT one_unit"};
const sql::statement undo_unit{"undo", "ROLLBACK TO one_unit"};
const sql::statement release_savepoint{"release", "RELEASE one_unit"};

/// Answers `why` to every unit that was not refused on its own account.
void fail_all(std::span<result<written>> answers, const failure& why) {
  for (auto& answer : answers)
    if (answer) answer = fail(why);
}

failure unwritable() {
  return {error_code::store_unavailable, {}, "the database cannot be written now", 1};
}

constexpr auto log_told_every = std::chrono::minutes(1);

/// After a sync that failed, the commit may or may not be in the log that the next start
/// of the program reads; a full disk leaves its last frame incomplete, so it is not there.
failure commit_failure(const error& e) {
  if ((e.code & 0xff) == SQLITE_IOERR)
    return {error_code::outcome_unknown, {}, "the disk failed while it committed", 0};
  return unwritable();
}

} // namespace

std::optional<failure> sqlite_writer::connect() {
  if (db_ && db_->is_suspect()) db_.reset();
  if (db_) return std::nullopt;
  files_.forget();
  auto opened = database::open(common_->path, common_->options, common_->open_count, common_->file);
  if (!opened) {
    teller_.note(opened.error().code);
    common_->trouble = reason_of(opened.error().code);
    return to_failure(opened.error());
  }
  db_ = std::move(*opened);
  return std::nullopt;
}

std::vector<result<written>> sqlite_writer::commit(std::span<const unit> batch) {
  std::vector<result<written>> answers(batch.size());
  for (std::size_t from = 0; from < batch.size(); from += group_units_max) {
    const auto size = std::min(group_units_max, batch.size() - from);
    const auto slice = outcomes(answers).subspan(from, size);
    try {
      commit_slice(batch.subspan(from, size), slice);
      note_trouble();
      watch_log();
    } catch (const std::exception&) {
      // Out of memory, and before COMMIT: nothing after it allocates.
      if (db_) db_->roll_back();
      fail_all(slice, {error_code::internal_error, {}, "the batch could not be written", 0});
    }
  }
  return answers;
}

void sqlite_writer::commit_slice(std::span<const unit> batch, outcomes answers) {
  for (std::size_t i = 0; i < batch.size(); ++i)
    if (auto wrong = check_unit(batch[i])) answers[i] = fail(std::move(*wrong));
  if (auto why = connect()) return fail_all(answers, *why);
  if (auto begun = db_->run(begin_writing, {}); !begun)
    return fail_all(answers, to_failure(begun.error()));
  if (!is_in_place()) {
    db_->roll_back();
    return fail_all(answers, unwritable());
  }
  bool any = false;
  for (std::size_t i = 0; i < batch.size(); ++i) {
    if (!answers[i]) continue;
    if (auto why = write_unit(batch[i], answers[i])) {
      db_->roll_back();
      return fail_all(answers, *why);
    }
    any = any || answers[i].has_value();
  }
  if (!any) return db_->roll_back();
  if (auto numbered = advance_sequence(*db_); !numbered) {
    db_->roll_back();
    return fail_all(answers, to_failure(numbered.error()));
  }
  if (auto done = db_->run(commit_writing, {}); !done) {
    const auto why = commit_failure(done.error());
    db_->roll_back();
    return fail_all(answers, why);
  }
  // A unit that is answered as written must be there after the next start.
  if (!is_in_place())
    fail_all(answers, {error_code::outcome_unknown, {}, "the database's files were removed", 0});
}

bool sqlite_writer::is_in_place() {
  if (!files_.is_noted()) files_.note(common_->path);
  moved_ = db_->has_moved() || !files_.are_in_place();
  // One server's actors must not go on with another database; a command may.
  if (moved_ && !common_->is_claimed) db_->distrust();
  return !moved_;
}

void sqlite_writer::note_trouble() {
  if (!db_) return; // told by connect
  int trouble = db_->take_trouble();
  if (moved_) trouble = SQLITE_READONLY_DBMOVED;
  teller_.note(trouble);
  common_->trouble = reason_of(trouble);
}

void sqlite_writer::watch_log() {
  const auto bytes = log_bytes_of(common_->path);
  common_->log_bytes = bytes;
  if (bytes <= log_bytes_usual) {
    log_bytes_told_ = 0;
    return;
  }
  const auto now = std::chrono::steady_clock::now();
  if (bytes == log_bytes_told_ || (log_bytes_told_ != 0 && now < log_told_at_ + log_told_every))
    return;
  log_bytes_told_ = bytes;
  log_told_at_ = now;
  log_warning("storage", common_->path, "-wal has grown to ", bytes / (1024 * 1024),
              " MiB: another program that reads the database for long, such as an open sqlite3 "
              "shell, keeps it from being folded back. End that program");
}

std::optional<failure> sqlite_writer::write_unit(const unit& facts, result<written>& answer) {
  if (auto set = db_->run(set_savepoint, {}); !set) return to_failure(set.error());
  for (const auto& f : facts.facts) {
    sqlite_runner on(*db_);
    auto lost = rules_of(f).write(on, f, *answer);
    // Once SQLite has refused a statement the runner runs no other, so a loss may follow from that.
    if (on.refusal()) {
      if (is_store_error(*on.refusal())) return to_failure(*on.refusal());
      lost = to_failure(*on.refusal());
    }
    if (!lost) continue;
    answer = fail(std::move(*lost));
    if (auto undone = db_->run(undo_unit, {}); !undone) return to_failure(undone.error());
    break;
  }
  const auto released = db_->run(release_savepoint, {});
  return released ? std::nullopt : std::optional(to_failure(released.error()));
}

} // namespace latchkey::storage::sqlite
