// writer.hpp — a batch as few transactions of one statement a kind.
#pragma once

#include "storage/batch.hpp"
#include "storage/postgres/batched/batched_facts.hpp"
#include "storage/postgres/connection.hpp"

namespace latchkey::storage::postgres {

class postgres_writer final : public writer {
public:
  explicit postgres_writer(std::shared_ptr<shared> common);
  std::vector<result<written>> commit(std::span<const unit> batch) override;

private:
  using units = std::vector<std::size_t>;
  /// How an attempt at a transaction ended.
  enum class ended : std::uint8_t {
    committed, // also when nothing was left to commit
    again,     // losers were taken out, nothing was written
    lost,      // before COMMIT was sent
    in_doubt,  // after it was
    conflict,
    unavailable,
    slow,
    bad_row,
    broken,
  };
  struct job;

  void run_group(job& j, units chosen, bool by_kind);
  /// Halves a group in which some row is refused, locked by another or the work of too long,
  /// until that one stands alone and is answered `why`.
  void divide(job& j, const units& chosen, bool by_kind, const failure& why);
  ended attempt(job& j, units& chosen, bool by_kind);
  /// Applies the facts; true when losers left something that must be rolled back.
  bool apply_all(job& j, units& chosen, bool by_kind);
  ended finish();
  void roll_back() noexcept;
  /// Whether the mark was refused because this process is no member of its cluster any more; then
  /// it was told so.
  bool was_fenced() const;
  static ended from(trouble t) noexcept;
  /// Connects and asks what became of transaction `number_`: `committed`, `lost`, or after
  /// `fate_timeout` still `in_doubt`.
  ended find_outcome();
  std::optional<failure> connect(bool patient);

  std::shared_ptr<shared> common_;
  connection link_;
  std::int64_t number_ = 0;            // of the transaction being written, in commit_marks
  std::uint64_t cleaned_life_ = 0;     // the connection that ended its predecessors
  std::uint64_t mark_prepared_in_ = 0; // the connection that has the statement prepared
};

} // namespace latchkey::storage::postgres
