// writer.hpp — a batch as one SQLite transaction, a savepoint a unit.
#pragma once

#include "storage/sqlite/database.hpp"

namespace latchkey::storage::sqlite {

/// What all connections of one store share; they keep it alive.
struct shared {
  std::string path;
  sqlite_options options;
  std::atomic<std::size_t> open_count{0};
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

  std::shared_ptr<shared> common_;
  std::unique_ptr<database> db_;
  trouble_teller teller_;
};

} // namespace latchkey::storage::sqlite
