// mailer.hpp — sends the mails that are due, one after another, for as long as it takes.
//
// A mail is a row that became durable with the fact that caused it. The mailer leases a row,
// has it carried and notes what became of it; whatever ends in between, the row is due
// again when the lease is over. So each mail goes at least once, on whichever node.
#pragma once

#include "actors/base/actor_env.hpp"
#include "actors/base/behave.hpp"
#include "actors/base/conversation.hpp"

#include <atomic>
#include <caf/stateful_actor.hpp>
#include <chrono>
#include <deque>
#include <memory>
#include <optional>
#include <random>
#include <unordered_map>
#include <vector>

namespace latchkey {

// Between two attempts at one mail: twice as long each time, and up to a quarter more or less.
inline constexpr std::chrono::seconds mail_backoff_min{5};
inline constexpr std::chrono::seconds mail_backoff_max{3600};
/// A mail that could not be sent for so long is given up.
inline constexpr std::chrono::hours mail_lifetime{24};
/// Longer than any attempt, so that nobody else sends what is being sent.
inline constexpr std::chrono::seconds mail_lease{90};
/// The store is asked so often even when nobody says that mail is waiting: another node may have
/// written it, or have ended before it sent it.
inline constexpr std::chrono::seconds mail_look_every{5};
/// Between two attempts to note an outcome that the store would not take.
inline constexpr std::chrono::seconds mail_settle_again{1};
inline constexpr std::size_t mails_looked_at_max = 256;
/// Rows that are due further ahead are not looked at.
inline constexpr std::chrono::days mail_horizon{3660};

/// What to wait after the `attempts`-th attempt failed; `chance` is 0 to 1.
std::chrono::microseconds mail_backoff(std::uint32_t attempts, double chance);

struct mailer_state {
  static inline const char* name = "mailer";

  mailer_actor::pointer self = nullptr;
  actor_env_ptr env;
  mail_transport_actor transport;
  std::shared_ptr<std::atomic<bool>> called_off = std::make_shared<std::atomic<bool>>(false);
  std::minstd_rand chance;

  std::deque<mail_record> due;        // of the last look, oldest first
  bool is_busy = false;               // `send_due` is under way
  bool is_woken = false;              // meanwhile: look again
  wait_list<bool> noting_again;       // an outcome that the store would not take
  std::optional<time_point> next_due; // of those that were not due yet, by the steady clock
  /// When a mail is due by the steady clock, for what its row says by the time of day.
  struct plan {
    time_point in_row{};
    time_point when{};
  };
  std::unordered_map<uuid, plan> plans; // at most those of one look and its attempts
  std::uint64_t timer = 0;              // number of the one that counts

  mailer_state() = default;
  mailer_state(const mailer_state&) = delete;
  mailer_state& operator=(const mailer_state&) = delete;
  /// An attempt under way is called off: the server is stopping.
  ~mailer_state() { called_off->store(true); }

  void on_waiting(messages::mail_waiting& notice);
  void on_timer(messages::mail_timer& set);

private:
  void wake();
  /// Sends all that is due, then sets the timer.
  task<> send_due();
  task<std::vector<mail_record>> look();
  void plan_mails(std::vector<mail_record> found);
  time_point when_due(const mail_record& mail);
  void forget_plans(const std::vector<mail_record>& waiting);
  task<storage::written> lease(mail_record mail);
  /// Hands the mail to the transport and notes what became of it. Fails when the transport is gone.
  task<messages::done> carry(mail_record mail);
  /// What is to be noted.
  storage::unit settle(const mail_record& mail, const messages::mail_attempted& attempt);
  void pause();
  void wake_after(std::chrono::microseconds wait);
  time_point deadline() const;
};

/// One on each node. `transport` is actors/mail/transport.hpp's.
mailer_actor::behavior_type mailer(mailer_actor::stateful_pointer<mailer_state> self,
                                   actor_env_ptr env, mail_transport_actor transport);

} // namespace latchkey
