// session.hpp — one live session: its refresh counter, its liveness and its tokens.
//
// Refresh is linear. A token names the session and a counter; the current counter
// rotates, the one before it gets the same successor again inside the grace window, and
// anything older ends the session, for then somebody else holds a copy.
#pragma once

#include "actors/behave.hpp"
#include "actors/services.hpp"

#include <caf/stateful_actor.hpp>
#include <optional>
#include <vector>

namespace latchkey {

struct session_state {
  static inline const char* name = "session";

  /// When it was last seen is written at most so often.
  static constexpr std::chrono::seconds touched_every{60};

  session_actor::pointer self = nullptr;
  services_ptr with;
  session_record record;              // what the store knows
  bool ended = false;                 // durably
  bool rotating = false;              // a rotation is on its way to the store
  bool ending = false;                // an end is on its way to the store
  bool leaving = false;               // memory, for want of use
  time_point rotation_wanted_until{}; // the latest deadline of those who asked
  time_point end_wanted_until{};      // the same for the end
  time_point grace_from{};
  time_point last_used{};
  std::vector<promise<messages::token_pair>> waiting_for_rotation;
  std::vector<promise<messages::token_pair>> waiting_for_refusal; // until the end is durable
  std::vector<promise<messages::revoked>> waiting_for_end;

  session_state() = default;
  session_state(const session_state&) = delete;
  session_state& operator=(const session_state&) = delete;
  ~session_state();

  caf::result<messages::validation> on_validate(messages::validate&);
  caf::result<messages::token_pair> on_issue(messages::issue_tokens&);
  caf::result<messages::token_pair> on_refresh(messages::refresh& request);
  caf::result<messages::revoked> on_revoke(messages::revoke& request);
  caf::result<messages::learnt> on_learn_end(messages::learn_end&);
  caf::result<messages::learnt> on_learn_role(messages::learn_role& news);
  caf::result<messages::learnt> on_learn_sync(messages::learn_sync& news);
  void on_sweep(messages::sweep& sweep);

private:
  void touch(time_point now);
  bool alive(time_point now) const;
  /// What the audit log says of an end.
  struct ending_words {
    std::string action;
    std::string reason;
    messages::client_info client;
  };
  void rotate();
  void rotated(time_point at);
  void lost_rotation(const caf::error& error);
  void end(const ending_words& words, time_point until);
  void write_end(const ending_words& words);
  void lost_end(const caf::error& error, const ending_words& words);
  void finish_end(const caf::error* error);
  void answer_with_tokens(const std::vector<promise<messages::token_pair>>& askers);
  void refuse_rotation(const caf::error& error);
  access_claims claims() const;
};

session_actor::behavior_type session(session_actor::stateful_pointer<session_state> self,
                                     session_record record, services_ptr with);

} // namespace latchkey
