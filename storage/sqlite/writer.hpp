// writer.hpp — a batch as one SQLite transaction, a savepoint a unit.
#pragma once

#include "storage/sqlite/database.hpp"

#include <chrono>

namespace latchkey::storage::sqlite {

/// What all connections of one store share; they keep it alive.
struct shared {
  std::string path;
  sqlite_options options;
  std::atomic<std::size_t> open_count{0};
  std::atomic<bool> is_claimed{false};       // by this process, the one server
  std::optional<file_id> file;               // that of a claimed store; set once, before its use
  std::atomic<const char*> trouble{nullptr}; // why nothing could be written last; null: it could
  std::atomic<std::int64_t> log_bytes{0};    // of the -wal, at the last commit
};

class sqlite_writer final : public writer {
public:
  explicit sqlite_writer(std::shared_ptr<shared> common) : common_(std::move(common)) {}
  std::vector<result<written>> commit(std::span<const unit> batch) override;

private:
  using outcomes = std::span<result<written>>;

  /// Also when the connection it has is not to be trusted any more.
  std::optional<failure> connect();
  void commit_slice(std::span<const unit> batch, outcomes answers);
  /// Empty when the unit was written or refused alone; else why nothing can be.
  std::optional<failure> write_unit(const unit& facts, result<written>& answer);

  /// Whether a commit would be found by the next start of the program.
  bool is_in_place();
  void note_trouble();
  void watch_log();

  std::shared_ptr<shared> common_;
  std::unique_ptr<database> db_;
  open_files files_;
  trouble_teller teller_;
  bool moved_ = false;
  std::int64_t log_bytes_told_ = 0;
  std::chrono::steady_clock::time_point log_told_at_{};
};

} // namespace latchkey::storage::sqlite
