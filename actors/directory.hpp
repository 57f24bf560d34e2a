// directory.hpp — a shard of the directory: who has which user and which session.
//
// It is the only place that spawns either, so there is never a second actor for one id:
// whoever asks while one is being loaded waits for the same load.
#pragma once

#include "actors/behave.hpp"
#include "actors/services.hpp"

#include <caf/stateful_actor.hpp>
#include <unordered_map>
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
  };

  directory_actor::pointer self = nullptr;
  services_ptr with;
  std::unordered_map<user_id, entry<user_actor>> users;
  std::unordered_map<session_id, entry<session_actor>> sessions;
  std::uint64_t loads = 0;       // that were ever begun
  std::size_t swept_buckets = 0; // in this round

  directory_state() = default;
  directory_state(const directory_state&) = delete;
  directory_state& operator=(const directory_state&) = delete;
  ~directory_state();

  caf::result<user_actor> on_find_user(messages::find_user& request);
  caf::result<session_actor> on_find_session(messages::find_session& request);
  caf::result<messages::user_view> on_register(messages::register_user& request);
  caf::result<session_actor> on_adopt(messages::adopt_session& request);
  caf::result<messages::left> on_leave_user(messages::leave_user& request);
  caf::result<messages::left> on_leave_session(messages::leave_session& request);
  /// A bounded turn of a round that comes to everybody in memory within a minute, or two
  /// when the maps grow meanwhile.
  void on_sweep(messages::sweep&);

private:
  template <class Map>
  void sweep_bucket(Map& map, std::size_t bucket, time_point now);
};

directory_actor::behavior_type directory(directory_actor::stateful_pointer<directory_state> self,
                                         services_ptr with);

} // namespace latchkey
