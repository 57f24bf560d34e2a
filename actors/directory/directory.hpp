// directory.hpp — a shard of the directory: who has which user, session, subscription
// and workflow.
//
// It is the only place that spawns them, so there is never a second actor for one id:
// whoever asks while one is being loaded waits for the same load.
#pragma once

#include "actors/base/actor_env.hpp"
#include "actors/base/behave.hpp"
#include "actors/directory/stand_ins.hpp"

#include <caf/stateful_actor.hpp>
#include <deque>
#include <functional>
#include <memory>
#include <set>
#include <unordered_map>
#include <utility>
#include <vector>

namespace latchkey {

struct directory_state {
  static inline const char* name = "directory";

  /// An actor in memory, or those who wait while it is loaded.
  template <class Handle>
  struct entry {
    Handle actor;
    std::vector<promise<Handle>> waiting;
    std::uint64_t load = 0; // number of the load they wait for
    user_id owner;          // of a session in memory
    bool is_made = false;   // of a workflow: also when the store has none
  };

  /// In a shard that holds more of a kind than this, whoever of that kind has not been used for
  /// `crowded_idle` leaves memory.
  static constexpr std::size_t crowded_from_usual = 25'000;
  /// No shorter than a ticket of a session is good, which must not be forgotten before.
  static constexpr std::chrono::seconds crowded_idle{60};
  /// Whom unknown names follow is read anew so often.
  static constexpr std::chrono::seconds stand_ins_good_for{600};

  directory_actor::pointer self = nullptr;
  actor_env_ptr env;
  std::size_t crowded_from = crowded_from_usual;
  std::unordered_map<user_id, entry<user_actor>> users;
  std::unordered_map<session_id, entry<session_actor>> sessions;
  std::unordered_map<user_id, entry<subscription_actor>> subscriptions;
  std::unordered_map<workflow_id, entry<workflow_actor>> workflows;
  std::set<std::pair<user_id, session_id>> sessions_of; // those in memory
  std::uint64_t loads = 0;                              // that were ever begun
  std::set<std::uint64_t> session_loads;                // that are under way
  /// Whose sessions were told something while some were being loaded; oldest first.
  struct told_user {
    user_id user;
    std::uint64_t loads; // that had been begun by then
  };
  std::deque<told_user> told_users;
  std::size_t swept_buckets = 0; // in this round

  directory_state() = default;
  directory_state(const directory_state&) = delete;
  directory_state& operator=(const directory_state&) = delete;
  ~directory_state();

  // directory.cpp
  caf::result<user_actor> on_find_user(messages::find_user& request);
  caf::result<messages::done> on_compare(messages::compare_with_nothing& request);
  caf::result<messages::user_view> on_register(messages::register_user& request);
  caf::result<subscription_actor> on_find_subscription(messages::find_subscription& request);
  caf::result<messages::done> on_leave_user(messages::leave_user& request);
  caf::result<messages::done> on_leave_session(messages::leave_session& request);
  caf::result<messages::done> on_leave_subscription(messages::leave_subscription& request);
  /// A bounded turn of a round that comes to everybody in memory within a minute, or two
  /// when the maps grow meanwhile.
  void on_sweep(messages::sweep&);

  // directory_sessions.cpp
  caf::result<session_actor> on_find_session(messages::find_session& request);
  caf::result<session_actor> on_adopt(messages::adopt_session& request);
  caf::result<messages::sessions_notified> on_sessions_ended(messages::user_sessions_ended& news);
  caf::result<messages::sessions_notified> on_role_changed(messages::user_role_changed& news);
  caf::result<messages::sessions_notified>
  on_subscription_changed(messages::user_subscription_changed& news);
  caf::result<messages::done> on_sync_session(messages::sync_session& request);

  // directory_workflows.cpp
  caf::result<workflow_actor> on_find_workflow(messages::find_workflow& request);
  caf::result<workflow_actor> on_make_workflow(messages::make_workflow& request);
  caf::result<messages::done> on_leave_workflow(messages::leave_workflow& request);

private:
  using told = std::function<void(const caf::error*)>;

  void count_failure_of_nobody();
  /// Calls `go` at once, or when some users have been read for the first time.
  void with_stand_ins(std::function<void()> go);
  void read_stand_ins();
  void read_page_of(const std::shared_ptr<stand_ins>& fresh, std::int64_t after,
                    std::int64_t total);
  void take_stand_ins(std::shared_ptr<const stand_ins> fresh);
  void load_subscription(const user_id& id, std::uint64_t load);
  /// Of a user who was removed.
  void forget_subscription(const user_id& id);
  void load_workflow(const workflow_id& id, std::uint64_t load);
  void load_session(const session_id& id);
  void session_loaded(const session_id& id, session_record record);
  void session_not_loaded(const session_id& id, const caf::error& error);
  bool is_loading_session(const session_id& id) const;
  void end_load(std::uint64_t load);
  bool was_told_since(const user_id& user, std::uint64_t load) const;
  template <class News>
  caf::result<messages::sessions_notified>
  tell_sessions(const user_id& user, const std::optional<session_id>& keep, News news);
  /// Tells one session, if it is in memory; one that is gone counts as told.
  template <class News>
  void tell_session(const session_id& id, const News& news, told done);
  void sync_end(const messages::sync_session& request, const promise<messages::done>& answer);
  void write_sync(const messages::sync_session& request, storage::fact what,
                  const promise<messages::done>& answer);
  template <class Map>
  void sweep_buckets(Map& map, std::size_t& passed, std::size_t turn_end, time_point now);

  std::shared_ptr<const stand_ins> stand_ins_; // null: not read yet
  time_point stand_ins_due_{};                 // when they are read again
  bool reads_stand_ins_ = false;
  std::vector<std::function<void()>> stand_in_askers_;
};

directory_actor::behavior_type directory(directory_actor::stateful_pointer<directory_state> self,
                                         actor_env_ptr env);
/// The same with another bound than the usual one.
directory_actor::behavior_type
directory_crowded_from(directory_actor::stateful_pointer<directory_state> self, actor_env_ptr env,
                       std::size_t crowded_from);

} // namespace latchkey
