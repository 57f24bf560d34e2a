#include "storage/postgres/reader.hpp"

#include "protocol/time.hpp"
#include "storage/facts/rules/fact_rules.hpp"
#include "storage/postgres/runner.hpp"

namespace latchkey::storage::postgres {

namespace {

constexpr int attempts_max = 2;

failure failure_of(trouble t) {
  if (t == trouble::broken || t == trouble::bad_row)
    return {error_code::internal_error, {}, "the database refuses the statement", 0};
  return {error_code::store_unavailable, {}, "the database does not answer", 1};
}

} // namespace

result<void> postgres_reader::ask(const std::function<void()>& read) {
  for (int attempt = 1;; ++attempt) {
    if (auto why = link_.ensure()) return fail(std::move(*why));
    try {
      read();
      return {};
    } catch (...) {
      const auto kind = link_.classify();
      if ((kind != trouble::lost && kind != trouble::read_only) || attempt == attempts_max)
        return fail(failure_of(kind));
    }
  }
}

result<void> postgres_reader::query(const sql::statement& command,
                                    const std::vector<std::string>& parameters,
                                    const std::function<void(const sql::row_source&)>& on_row) {
  return ask([&] {
    const auto rows = link_.run(command, parameters);
    if (on_row)
      for (const auto& row : rows)
        on_row(postgres_row(row));
  });
}

result<std::optional<user_id>> postgres_reader::find_login(std::string_view login_key) {
  std::optional<user_id> found;
  if (!sql::is_storable(login_key)) return found;
  return query(sql::find_login, {std::string(login_key)},
               [&](const sql::row_source& row) { found = sql::to_user_id(row.text(0)); })
      .map([&] { return found; });
}

result<std::optional<user_record>> postgres_reader::find_user(const user_id& id) {
  std::optional<user_record> found;
  return query(sql::find_user, {to_string(id)},
               [&](const sql::row_source& row) { found = sql::to_user(row); })
      .map([&] { return std::move(found); });
}

result<std::optional<session_record>> postgres_reader::find_session(const session_id& id) {
  std::optional<session_record> found;
  return query(sql::find_session, {to_string(id)},
               [&](const sql::row_source& row) { found = sql::to_session(row); })
      .map([&] { return std::move(found); });
}

result<finding> postgres_reader::find(const storage::query& q) {
  std::optional<finding> found;
  return ask([&] {
           postgres_runner on(link_);
           found = rules_of(q).answer(on, q);
         })
      .map([&] { return std::move(*found); });
}

result<std::int64_t> postgres_reader::count_users() {
  std::int64_t count = 0;
  return query(sql::count_users, {},
               [&](const sql::row_source& row) { count = sql::number_at(row, 0); })
      .map([&] { return count; });
}

result<void> postgres_reader::ping() {
  auto alive = query(sql::ping, {}, nullptr);
  const char* trouble = common_->trouble;
  if (!alive || trouble == nullptr) return alive;
  // The last write failed: what a small one does now, on a connection that is made for it.
  connection link(common_, "latchkey-trial", use::writes);
  if (!link.ensure(true)) {
    try {
      link.run(sql::write_note, {"trial", to_rfc3339(system_clock_source().now())});
      common_->trouble.compare_exchange_strong(trouble, nullptr);
      return alive;
    } catch (...) {
      link.classify();
    }
  }
  return fail(error_code::store_unavailable, "database", trouble);
}

} // namespace latchkey::storage::postgres
