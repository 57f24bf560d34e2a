// footprint.hpp — what a unit reads and writes, as far as it decides who wins: units whose
// footprints do not meet may run in any order.
#pragma once

#include "protocol/facts/facts.hpp"

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace latchkey::storage {

/// What one unit touches. Audit lines, times of last use and the removal of what ended long ago
/// are left out: they neither win nor lose, and their order does not matter.
class footprint {
public:
  enum class thing : char {
    user = 'u',
    session = 's',
    name = 'n',
    number = 'b',
    admins = 'a', // who is an administrator and who has which role
    role = 'r',
    roles = 'R', // how many there are
    token = 't',
    mail = 'm',
    api_key = 'k',
    service = 'v',
    service_key = 'w',
    key_hash = 'h',
    event = 'e',
    stripe_subscription = 'S',
    quota = 'q',
    project = 'p',
    workflow = 'f',
    challenge = 'c',
    credential = 'C',
    order = 'o', // of facts in one unit that touch different things; no two units share it
  };

  /// One thing that the unit reads or writes.
  struct entry {
    std::string key;
    bool writes;
    std::size_t kind; // the latest kind of its facts that does, as a position in `fact`
  };

  explicit footprint(const unit& u);

  const std::vector<entry>& entries() const { return entries_; }
  /// Whether its facts may run by kind. False also when it touches what cannot be named before
  /// the database is asked, so that it must stand alone.
  bool is_ordered_by_kind() const { return ordered_; }
  bool names_sessions() const { return names_sessions_; }
  bool ends_sessions() const { return ends_sessions_; }

  // -- for the facts' `touch` (fact_rules.hpp) ---------------------------------------------

  void reads(thing kind, std::string_view key) { add(kind, key, false); }
  void reads(thing kind, const uuid& key);
  void writes(thing kind, std::string_view key) { add(kind, key, true); }
  void writes(thing kind, const uuid& key);
  void writes(thing kind, std::uint64_t key);
  void reads_session(const session_id& id);
  void writes_session(const session_id& id);
  /// All sessions of a user, whichever they are.
  void ends_all_sessions() { ends_sessions_ = true; }
  /// The unit's facts run in their own order: the first one to lose is the unit's answer.
  void keeps_order();
  /// What the fact touches is not known before the database is asked.
  void stands_alone() { ordered_ = false; }

private:
  void add(thing kind, std::string_view key, bool writes);

  const unit* unit_;
  std::vector<entry> entries_;
  std::size_t kind_ = 0; // of the fact that is being added
  bool ordered_ = true;
  bool names_sessions_ = false;
  bool ends_sessions_ = false;
};

} // namespace latchkey::storage
