// directory.hpp — a shard of the directory: the actors of users, sessions, subscriptions and
// workflows, by id.
//
// It is the only place that spawns them, so there is never a second actor for one id: requests that
// arrive while a row is being read wait for the same read.
#pragma once

#include "actors/base/actor_env.hpp"
#include "actors/base/behave.hpp"
#include "actors/base/conversation.hpp"
#include "actors/directory/stand_ins.hpp"

#include <caf/stateful_actor.hpp>
#include <deque>
#include <memory>
#include <optional>
#include <set>
#include <unordered_map>
#include <utility>
#include <vector>

namespace latchkey {

struct directory_state {
  static inline const char* name = "directory";

  /// An actor in memory, or the requests that wait while it is loaded.
  template <class Handle>
  struct entry {
    Handle actor;
    std::vector<promise<Handle>> waiting;
    std::uint64_t load = 0; // number of the load they wait for
    user_id owner;          // of a session in memory
    bool is_made = false;   // of a workflow: also when the store has none
  };

  /// In a shard that holds more actors of a kind than this, those of that kind that have not been
  /// used for `crowded_idle` leave memory.
  static constexpr std::size_t crowded_from_usual = 25'000;
  static constexpr std::chrono::seconds crowded_idle{60};
  /// The stand-ins of unknown names are read anew so often.
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
  /// In a cluster another node may change a user while a new session of it is on its way from the
  /// store: users whose sessions were notified, and when; oldest first.
  static constexpr std::chrono::seconds notified_for{10};
  std::deque<std::pair<time_point, user_id>> lately_notified;
  /// Users whose sessions were notified while some sessions were being loaded; oldest first.
  struct notified_user {
    user_id user;
    std::uint64_t loads; // that had been begun by then
  };
  std::deque<notified_user> notified_users;
  std::size_t swept_buckets = 0; // in this round

  directory_state() = default;
  directory_state(const directory_state&) = delete;
  directory_state& operator=(const directory_state&) = delete;
  ~directory_state();

  // directory.cpp
  caf::result<user_actor> on_find_user(messages::find_user& request);
  task<messages::done> on_user_changed(messages::user_changed event);
  task<messages::user_view> on_register(messages::register_user request);
  caf::result<subscription_actor> on_find_subscription(messages::find_subscription& request);
  caf::result<messages::done> on_leave_user(messages::leave_user& request);
  caf::result<messages::done> on_leave_session(messages::leave_session& request);
  caf::result<messages::done> on_leave_subscription(messages::leave_subscription& request);
  /// A bounded turn of a round that comes to every actor in memory within a minute, or two
  /// when the maps grow meanwhile.
  void on_sweep(messages::sweep&);

  // sessions.cpp
  caf::result<session_actor> on_find_session(messages::find_session& request);
  caf::result<session_actor> on_adopt(messages::adopt_session& request);
  task<messages::sessions_notified> on_sessions_ended(messages::user_sessions_ended event);
  task<messages::sessions_notified> on_role_changed(messages::user_role_changed event);
  task<messages::sessions_notified>
  on_subscription_changed(messages::user_subscription_changed event);
  task<messages::sessions_notified> on_sessions_changed(messages::user_sessions_changed event);
  task<messages::done> on_sync_session(messages::sync_session request);

  // unknown_names.cpp
  task<messages::done> on_compare(messages::compare_with_nothing request);

  // workflows.cpp
  caf::result<workflow_actor> on_find_workflow(messages::find_workflow& request);
  caf::result<workflow_actor> on_make_workflow(messages::make_workflow& request);
  caf::result<messages::done> on_leave_workflow(messages::leave_workflow& request);
  void on_workflow_changed(messages::workflow_changed& event);
  void on_attend_workflow(messages::attend_workflow& event);

private:
  using stand_ins_ptr = std::shared_ptr<const stand_ins>;

  /// Of work that no request waits for.
  time_point own_deadline() const { return env->steady_now() + env->policy.internal_deadline; }
  /// A coroutine that nobody waits for.
  void begin(task<> work) { converse(self, nullptr, std::move(work)); }

  // -- directory.cpp
  task<> load_user(user_id id, std::uint64_t load);
  task<> load_subscription(user_id id, std::uint64_t load);
  /// Of a user who was removed.
  void forget_subscription(const user_id& id);
  template <class Map>
  void sweep_buckets(Map& map, std::size_t& passed, std::size_t turn_end, time_point now);

  // -- sessions.cpp
  task<> load_session(session_id id);
  std::uint64_t begin_session_load(const session_id& id);
  void session_loaded(const session_id& id, session_record record, std::uint64_t read_in);
  void session_not_loaded(const session_id& id, const failure& error);
  bool is_loading_session(const session_id& id) const;
  void end_load(std::uint64_t load);
  bool was_notified_since(const user_id& user, std::uint64_t load) const;
  /// Whether the user's sessions may have been notified since then.
  bool may_be_older(const user_id& user, time_point sent_at) const;
  void note_notified(const user_id& user);
  /// Sends the event to each session of the user for which `concerns` is true.
  template <class Concerns, class Event>
  task<messages::sessions_notified> notify_sessions(user_id user, Concerns concerns, Event event);
  /// Sends the event to one session, if it is in memory; a session that is gone has taken it.
  template <class Event>
  task<messages::done> notify_session(session_id id, Event event);

  // -- unknown_names.cpp
  void count_failure_of_nobody();
  /// Waits only until they have been read for the first time.
  task<stand_ins_ptr> known_stand_ins();
  task<> refresh_stand_ins();
  task<stand_ins_ptr> read_stand_ins();

  // -- workflows.cpp
  task<> load_workflow(workflow_id id, std::uint64_t load);
  /// To the workflow's actor, once it is in memory.
  template <class Event>
  task<> pass_on(Event event);

  stand_ins_ptr stand_ins_;    // null: not read yet
  time_point stand_ins_due_{}; // when they are read again
  bool is_reading_stand_ins_ = false;
  wait_list<stand_ins_ptr> stand_in_askers_;
};

directory_actor::behavior_type directory(directory_actor::stateful_pointer<directory_state> self,
                                         actor_env_ptr env);
/// The same with another bound than the usual one.
directory_actor::behavior_type
directory_crowded_from(directory_actor::stateful_pointer<directory_state> self, actor_env_ptr env,
                       std::size_t crowded_from);

} // namespace latchkey
