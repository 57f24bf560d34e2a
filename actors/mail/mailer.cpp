#include "actors/mail/mailer.hpp"

#include "actors/audit/audit_entry.hpp"

#include <algorithm>
#include <caf/send.hpp>
#include <utility>

namespace latchkey {

std::chrono::microseconds mail_backoff(std::uint32_t attempts, double chance) {
  constexpr std::uint32_t doublings_max = 16;
  const auto doublings = std::min(std::max(attempts, 1U) - 1, doublings_max);
  const auto wait = std::min<std::chrono::microseconds>(
      mail_backoff_min * (std::int64_t{1} << doublings), mail_backoff_max);
  return std::chrono::duration_cast<std::chrono::microseconds>(wait * (0.75 + 0.5 * chance));
}

time_point mailer_state::deadline() const {
  return env->steady_now() + env->policy.internal_deadline;
}

void mailer_state::on_waiting(messages::mail_waiting&) {
  wake();
}

void mailer_state::on_timer(messages::mail_timer& set) {
  if (set.number == timer) wake();
}

void mailer_state::wake() {
  if (!is_busy) return converse(self, nullptr, send_due());
  is_woken = true;
  noting_again.complete(true);
}

task<> mailer_state::send_due() {
  is_busy = true;
  do {
    is_woken = false;
    auto found = co_await look();
    if (found)
      plan_mails(std::move(*found));
    else
      pause();
    while (!due.empty()) {
      auto mail = std::move(due.front());
      due.pop_front();
      const auto leased = co_await lease(mail);
      if (!leased && leased.error().code == error_code::conflict) continue; // another has it
      if (!leased) {
        log_warning(name, "cannot take a mail: ", describe(leased.error().code).message);
        pause();
        break;
      }
      mail.attempts += 1; // as the lease has counted it
      const auto is_settled = co_await carry(std::move(mail));
      if (!is_settled) co_return; // this one stays busy: no other transport is looked for
    }
  } while (is_woken);
  is_busy = false;
  const std::chrono::microseconds longest = mail_look_every;
  wake_after(next_due ? std::min(*next_due - env->steady_now(), longest) : longest);
}

// -- which ------------------------------------------------------------------------------

task<std::vector<mail_record>> mailer_state::look() {
  // Those that become due later are asked for too, to know when the next does, and how much later
  // depends on whether somebody has set the clock back since they were written.
  const auto horizon = env->now() + mail_horizon;
  messages::read question{storage::due_mails{horizon, mails_looked_at_max}, deadline()};
  auto found = co_await ask(env->readers.front(), std::move(question));
  if (found) co_return std::move(found->as<storage::due_mails>());
  log_warning(name, "cannot look for mails: ", describe(found.error().code).message);
  co_return found.error();
}

void mailer_state::plan_mails(std::vector<mail_record> found) {
  env->counts->mails_waiting.set(static_cast<std::int64_t>(found.size()));
  next_due.reset();
  due.clear();
  forget_plans(found);
  for (auto& mail : found) {
    const auto when = when_due(mail);
    if (when <= env->steady_now())
      due.push_back(std::move(mail));
    else if (!next_due || when < *next_due)
      next_due = when;
  }
  // All of a full look were due: there may be more.
  if (found.size() >= mails_looked_at_max && !next_due) is_woken = true;
}

/// By the steady clock. What a row says is believed as far as it can be right: nobody waits longer
/// than a lease or the pause after so many attempts, and a mail that was never tried waits not at
/// all.
time_point mailer_state::when_due(const mail_record& mail) {
  const auto steady = env->steady_now();
  const auto known = plans.find(mail.id);
  if (known != plans.end() && known->second.in_row == mail.next_attempt_at)
    return known->second.when;
  const auto left = mail.next_attempt_at - env->now();
  if (left.count() <= 0 || mail.attempts == 0) return steady;
  const std::chrono::microseconds longest =
      std::max<std::chrono::microseconds>(mail_lease, mail_backoff(mail.attempts, 1));
  const auto when = steady + std::min(left, longest);
  plans[mail.id] = {mail.next_attempt_at, when};
  return when;
}

/// Of mails that are not waiting any more.
void mailer_state::forget_plans(const std::vector<mail_record>& waiting) {
  if (waiting.size() >= mails_looked_at_max) return; // there may be more
  std::erase_if(plans, [&waiting](const auto& known) {
    return std::ranges::none_of(waiting, [&](const auto& m) { return m.id == known.first; });
  });
}

/// The store is away: nothing would go, whoever asks for it.
void mailer_state::pause() {
  due.clear();
  next_due.reset();
  is_woken = false;
}

/// A timer that was set before does not count any more.
void mailer_state::wake_after(std::chrono::microseconds wait) {
  self->delayed_send(mailer_actor{self}, std::max(wait, std::chrono::microseconds{1}),
                     messages::mail_timer{++timer});
}

// -- one of them ------------------------------------------------------------------------

task<storage::written> mailer_state::lease(mail_record mail) {
  const auto until = env->now() + mail_lease;
  storage::unit unit{{storage::lease_mail{mail.id, mail.next_attempt_at, until}}};
  messages::commit commit{std::move(unit), deadline()};
  co_return co_await ask(env->writer_for(mail.id), std::move(commit));
}

task<messages::done> mailer_state::carry(mail_record mail) {
  messages::send_mail message{mail, called_off};
  auto attempt = co_await ask_raw(transport, std::move(message));
  if (!attempt && is_gone(attempt.error())) {
    log_critical(name, "the mail transport has ended");
    co_return to_failure(attempt.error());
  }
  // Nothing was tried: the mail is due again when its lease is over.
  if (!attempt)
    log_error(name, "mail ", mail.id,
              " was not sent: ", describe(to_failure(attempt.error()).code).message);
  const auto unit = settle(mail, attempt ? *attempt : messages::mail_attempted{});
  // While an outcome is not noted no other mail goes: what was sent would go again.
  while (true) {
    messages::commit commit{unit, deadline()};
    const auto noted = co_await ask(env->writer_for(mail.id), std::move(commit));
    if (noted) co_return messages::done{};
    log_warning(name, "cannot store a mail's outcome: ", describe(noted.error().code).message);
    wake_after(mail_settle_again);
    co_await noting_again.wait();
  }
}

storage::unit mailer_state::settle(const mail_record& mail,
                                   const messages::mail_attempted& attempt) {
  using outcome = storage::settle_mail::outcome;
  const auto now = env->now();
  const auto chosen = std::uniform_real_distribution<double>{0, 1}(chance);
  storage::settle_mail fact;
  fact.mail = mail.id;
  fact.at = now;
  const auto pause = mail_backoff(mail.attempts, chosen);
  const auto when = env->steady_now() + pause;
  fact.next_attempt_at = now + pause;
  const bool is_refused = attempt.outcome == messages::mail_outcome::refused;
  if (attempt.outcome == messages::mail_outcome::sent)
    fact.became = outcome::sent;
  else if (is_refused || fact.next_attempt_at >= mail.created_at + mail_lifetime)
    fact.became = outcome::given_up;
  else
    fact.became = outcome::again;

  storage::unit unit{{fact}};
  switch (fact.became) {
  case outcome::sent:
    env->counts->mails("sent").add();
    break;
  case outcome::again:
    env->counts->mails("failed").add();
    plans[mail.id] = {fact.next_attempt_at, when};
    if (!next_due || when < *next_due) next_due = when;
    break;
  case outcome::given_up:
    env->counts->mails("given_up").add();
    log_error(name, "gave up mail ", mail.id, " (", mail.kind, ") after ", mail.attempts,
              " attempts", is_refused ? ": it was refused for good" : "");
    auto reason = mail.kind + " " + to_string(mail.id) +
                  (is_refused ? ", refused for good" : ", not sent in time");
    unit.facts.emplace_back(
        storage::add_audit{audit_entry("mail.given_up", std::move(reason), now)});
    break;
  }
  if (fact.became != outcome::again) env->counts->mails_waiting.add(-1);
  return unit;
}

mailer_actor::behavior_type mailer(mailer_actor::stateful_pointer<mailer_state> self,
                                   actor_env_ptr env, mail_transport_actor transport) {
  install_default_handlers(self);
  auto* state = &self->state;
  state->self = self;
  state->env = std::move(env);
  state->transport = std::move(transport);
  state->chance.seed(std::random_device{}());
  self->send(mailer_actor{self}, messages::mail_waiting{}); // what an earlier run left
  return {handler<&mailer_state::on_waiting>(state), handler<&mailer_state::on_timer>(state)};
}

} // namespace latchkey
