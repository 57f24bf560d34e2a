// promises.hpp — what the members of a cluster owe each other, so that none of them answers from
// memory what another has changed.
//
// A promise of B to A says: until its end B answers no change that narrows what somebody may do
// before A has confirmed it. A answers from memory only while it holds a promise of every other
// member. B tells every member of a change once it is durable and answers when each has confirmed
// it, or when the promises that this member held by then have run out. So whoever is silent costs
// at most one promise, and whoever hears nothing stops trusting its memory by itself.
//
// Every time is of this process's steady clock. The holder counts from when it asked, the giver
// from when it gave, which is later; a margin for clocks that run differently is taken off the
// holder's side.
//
// This is the protocol alone: it sends nothing and knows no actor. Messages between two members
// arrive in the order in which they were sent, or the connection is lost.
#pragma once

#include "protocol/ids.hpp"
#include "protocol/time.hpp"

#include <chrono>
#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <set>
#include <vector>

namespace latchkey::cluster {

struct promise_terms {
  std::chrono::microseconds duration = std::chrono::seconds{1};
  std::chrono::microseconds renewed_every = std::chrono::milliseconds{300};
  /// Taken off what a promise is worth to its holder.
  std::chrono::microseconds margin = std::chrono::milliseconds{20};
  /// Memory counts no longer than this after a heartbeat was written: by then others may have
  /// removed this member, and a new one that it never met may change what it remembers.
  std::chrono::microseconds without_store_max = std::chrono::seconds{60};
};

class promises {
public:
  /// Numbers a change within this process.
  using change_number = std::uint64_t;
  /// What one member is told. It confirms by `number`, which no other message to it ever has.
  struct told {
    member_id member;
    std::uint64_t number;
    change_number change;
  };
  struct question {
    member_id member;
    std::uint64_t number;
  };

  explicit promises(promise_terms terms) : terms_(terms) {}

  // -- who is there

  /// A row that has appeared in the table. It is asked for a promise, and counts as a member once
  /// it has given one: until then it has not changed anything.
  void meet(const member_id& other);
  /// Its row was removed by somebody else, for it gave no sign of life. It may be alive and hold
  /// promises of ours, which are kept; what it has changed without telling may be in memory here.
  void bury(const member_id& other, time_point now);
  /// Whether it gets promises. Whoever may remove its row gives it none before it does, for what it
  /// remembers must not count once the row is gone.
  void withhold(const member_id& other, bool is_withheld);
  /// The members that may hear that this one leaves: whoever has its promises withheld shall go on
  /// missing them.
  std::vector<member_id> told_of_leaving() const;
  /// It has said that it changes nothing more and answers nobody.
  void part(const member_id& other, time_point now);
  /// The connection is there, from nothing: what is to be told on it first.
  std::vector<told> connected(const member_id& other, time_point now);
  void disconnected(const member_id& other);
  bool knows(const member_id& other) const { return peers_.contains(other); }
  /// Whether it has given a promise and so counts.
  bool is_member(const member_id& other) const;

  // -- what is owed to this member

  /// A heartbeat was written that was sent at `sent`.
  void heartbeat_written(time_point sent, time_point now);
  /// The questions that are due, which are to be sent now.
  std::vector<question> ask(time_point now);
  /// The answer to a question. True when that made it a member, which is to be told so (`welcome`).
  bool given(const member_id& by, std::uint64_t number, time_point now);
  /// A change that it tells of has arrived; its number.
  void heard(const member_id& from, std::uint64_t number);
  /// Memory and sockets have followed that change: it is to be confirmed.
  void applied(const member_id& from, std::uint64_t number, time_point now);
  /// Memory counts until then, and not at that time.
  time_point trusted_until() const noexcept { return trusted_until_; }
  /// Rises when memory may have missed a change: what was read before is to be read again.
  std::uint64_t epoch() const noexcept { return epoch_; }
  /// Counts nothing that was read until now.
  void forget_memory() noexcept { ++epoch_; }

  // -- what this member owes

  /// A member asks for a promise: whether it gets one.
  bool asked(const member_id& by, time_point now);
  /// A change that has just become durable, and whom to tell. `is_over` says whether anybody is
  /// waited for.
  std::pair<change_number, std::vector<told>> begin(time_point now);
  void confirmed(const member_id& by, std::uint64_t number);
  /// Changes that wait for nobody any more: they may be answered. Each is named once.
  std::vector<change_number> take_over(time_point now);
  /// When `take_over` should be called again though nothing was heard; none: nothing waits.
  std::optional<time_point> next_end() const;

private:
  enum class standing : std::uint8_t {
    met,    // has not given a promise yet
    member, // its promise is needed
    buried, // is gone, or seems so; promises that it was given are kept
  };
  struct peer {
    standing now = standing::met;
    bool is_connected = false;
    bool is_withheld = false;
    // What it owes us.
    time_point held_until{};
    time_point asked_at{};
    std::uint64_t questions = 0;
    std::deque<std::pair<std::uint64_t, time_point>> open_questions; // number, when it was sent
    std::set<std::uint64_t> unapplied;                               // changes heard of
    std::uint64_t heard = 0;                                         // the newest
    struct pending {
      time_point until;
      std::uint64_t after; // counts once every change up to this one is applied
    };
    std::deque<pending> pending_promises;
    // What we owe it.
    time_point owed_until{};
    std::uint64_t told = 0; // the newest number
    std::map<std::uint64_t, change_number> unconfirmed;
  };
  struct unanswered {
    std::map<member_id, time_point> waits_for; // each no longer than until then
  };

  void count_promises(peer& by);
  void weigh(time_point now);
  void settle(const member_id& by, change_number number);

  promise_terms terms_;
  std::map<member_id, peer> peers_;
  std::map<change_number, unanswered> changes_;
  change_number last_change_ = 0;
  time_point lease_until_{}; // by the store
  time_point trusted_until_{};
  std::uint64_t epoch_ = 1;
};

} // namespace latchkey::cluster
