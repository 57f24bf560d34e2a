// engines.hpp — the engines that must all keep the contract of storage/store.hpp, and the
// records that its tests write.
#pragma once

#include "storage/store.hpp"

#include <gtest/gtest.h>
#include <memory>
#include <string>

namespace latchkey::test {

/// One fresh database. Ends its files with itself.
class engine {
public:
  virtual ~engine() = default;
  /// Another store on the same database.
  virtual std::unique_ptr<storage::store> open() = 0;
  /// Runs SQL in it, past the store.
  virtual void execute(const std::string& sql) = 0;
  /// Makes the database refuse sessions whose user agent is "poison", as a row that no
  /// check of ours foresaw.
  virtual void refuse_poison() = 0;
};

std::unique_ptr<engine> make_engine(const std::string& name); // "sqlite", "postgresql", "memory"

inline constexpr time_point noon = std::chrono::sys_days(std::chrono::year(2026) / 5 / 17) +
                                   std::chrono::hours(12) + std::chrono::microseconds(123456);

/// Names fold to themselves; the email is `name`@example.org.
storage::create_user make_user(const std::string& name);
/// Live for an hour from noon.
session_record make_session(const user_id& user);
audit_record make_audit(const std::string& action);

/// A migrated database of each engine, one reader and one writer.
class Contract : public testing::TestWithParam<std::string> {
protected:
  void SetUp() override;

  result<storage::written> commit(std::vector<storage::fact> facts);
  /// Commits it alone and expects that to succeed; answers it as it was read back.
  user_record add(const storage::create_user& user);
  session_record add(const session_record& session);
  user_record user(const user_id& id);
  session_record session(const session_id& id);

  std::unique_ptr<engine> engine_;
  std::unique_ptr<storage::store> store_;
  std::unique_ptr<storage::reader> reader_;
  std::unique_ptr<storage::writer> writer_;
};

inline std::string name_of_engine(const testing::TestParamInfo<std::string>& info) {
  return info.param;
}

#define LATCHKEY_ON_EVERY_ENGINE(Suite)                                                            \
  INSTANTIATE_TEST_SUITE_P(On, Suite, testing::Values("sqlite", "postgresql", "memory"),           \
                           name_of_engine)

/// Matches a result that failed with `code` and, when given, `field`.
testing::AssertionResult failed_with(const result<storage::written>& answer, error_code code,
                                     const std::string& field = "");

} // namespace latchkey::test
