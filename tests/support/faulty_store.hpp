// faulty_store.hpp — a SQLite store in a folder of its own that fails when told to.
// Thread-safe.
#pragma once

#include "storage/store.hpp"

#include <functional>
#include <memory>
#include <optional>
#include <vector>

namespace latchkey::test {

/// What happens to a whole commit.
enum class commit_fault : std::uint8_t {
  none,
  unavailable,              // store_unavailable; nothing is written
  unknown_after_applying,   // outcome_unknown; everything was written
  unknown_without_applying, // outcome_unknown; nothing was
};

class faulty_store final : public storage::store {
public:
  /// Its schema is there at once; the first `migrate` says so. The folder goes with the last
  /// handle and connection.
  faulty_store();
  /// Another handle on the same, without `refuse_here`.
  faulty_store(const faulty_store& other);
  /// Another handle on the same data and the same faults.
  std::unique_ptr<faulty_store> same() const;

  // -- faults ------------------------------------------------------------------------
  /// The next `count` commits, of any writer, end so.
  void fail_next(commit_fault fault, std::size_t count = 1);
  /// Writes fail with store_unavailable, reads go on.
  void set_disk_full(bool full);
  /// Reads and writes fail with store_unavailable.
  void set_down(bool down);
  /// A unit for which this is true fails alone, with VALIDATION_ERROR. Empty: none.
  void refuse_units(std::function<bool(const storage::unit&)> bad);
  /// Asked before each read and each commit through this handle: a failure is its answer. Empty:
  /// nothing is refused.
  void refuse_here(std::function<std::optional<failure>(bool writes)> refuses);
  /// Commits wait, having begun, until `release_commits`.
  void hold_commits();
  void release_commits();
  /// Returns when `count` commits are waiting there; false after `timeout`.
  bool await_held(std::size_t count, std::chrono::milliseconds timeout);

  // -- what happened -------------------------------------------------------------------
  /// How many units each commit was given, oldest first.
  std::vector<std::size_t> batch_sizes() const;
  std::vector<audit_record> audits() const;
  /// The reason a session was ended with; empty when it was not.
  std::string end_reason(const session_id& id) const;
  /// The database's file.
  const std::string& path() const noexcept;

  // -- storage::store ------------------------------------------------------------------
  std::unique_ptr<storage::reader> open_reader() override;
  std::unique_ptr<storage::writer> open_writer() override;
  result<std::vector<std::string>> migrate() override;
  result<void> check_schema() override;
  result<void> claim(const std::string& holder,
                     std::function<void(const std::string&)> lost) override;
  result<std::optional<std::string>> read_note(std::string_view name) override;
  result<void> write_note(std::string_view name, std::string_view value) override;
  result<bool> has_live_sessions(time_point now) override;
  result<void> back_up(const std::string& path) override;
  std::string_view engine() const noexcept override { return "memory"; }
  std::size_t open_connections() const noexcept override;
  std::int64_t log_bytes() const noexcept override;

  struct core;

private:
  using refusal = std::function<std::optional<failure>(bool writes)>;

  explicit faulty_store(std::shared_ptr<core> shared);
  std::shared_ptr<core> core_;
  std::shared_ptr<refusal> refuses_ = std::make_shared<refusal>();
};

} // namespace latchkey::test
