// actor_env.hpp — what every conversation can reach: the clock, the shared actors and the
// rules of sessions. Made once by the server, then never changed.
#pragma once

#include "actors/cluster/memory_trust.hpp"
#include "actors/limits/rate_limiter.hpp"
#include "actors/mail/writer.hpp"
#include "actors/registry/registry.hpp"
#include "config/metrics/metrics.hpp"
#include "config/settings/tiers.hpp"
#include "protocol/email_verification.hpp"
#include "protocol/interfaces.hpp"
#include "protocol/time.hpp"
#include "protocol/tokens/jwt.hpp"
#include "protocol/tokens/refresh_token.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace latchkey {

/// The keys, the same as long as the server runs.
struct key_set {
  hs256_key access;
  refresh_keys refresh;
  secret sealing; // of tickets and stand-ins; each use binds its own words to it
  std::string issuer;
  std::string audience;
  hmac_sha256_key forms; // of the tokens in the forms of our own pages
};

/// The rules of sessions, from the settings.
struct session_policy {
  std::chrono::seconds access_ttl{3600};
  std::chrono::seconds session_ttl{std::chrono::hours{24 * 30}};
  std::chrono::seconds session_idle_ttl{0}; // without a refresh; 0: no limit
  std::chrono::seconds refresh_grace{10};   // in which a retried refresh is answered again
  /// The same for as long as its successor was not seen; 0: no longer than the grace.
  std::chrono::seconds refresh_unseen_max{std::chrono::hours{24}};
  std::chrono::seconds memory_idle{600};      // unused for so long, an actor leaves memory
  std::chrono::seconds internal_deadline{30}; // of work that no request waits for
  std::chrono::seconds reset_token_ttl{3600};
  std::chrono::seconds email_token_ttl{86400}; // of a token that verifies an address
  email_verification verification = email_verification::optional;
  rate_limit verification_mails{3, 3600};          // of an account: mails that were asked for
  rate_limit login_failures{10, 900};              // of an account
  std::uint32_t login_failures_in_a_row_max = 100; // of an account; 0: no such limit
  rate_limit recovery_failures{10, 900};           // of an account: wrong passphrases
  rate_limit reset_mails{3, 3600};                 // to an account
  rate_limit notice_mails{3, 3600};                // of a kind to an address
  rate_limit notice_mails_proven{20, 3600};        // the same to one that was verified
  std::size_t password_length_min = 8;             // code points, beside a second factor
  std::size_t password_length_min_alone = 8;       // the same without one
  std::chrono::seconds recent_sign_in{600};        // is asked for before factors are changed
  factor_policy factors;                           // who must have a second factor, and where
  std::chrono::seconds session_history{std::chrono::hours{24 * 30}}; // of what is over is kept
  std::chrono::seconds audit_history{0};                             // the same; 0: for ever
  std::chrono::seconds workflow_history{std::chrono::hours{24}};     // the same of workflows
  std::chrono::seconds workflow_lost_after{600}; // without a word of it from upstream

  /// By the time of day, for what is asked of the store: a session that was refreshed at this time
  /// or before is idle at `now`. A session's actor measures by the steady clock.
  time_point idle_since(time_point now) const noexcept {
    return session_idle_ttl.count() > 0 ? now - session_idle_ttl : time_point{};
  }
};

/// The counters that bear an outcome, looked up once: to ask `metrics` takes a lock.
struct outcome_counters {
  outcome_counters() = default;
  explicit outcome_counters(metrics& all)
      : login_success(&all.logins("success")), login_first_step(&all.logins("second_factor_asked")),
        login_refused(&all.logins("invalid_credentials")),
        login_overloaded(&all.logins("overloaded")), login_error(&all.logins("error")),
        sign_ins_refused(&all.overload_refusals("sign_ins")),
        refresh_rotated(&all.refreshes("rotated")), refresh_retried(&all.refreshes("retried")),
        refresh_reused(&all.refreshes("reused")), refresh_refused(&all.refreshes("refused")),
        workflows_started(&all.workflows("started")),
        workflows_completed(&all.workflows("completed")),
        workflows_failed(&all.workflows("failed")) {}

  counter* login_success = nullptr;
  counter* login_first_step = nullptr; // the password was right, and another factor is asked for
  counter* login_refused = nullptr;
  counter* login_overloaded = nullptr;
  counter* login_error = nullptr;
  counter* sign_ins_refused = nullptr; // too many of one account, or of one address
  counter* refresh_rotated = nullptr;
  counter* refresh_retried = nullptr; // an answer that was given before
  counter* refresh_reused = nullptr;  // an older token, which ends the session
  counter* refresh_refused = nullptr;
  counter* workflows_started = nullptr;
  counter* workflows_completed = nullptr;
  counter* workflows_failed = nullptr;
};

/// What the actors of one server share: its rules, keys, clock and counters, and the handles
/// of the actors that they ask.
struct actor_env {
  const clock_source* clock = nullptr;
  metrics* counts = nullptr;
  outcome_counters outcomes; // of `counts`
  session_policy policy;
  std::shared_ptr<const key_set> keys;
  std::vector<persistence_actor> writers;
  std::vector<reader_actor> readers;
  std::vector<directory_actor> directories;
  std::vector<core_manager_actor> core_managers; // empty when CORE_MANAGER_URL is unset
  password_hasher_actor hasher;
  key_ring_actor key_ring;
  audit_actor audit;
  redis_actor redis; // invalid when no Redis is configured
  registry_actor registry;
  mailer_actor mailer;
  cluster_actor cluster; // invalid for a server that is alone
  member_id member;      // of this node; nil for a server that is alone
  std::shared_ptr<memory_trust> trust = std::make_shared<memory_trust>();
  std::shared_ptr<registry_book> book = std::make_shared<registry_book>();
  std::shared_ptr<rate_limiter> limiter = make_local_rate_limiter();
  std::shared_ptr<const mail_writer> mails; // makes the mail rows that facts go with
  tier_table tiers;
  time_point started_at{};              // by the steady clock
  std::function<void()> publish_counts; // brings the gauges up to date, for a scrape

  time_point now() const noexcept { return clock->now(); }
  /// For durations and deadlines (protocol/time.hpp).
  time_point steady_now() const noexcept { return clock->steady(); }

  void count_in(metrics& all) {
    counts = &all;
    outcomes = outcome_counters{all};
  }

  /// Facts about one user or session always go through the same writer, in order.
  const persistence_actor& writer_for(const uuid& id) const { return pick(writers, id); }
  const reader_actor& reader_for(const uuid& id) const { return pick(readers, id); }
  const directory_actor& directory_for(const uuid& id) const { return pick(directories, id); }

  /// A workflow is followed and cancelled by one client. Null: there is none.
  const core_manager_actor* core_manager_for(const uuid& id) const {
    return core_managers.empty() ? nullptr : &pick(core_managers, id);
  }

private:
  template <class Handle>
  static const Handle& pick(const std::vector<Handle>& from, const uuid& id) {
    return from[std::hash<uuid>{}(id) % from.size()];
  }
};

using actor_env_ptr = std::shared_ptr<const actor_env>;

} // namespace latchkey
