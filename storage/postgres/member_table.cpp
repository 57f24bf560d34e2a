#include "storage/postgres/member_table.hpp"

#include <algorithm>
#include <utility>

namespace latchkey::storage::postgres {
namespace {

/// A heartbeat is due twice a second and a member is dead after two: so long may one take.
constexpr std::chrono::milliseconds statement_timeout{1000};
constexpr std::chrono::milliseconds lock_timeout{500};
constexpr std::chrono::milliseconds round_trip_timeout{1500};
constexpr std::chrono::seconds connect_timeout{2};
constexpr std::chrono::milliseconds backoff_max{200};

// Beside those of claim.cpp; held by the member that joins.
constexpr const char* take_joining_lock = "SELECT pg_try_advisory_lock(1818326115, 4)";
constexpr const char* release_joining_lock = "SELECT pg_advisory_unlock(1818326115, 4)";

std::shared_ptr<shared> impatient(const shared& common) {
  auto own = std::make_shared<shared>();
  own->url = common.url;
  own->options = common.options;
  auto& o = own->options;
  o.statement_timeout = std::min(o.statement_timeout, statement_timeout);
  o.lock_timeout = std::min(o.lock_timeout, lock_timeout);
  o.round_trip_timeout = std::min(o.round_trip_timeout, round_trip_timeout);
  o.connect_timeout = std::min(o.connect_timeout, connect_timeout);
  o.backoff_max = std::min(o.backoff_max, backoff_max);
  return own;
}

std::string own_name() {
  return "latchkey-member-" + to_string(make_uuid(system_clock_source().now()));
}

std::string text_of(std::chrono::microseconds length) {
  return std::to_string(length.count());
}

member_row row_of(const pqxx::row& from) {
  member_row row;
  if (const auto id = parse_uuid(from[0].as<std::string>())) row.id.bytes = id->bytes;
  row.node = from[1].as<std::string>();
  row.address = from[2].as<std::string>();
  row.terms = from[3].as<std::string>();
  row.is_open = from[4].as<bool>();
  row.silent_for = std::chrono::microseconds{from[5].as<std::int64_t>()};
  row.gapless_for = std::chrono::microseconds{from[6].as<std::int64_t>()};
  return row;
}

std::string other_terms(const std::string& ours, const pqxx::row& other) {
  return "the node at " + other[1].as<std::string>() + " has the terms \"" +
         other[0].as<std::string>() + "\" and this one has \"" + ours +
         "\": all nodes of a cluster need the same. Set them alike, or stop all nodes and then "
         "start them with the new ones";
}

} // namespace

postgres_member_table::postgres_member_table(const shared& common)
    : link_(impatient(common), own_name()) {}

result<void> postgres_member_table::in_transaction(const std::function<void(connection&)>& run) {
  if (auto why = link_.ensure()) return fail(std::move(*why));
  try {
    link_.execute("BEGIN");
    run(link_);
    link_.execute("COMMIT");
    return {};
  } catch (...) {
    link_.classify();
    link_.drop(); // with what was begun, and the lock of one that joins
    return fail_with_retry(error_code::store_unavailable, 1, "the database does not answer");
  }
}

result<void> postgres_member_table::remove_predecessors(const std::string& node) {
  return in_transaction([&](connection& link) {
    for (const auto& life : link.run(sql::list_lives, {node})) {
      const auto id = life[0].as<std::string>();
      link.run(sql::end_member_backends, {id});
      link.run(sql::remove_member, {id});
    }
  });
}

result<bool> postgres_member_table::join(const member_row& row) {
  bool is_first = false;
  std::string refusal;
  const auto joined = in_transaction([&](connection& link) {
    is_first = link.execute(take_joining_lock)[0][0].as<bool>();
    if (!is_first) return;
    const auto others = link.run(sql::find_other_terms, {row.terms});
    if (others.empty())
      link.run(sql::add_member, {to_string(row.id), row.node, row.address, row.terms});
    else
      refusal = other_terms(row.terms, others[0]);
  });
  if (!joined) return fail(joined.error());
  if (refusal.empty()) return is_first;
  link_.drop(); // with the lock of one that joins
  return fail(error_code::conflict, "CLUSTER_PROMISE", std::move(refusal));
}

result<std::vector<member_row>> postgres_member_table::beat(const member_id& self,
                                                            std::chrono::microseconds gap_from) {
  std::vector<member_row> rows;
  return in_transaction([&](connection& link) {
           link.run(sql::beat_member, {to_string(self), text_of(gap_from)});
           for (const auto& each : link.run(sql::list_members))
             rows.push_back(row_of(each));
         })
      .map([&] { return std::move(rows); });
}

result<bool> postgres_member_table::open(const member_id& self) {
  bool is_there = false;
  return in_transaction([&](connection& link) {
           is_there = !link.run(sql::open_member, {to_string(self)}).empty();
           link.execute(release_joining_lock);
         })
      .map([&] { return is_there; });
}

result<bool> postgres_member_table::fence(const member_id& self, const member_id& silent,
                                          std::chrono::microseconds silent_for,
                                          std::chrono::microseconds judge_from) {
  bool is_gone = false;
  return in_transaction([&](connection& link) {
           const std::vector<std::string> condition{to_string(self), to_string(silent),
                                                    text_of(silent_for), text_of(judge_from)};
           if (link.run(sql::is_member_silent, condition).empty()) return;
           // A frozen process may have left a transaction open, which would be waited for.
           link.run(sql::end_member_backends, {to_string(silent)});
           is_gone = !link.run(sql::fence_member, condition).empty();
         })
      .map([&] { return is_gone; });
}

result<void> postgres_member_table::leave(const member_id& self) {
  return in_transaction([&](connection& link) { link.run(sql::remove_member, {to_string(self)}); });
}

} // namespace latchkey::storage::postgres
