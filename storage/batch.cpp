#include "storage/batch.hpp"

#include <algorithm>
#include <string>
#include <unordered_map>

namespace latchkey::storage {

namespace {

enum class thing : char { user = 'u', session = 's', name = 'n', number = 'b' };

/// What a unit reads or writes, and the latest of its kinds that does.
struct touch {
  std::string key;
  bool writes;
  std::size_t kind; // position in `fact`
};

std::string key_of(thing what, const uuid& id) {
  std::string key(1, static_cast<char>(what));
  key.append(reinterpret_cast<const char*>(id.bytes.data()), id.bytes.size());
  return key;
}

/// What one unit touches. Audit lines and touches of the last login are left out: they
/// neither win nor lose, and their order does not matter.
class footprint {
public:
  explicit footprint(const unit& u) {
    for (const auto& f : u.facts) {
      kind_ = f.index();
      std::visit([this](const auto& it) { add(it); }, f);
    }
  }

  const std::vector<touch>& touches() const { return touches_; }
  bool is_ordered_by_kind() const { return ordered_; }
  bool names_sessions() const { return names_sessions_; }
  bool ends_all() const { return ends_all_; }

private:
  void add(const create_user& f) {
    note(key_of(thing::user, f.user.id), true);
    note(static_cast<char>(thing::name) + f.username_key, true);
    if (f.email_key != f.username_key) note(static_cast<char>(thing::name) + f.email_key, true);
    if (f.user.number != 0)
      note(static_cast<char>(thing::number) + std::to_string(f.user.number), true);
  }
  void add(const set_password_hash& f) { note(key_of(thing::user, f.user), true); }
  void add(const create_session& f) {
    note(key_of(thing::user, f.session.user), false);
    note_session(f.session.id);
  }
  void add(const rotate_session& f) { note_session(f.session); }
  void add(const end_session& f) { note_session(f.session); }
  void add(const end_sessions_of& f) {
    note(key_of(thing::user, f.user), true);
    ends_all_ = true;
  }
  void add(const add_audit&) {}
  void add(const touch_login&) {}

  void note_session(const session_id& id) {
    names_sessions_ = true;
    // Whose session a rotation names is not known here, so any of them may be one that
    // was ended by an earlier fact of this unit.
    if (ends_all_) ordered_ = false;
    note(key_of(thing::session, id), true);
  }

  void note(std::string key, bool writes) {
    for (auto& before : touches_) {
      if (before.key != key) continue;
      if ((before.writes || writes) && before.kind >= kind_) ordered_ = false;
      before.writes = before.writes || writes;
      before.kind = std::max(before.kind, kind_);
      return;
    }
    touches_.push_back({std::move(key), writes, kind_});
  }

  std::vector<touch> touches_;
  std::size_t kind_ = 0;
  bool ordered_ = true;
  bool names_sessions_ = false;
  bool ends_all_ = false;
};

/// Gives each unit the first layer in which nothing before it is in its way.
class layers {
public:
  std::size_t place(const footprint& u) {
    std::size_t layer = floor_;
    for (const auto& t : u.touches()) {
      const auto seen = seen_.find(t.key);
      if (seen == seen_.end()) continue;
      layer = std::max(layer, seen->second.after_writes);
      if (t.writes) layer = std::max(layer, seen->second.after_reads);
    }
    if (u.names_sessions()) layer = std::max(layer, after_ends_all_);
    // Kinds that name a session run before end_sessions_of, so the same layer will do.
    if (u.ends_all()) layer = std::max(layer, last_naming_);
    if (!u.is_ordered_by_kind()) layer = std::max(layer, count_);
    note(u, layer);
    return layer;
  }

private:
  struct seen_at {
    std::size_t after_writes = 0; // the first layer in which a read may follow
    std::size_t after_reads = 0;  // the first layer in which a write may follow
  };

  void note(const footprint& u, std::size_t layer) {
    for (const auto& t : u.touches()) {
      auto& seen = seen_[t.key];
      auto& after = t.writes ? seen.after_writes : seen.after_reads;
      after = std::max(after, layer + 1);
    }
    if (u.names_sessions()) last_naming_ = std::max(last_naming_, layer);
    if (u.ends_all()) after_ends_all_ = std::max(after_ends_all_, layer + 1);
    count_ = std::max(count_, layer + 1);
    if (!u.is_ordered_by_kind()) floor_ = layer + 1; // nothing joins it, nothing overtakes it
  }

  std::unordered_map<std::string, seen_at> seen_;
  std::size_t floor_ = 0;
  std::size_t count_ = 0;
  std::size_t after_ends_all_ = 0;
  std::size_t last_naming_ = 0;
};

} // namespace

std::vector<batch_group> plan_batch(std::span<const unit> batch,
                                    std::span<const std::size_t> chosen) {
  std::vector<batch_group> planned;
  layers placing;
  for (auto position : chosen) {
    const footprint u(batch[position]);
    const auto layer = placing.place(u);
    if (layer >= planned.size()) planned.resize(layer + 1);
    planned[layer].units.push_back(position);
    planned[layer].by_kind = u.is_ordered_by_kind();
  }
  std::vector<batch_group> out;
  for (auto& group : planned)
    for (std::size_t from = 0; from < group.units.size(); from += group_units_max) {
      const auto to = std::min(group.units.size(), from + group_units_max);
      out.push_back({{group.units.begin() + static_cast<std::ptrdiff_t>(from),
                      group.units.begin() + static_cast<std::ptrdiff_t>(to)},
                     group.by_kind});
    }
  return out;
}

} // namespace latchkey::storage
