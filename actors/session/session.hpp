// session.hpp — one live session: its refresh counter, its liveness, its tokens and those who watch
// it.
//
// Refresh is linear. A token names the session and a counter; the current counter rotates, and the
// one before it gets the same successor again until that was seen: until it, or an access token
// that came with it, was shown to us. After that, but for the grace window, and for anything older,
// the session ends, for somebody else holds a copy.
//
// What is a duration is measured by the steady clock. Of what a row says, only what had passed when
// it was read is taken from the time of day, which may have been set back since it was written.
#pragma once

#include "actors/base/actor_env.hpp"
#include "actors/base/behave.hpp"

#include <caf/stateful_actor.hpp>
#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace latchkey {

struct session_state {
  static inline const char* name = "session";

  /// When it was last seen is written at most so often.
  static constexpr std::chrono::seconds touched_every{60};
  /// The store is asked so often what it has done, until it says so.
  static constexpr std::chrono::seconds look_again_every{1};
  /// One that has ended leaves memory after so long; until then its tokens are refused from memory.
  static constexpr std::chrono::seconds ended_idle{10};
  /// An access token is good for so much longer than it says, as at the edge.
  static constexpr std::chrono::seconds access_leeway{5};

  session_actor::pointer self = nullptr;
  actor_env_ptr env;
  session_record record;               // what the store knows
  bool ended = false;                  // durably
  bool rotating = false;               // a rotation is on its way to the store, or looked for there
  bool rotation_in_doubt = false;      // the store may have rotated it, and nobody was told
  bool ending = false;                 // an end is on its way to the store
  bool leaving = false;                // memory, for want of use
  bool has_reminder = false;           // to look again
  std::optional<std::string> in_doubt; // the store may have changed it, or ended it for this reason
  time_point rotation_wanted_until{};  // the latest deadline of those who asked
  time_point end_wanted_until{};       // the same for the end
  // By the steady clock:
  time_point rotated_when{};        // last
  time_point grace_until{};         // a retried refresh is answered though its successor was seen
  time_point expires_when{};        // absolutely
  time_point issued_when{};         // its newest access token
  time_point access_over{};         // no access token of the current counter is good from then on
  time_point earlier_access_over{}; // of none before
  time_point touched_when{};
  time_point last_used{};
  time_point issued_at{}; // by the time of day: `iat` of its newest access token
  std::uint64_t news = 0; // learnt otherwise than from the row, which may be newer than a row
  std::vector<promise<messages::token_pair>> waiting_for_rotation;
  std::vector<promise<messages::token_pair>> waiting_for_refusal; // until the end is durable
  std::vector<promise<messages::revoked>> waiting_for_end;
  std::vector<socket_registry_actor> watchers;
  std::size_t pending_acks = 0; // watchers that were told of its end and have not said so
  std::vector<std::function<void()>> waiting_for_acks;
  std::vector<messages::use_ticket> used_tickets; // that would be good still

  session_state() = default;
  session_state(const session_state&) = delete;
  session_state& operator=(const session_state&) = delete;
  ~session_state();

  // session.cpp
  void begin(session_record row);
  caf::result<messages::validation> on_validate(messages::validate& request);
  caf::result<messages::validation> on_prove(messages::prove& request);
  caf::result<messages::done> on_session_ended(messages::session_ended&);
  caf::result<messages::done> on_role_changed(messages::role_changed& told);
  caf::result<messages::done> on_session_synced(messages::session_synced& told);
  caf::result<messages::done> on_outcome_in_doubt(messages::outcome_in_doubt&);
  void on_sweep(messages::sweep& sweep);
  // session_refresh.cpp
  caf::result<messages::token_pair> on_issue(messages::issue_tokens&);
  caf::result<messages::token_pair> on_refresh(messages::refresh& request);
  // session_end.cpp
  caf::result<messages::revoked> on_revoke(messages::revoke& request);
  // session_watch.cpp
  caf::result<messages::validation> on_watch(messages::watch& request);
  void on_unwatch(messages::unwatch& request);
  caf::result<messages::validation> on_use_ticket(messages::use_ticket& ticket);
  caf::result<messages::done> on_subscription_changed(messages::subscription_changed& told);

private:
  using on_looked_up = std::function<void(const caf::error*)>;

  void touch();
  /// The refresh token with that counter, or an access token that came with it, was shown.
  /// Whether that is news that should be written.
  bool see(std::uint64_t counter);
  bool alive() const;
  /// Whether an access token of that counter has outlived its time by the steady clock.
  bool is_access_over(std::uint64_t counter) const;
  /// Whether whoever shows the token before the current one may have lost the answer to it.
  bool may_have_lost_answer() const;
  /// What the steady clock says of the times in the row.
  void measure();
  void set_expiry(time_point expires_at);
  /// What the audit log says of an end, and what its watchers hear.
  struct ending_words {
    std::string action;
    std::string reason;
    messages::client_info client;
    std::string told; // one of `end_reason`
  };
  void rotate();
  void rotated(std::uint64_t from, time_point at, time_point when);
  void lost_rotation(const caf::error& error);
  /// The access token of the last rotation is replaced when half of its time is over.
  void freshen();
  void retry_in_doubt_soon();
  void look_at_rotation();
  void found_rotation(session_record fresh);
  void end(const ending_words& words, time_point until);
  void write_end(const ending_words& words);
  void lost_end(const caf::error& error, const ending_words& words);
  void finish_end(const caf::error* error, const std::string& told);
  void answer_with_tokens(const std::vector<promise<messages::token_pair>>& askers);
  void refuse_rotation(const caf::error& error);
  /// Asks the store what a COMMIT of unknown outcome has done; `done` hears why that is not known.
  /// Until it is, the store is asked again. `reason`: that it has ended for, if it has.
  void look_at_row(const std::string& reason, on_looked_up done);
  /// It has ended, durably: from here on it says so. Nothing else ends one that lives; `done` as in
  /// `notify_watchers`.
  void mark_ended(const std::string& reason, std::function<void()> done);
  /// Tells every watcher, each once, and calls `done` when all who were ever told have heard.
  void notify_watchers(const std::string& reason, std::function<void()> done);
  void on_ack();
  void take_role(std::string role);
  access_claims claims() const;
};

session_actor::behavior_type session(session_actor::stateful_pointer<session_state> self,
                                     session_record record, actor_env_ptr env);

} // namespace latchkey
