#include "storage/facts/rules/footprint.hpp"

#include "storage/facts/rules/fact_rules.hpp"

#include <algorithm>
#include <utility>

namespace latchkey::storage {

namespace {

std::string_view bytes_of(const uuid& id) {
  return {reinterpret_cast<const char*>(id.bytes.data()), id.bytes.size()};
}

} // namespace

footprint::footprint(const unit& u) : unit_(&u) {
  for (const auto& f : u.facts) {
    kind_ = f.index();
    rules_of(f).touch(*this, f);
  }
}

void footprint::reads(thing kind, const uuid& key) {
  add(kind, bytes_of(key), false);
}

void footprint::writes(thing kind, const uuid& key) {
  add(kind, bytes_of(key), true);
}

void footprint::writes(thing kind, std::uint64_t key) {
  add(kind, {reinterpret_cast<const char*>(&key), sizeof key}, true);
}

void footprint::add(thing kind, std::string_view key, bool writes) {
  std::string full_key(1, static_cast<char>(kind));
  full_key.append(key);
  for (auto& before : entries_) {
    if (before.key != full_key) continue;
    if ((before.writes || writes) && before.kind >= kind_) ordered_ = false;
    before.writes = before.writes || writes;
    before.kind = std::max(before.kind, kind_);
    return;
  }
  entries_.push_back({std::move(full_key), writes, kind_});
}

void footprint::reads_session(const session_id& id) {
  names_sessions_ = true;
  reads(thing::session, id);
}

void footprint::writes_session(const session_id& id) {
  names_sessions_ = true;
  // Whose session a rotation names is not known yet, so it may be one that an earlier fact of
  // this unit ended.
  if (ends_sessions_) ordered_ = false;
  writes(thing::session, id);
}

void footprint::keeps_order() {
  writes(thing::order, std::to_string(reinterpret_cast<std::uintptr_t>(unit_)));
}

} // namespace latchkey::storage
