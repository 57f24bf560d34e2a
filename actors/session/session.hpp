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
#include "actors/base/conversation.hpp"
#include "actors/base/resident.hpp"

#include <caf/stateful_actor.hpp>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace latchkey {

struct session_state : resident {
  static inline const char* name = "session";

  /// When it was last seen is written at most so often.
  static constexpr std::chrono::seconds touched_every{60};
  /// One that has ended leaves memory after so long; until then its tokens are refused from memory.
  static constexpr std::chrono::seconds ended_idle{10};
  /// An access token is good for so much longer than it says, as at the edge.
  static constexpr std::chrono::seconds access_leeway{5};

  enum class life : unsigned char { live, ended }; // ended: durably
  /// Whether the store may have rotated it without anybody's being told.
  enum class last_rotation : unsigned char { known, in_doubt };

  session_actor::pointer self = nullptr;
  actor_env_ptr env;
  session_record record; // what the store knows
  life status = life::live;
  last_rotation rotation = last_rotation::known;
  end_reason ended_elsewhere_by = end_reason::revoked; // if its row says that it has ended
  std::optional<end_reason> in_doubt; // the store may have changed it, or ended it for this reason
  time_point rotation_wanted_until{}; // the latest deadline of those who asked
  time_point end_wanted_until{};      // the same for the end
  // By the steady clock:
  time_point rotated_when{};        // last
  time_point grace_until{};         // a retried refresh is answered though its successor was seen
  time_point expires_when{};        // absolutely
  time_point issued_when{};         // its newest access token
  time_point access_over{};         // no access token of the current counter is good from then on
  time_point earlier_access_over{}; // of none before
  time_point touched_when{};
  time_point issued_at{};   // by the time of day: `iat` of its newest access token
  std::uint64_t events = 0; // that were received; what they say may be newer than a row
  std::vector<socket_registry_actor> watchers;

  session_state() = default;
  session_state(const session_state&) = delete;
  session_state& operator=(const session_state&) = delete;
  ~session_state();

  // session.cpp: plain functions, for every request with a token comes to the first two.
  void begin(session_record row, std::uint64_t epoch);
  caf::result<messages::validation> on_validate(messages::validate& request);
  caf::result<messages::validation> on_prove(messages::prove& request);
  task<messages::done> on_session_ended(messages::session_ended event);
  task<messages::done> on_role_changed(messages::role_changed event);
  caf::result<messages::done> on_session_synced(messages::session_synced& event);
  caf::result<messages::stepped_up> on_reauthenticated(messages::reauthenticated& event);
  task<messages::done> on_reread(messages::reread_session request);
  task<messages::done> on_outcome_in_doubt(messages::outcome_in_doubt event);
  void on_sweep(messages::sweep& sweep);
  // refresh.cpp
  task<messages::token_pair> on_issue(messages::issue_tokens request);
  task<messages::token_pair> on_refresh(messages::refresh request);
  // end.cpp
  task<messages::revoked> on_revoke(messages::revoke request);
  // watch.cpp
  caf::result<messages::validation> on_watch(messages::watch& request);
  void on_unwatch(messages::unwatch& request);
  task<messages::validation> on_use_ticket(messages::use_ticket ticket);
  caf::result<messages::done> on_subscription_changed(messages::subscription_changed& event);

  /// Ends when what is remembered is no older than the call.
  task<messages::done> reread();

private:
  /// Whether the row must be read before anything is said of it, for whoever shows a token of that
  /// counter: another node may have rotated the session or issued a token of it.
  bool needs_row(std::uint64_t counter) const;
  template <class Request>
  using plain_handler = caf::result<messages::validation> (session_state::*)(Request&);
  template <class Request>
  task<messages::validation> when_read(plain_handler<Request> handle, Request request);
  task<messages::done> read_row();
  caf::result<messages::validation> validate_now(messages::validate& request);
  caf::result<messages::validation> prove_now(messages::prove& request);
  caf::result<messages::validation> watch_now(messages::watch& request);
  std::unique_ptr<fresh_task<messages::done>> row_reads_; // made when it is first needed
  /// Tells its watchers that it is too old, if it is so in the store too.
  task<> notify_of_expiry();

  /// It is good for adding a second factor alone, and what is asked is not that.
  bool is_refused(bool admits_awaiting) const;
  messages::validation validation() const;
  void touch();
  /// The refresh token with that counter, or an access token that came with it, was shown.
  /// Whether that was not known and should be written.
  bool see(std::uint64_t counter);
  bool alive() const;
  bool has_ended() const noexcept { return status == life::ended; }
  /// Whether an access token of that counter has outlived its time by the steady clock.
  bool is_access_over(std::uint64_t counter) const;
  /// Whether whoever shows the token before the current one may have lost the answer to it.
  bool may_have_lost_answer() const;
  /// What the steady clock says of the times in the row.
  void measure();
  void set_expiry(time_point expires_at);

  // -- rotations (refresh.cpp)
  /// What a rotation that several may have asked for has done.
  enum class rotation_step : unsigned char {
    rotated,
    looked, // the store was asked what it has done: the record is as there
  };
  task<rotation_step> rotate();
  task<rotation_step> look_at_rotation();
  /// The same, with those who want to rotate meanwhile.
  task<> look_for_rotation();
  /// Takes over what the store has instead of the record. Whether it has ended there.
  bool adopt_row(session_record fresh);
  void rotated(std::uint64_t from, time_point at, time_point when);
  /// The tokens after that of the current counter, once they are durable.
  task<messages::token_pair> refresh_current(std::uint64_t counter);
  /// The access token of the last rotation is replaced when half of its time is over.
  void freshen();
  task<messages::token_pair> issue_pair();
  access_claims claims() const;
  shared_task<rotation_step> rotations_;

  // -- ends (end.cpp)
  /// An end: what the audit log says of it, and why it is.
  struct ending {
    std::string action;
    std::string reason;
    messages::client_info client;
    end_reason cause; // what its watchers hear
  };
  /// Ends it, durably and for its watchers. Those who ask for it meanwhile get the same outcome.
  task<messages::done> end(ending words, time_point until);
  task<messages::done> write_end(const ending& words);
  /// Ends when other nodes know too that it has ended.
  task<messages::done> announce_end(end_reason reason);
  /// Asks the store what a COMMIT of unknown outcome has done; a failure when that is not known.
  /// Until it is, the store is asked again. `reason`: that it has ended for, if it has.
  task<messages::done> look_at_row(end_reason reason);
  task<messages::done> reread_in_cluster();
  /// What is still in doubt is asked again; nobody waits for it.
  task<> retry_in_doubt();
  shared_task<messages::done> ends_;

  // -- watchers (watch.cpp)
  /// It has ended, durably: from here on it says so. Nothing else ends one that lives. Then as
  /// `notify_watchers`.
  task<> mark_ended(end_reason reason);
  /// Tells every watcher, each once, and ends when all that were ever told have answered.
  task<> notify_watchers(end_reason reason);
  void take_role(std::string role);
  /// What is known of the user's authentication only grows.
  void take_authentication(const authentication& more);
  std::size_t notifying_ = 0; // conversations that wait for watchers' answers
  wait_list<messages::done> notified_;
};

session_actor::behavior_type session(session_actor::stateful_pointer<session_state> self,
                                     session_record record, actor_env_ptr env,
                                     std::uint64_t read_in);

} // namespace latchkey
