#include "actors/directory/directory.hpp"

#include "actors/audit/audit_entry.hpp"
#include "actors/directory/loading.hpp"
#include "actors/subscription/subscription.hpp"
#include "actors/user/user.hpp"

#include <algorithm>
#include <caf/send.hpp>
#include <iterator>
#include <utility>

namespace latchkey {
namespace {

/// In which every actor in memory is asked once to leave if it is idle.
constexpr std::chrono::microseconds sweep_round = std::chrono::seconds{60};

/// Of one turn; there is at most one actor a bucket on average.
constexpr std::size_t sweep_buckets_max = 512;

template <class Map>
void end_all(Map& map) {
  for (auto& [id, entry] : map)
    if (entry.actor) caf::anon_send_exit(entry.actor, caf::exit_reason::user_shutdown);
  map.clear();
}

} // namespace

directory_state::~directory_state() {
  end_all(workflows);
  end_all(sessions);
  end_all(subscriptions);
  end_all(users);
}

// -- users -------------------------------------------------------------------------------

caf::result<user_actor> directory_state::on_find_user(messages::find_user& request) {
  promise<user_actor> answer{self};
  const auto id = request.id;
  if (request.if_in_memory && !loading::is_in_memory(users, id)) {
    answer.deliver(to_error(error_code::user_not_found));
    return answer;
  }
  loading::find_or_load(users, id, request.gone, answer, loads,
                        [this, id](std::uint64_t load) { begin(load_user(id, load)); });
  return answer;
}

task<> directory_state::load_user(user_id id, std::uint64_t load) {
  const auto epoch = env->trust->epoch();
  const messages::read_user question{id, own_deadline()};
  auto record = co_await ask(env->reader_for(id), question);
  if (!loading::is_loading(users, id, load)) co_return;
  if (record)
    loading::loaded(users, id, self->spawn(user, std::move(*record), env, epoch));
  else
    loading::not_loaded(users, id, record.error());
}

task<messages::done> directory_state::on_user_changed(messages::user_changed event) {
  // What is being read may be older.
  const auto bought = subscriptions.find(event.user);
  if (bought != subscriptions.end()) {
    if (bought->second.actor) {
      (void)co_await ask_raw(bought->second.actor, event);
    } else {
      bought->second.load = ++loads;
      begin(load_subscription(event.user, loads));
    }
  }
  const auto found = users.find(event.user);
  if (found == users.end()) co_return messages::done{};
  if (!found->second.actor) {
    found->second.load = ++loads;
    begin(load_user(event.user, loads));
    co_return messages::done{};
  }
  const messages::reload_user reload{own_deadline()};
  const auto reloaded = co_await ask_raw(found->second.actor, reload);
  if (reloaded || is_gone(reloaded.error())) co_return messages::done{};
  auto error = to_failure(reloaded.error());
  if (error.code == error_code::user_not_found) co_return messages::done{};
  co_return error;
}

// -- registering ---------------------------------------------------------------------------

task<messages::user_view> directory_state::on_register(messages::register_user request) {
  auto user = request.user;
  if (user.client_id.empty()) user.client_id = to_string(user.id); // as it will be stored
  auto audited =
      audit_entry("user.registered", request.by.empty() ? "open registration" : "by a service",
                  env->now(), request.client);
  audited.user = user.id;
  audited.by = std::move(request.by);
  storage::unit unit{{storage::create_user{user, std::move(request.username_key),
                                           std::move(request.email_key), request.keeps_sequence},
                      storage::add_audit{std::move(audited)}}};
  const bool sends_mail =
      std::any_of(request.also.begin(), request.also.end(),
                  [](const storage::fact& fact) { return fact.holds<storage::add_mail>(); });
  std::move(request.also.begin(), request.also.end(), std::back_inserter(unit.facts));
  messages::commit commit{std::move(unit), request.deadline};
  const auto written = co_await ask(env->writer_for(user.id), std::move(commit));
  if (!written) co_return written.error();
  if (sends_mail && env->mailer) self->send(env->mailer, messages::mail_waiting{});
  user.number = written->user_number;
  co_return messages::view_of(user);
}

// -- subscriptions -----------------------------------------------------------------------

caf::result<subscription_actor>
directory_state::on_find_subscription(messages::find_subscription& request) {
  promise<subscription_actor> answer{self};
  const auto id = request.id;
  loading::find_or_load(subscriptions, id, request.gone, answer, loads,
                        [this, id](std::uint64_t load) { begin(load_subscription(id, load)); });
  return answer;
}

task<> directory_state::load_subscription(user_id id, std::uint64_t load) {
  const auto epoch = env->trust->epoch();
  const auto deadline = own_deadline();
  const messages::read_user owner_question{id, deadline};
  const auto owner = co_await ask(env->reader_for(id), owner_question);
  if (!loading::is_loading(subscriptions, id, load)) co_return;
  if (!owner) {
    loading::not_loaded(subscriptions, id, owner.error());
    co_return;
  }
  messages::read question{storage::find_subscription{id}, deadline};
  auto found = co_await ask(env->reader_for(id), std::move(question));
  if (!loading::is_loading(subscriptions, id, load)) co_return;
  if (!found) {
    loading::not_loaded(subscriptions, id, found.error());
    co_return;
  }
  auto& stored = found->as<storage::find_subscription>();
  auto record = stored ? std::move(*stored) : default_subscription(*owner);
  loading::loaded(subscriptions, id, self->spawn(subscription, std::move(record), env, epoch));
}

void directory_state::forget_subscription(const user_id& id) {
  const auto found = subscriptions.find(id);
  if (found == subscriptions.end()) return;
  if (!found->second.actor) { // what is being read may be older than the removal
    found->second.load = ++loads;
    return begin(load_subscription(id, loads));
  }
  self->send(found->second.actor, messages::owner_removed{});
  subscriptions.erase(found);
}

// -- leaving -----------------------------------------------------------------------------

caf::result<messages::done> directory_state::on_leave_user(messages::leave_user& request) {
  users.erase(request.id);
  if (request.removed) forget_subscription(request.id);
  return messages::done{};
}

caf::result<messages::done> directory_state::on_leave_session(messages::leave_session& request) {
  const auto found = sessions.find(request.id);
  if (found == sessions.end()) return messages::done{};
  sessions_of.erase({found->second.owner, request.id});
  end_load(found->second.load);
  sessions.erase(found);
  return messages::done{};
}

caf::result<messages::done>
directory_state::on_leave_subscription(messages::leave_subscription& request) {
  subscriptions.erase(request.id);
  return messages::done{};
}

template <class Map>
void directory_state::sweep_buckets(Map& map, std::size_t& passed, std::size_t turn_end,
                                    time_point now) {
  const auto count = map.bucket_count();
  // In a crowd each is asked as if it were later.
  const auto spared = std::max(std::chrono::seconds{0}, env->policy.memory_idle - crowded_idle);
  const messages::sweep question{map.size() > crowded_from ? now + spared : now};
  for (; swept_buckets < turn_end && swept_buckets < passed + count; ++swept_buckets) {
    const auto bucket = swept_buckets - passed;
    for (auto resident = map.begin(bucket); resident != map.end(bucket); ++resident)
      if (resident->second.actor) self->send(resident->second.actor, question);
  }
  passed += count;
}

void directory_state::on_sweep(messages::sweep&) {
  // The buckets of one map after the other. A map that grows in the middle of a round moves
  // some to where the round has been: the next one finds them.
  const auto now = env->steady_now();
  const auto all = users.bucket_count() + sessions.bucket_count() + subscriptions.bucket_count() +
                   workflows.bucket_count();
  if (swept_buckets >= all) swept_buckets = 0;
  const auto turn_end = std::min(all, swept_buckets + sweep_buckets_max);
  std::size_t passed = 0;
  sweep_buckets(users, passed, turn_end, now);
  sweep_buckets(sessions, passed, turn_end, now);
  sweep_buckets(subscriptions, passed, turn_end, now);
  sweep_buckets(workflows, passed, turn_end, now);
  const auto turns = (all + sweep_buckets_max - 1) / sweep_buckets_max;
  self->delayed_send(self, sweep_round / turns, messages::sweep{});
}

directory_actor::behavior_type directory(directory_actor::stateful_pointer<directory_state> self,
                                         actor_env_ptr env) {
  install_default_handlers(self);
  auto* state = &self->state;
  state->self = self;
  state->env = std::move(env);
  self->delayed_send(self, sweep_round, messages::sweep{});
  return {handler<&directory_state::on_find_user>(state),
          handler<&directory_state::on_find_session>(state),
          handler<&directory_state::on_compare>(state),
          handler<&directory_state::on_register>(state),
          handler<&directory_state::on_adopt>(state),
          handler<&directory_state::on_find_subscription>(state),
          handler<&directory_state::on_find_workflow>(state),
          handler<&directory_state::on_make_workflow>(state),
          handler<&directory_state::on_sessions_ended>(state),
          handler<&directory_state::on_role_changed>(state),
          handler<&directory_state::on_subscription_changed>(state),
          handler<&directory_state::on_sessions_changed>(state),
          handler<&directory_state::on_user_changed>(state),
          handler<&directory_state::on_sync_session>(state),
          handler<&directory_state::on_leave_user>(state),
          handler<&directory_state::on_leave_session>(state),
          handler<&directory_state::on_leave_subscription>(state),
          handler<&directory_state::on_leave_workflow>(state),
          handler<&directory_state::on_workflow_changed>(state),
          handler<&directory_state::on_attend_workflow>(state),
          handler<&directory_state::on_sweep>(state)};
}

directory_actor::behavior_type
directory_crowded_from(directory_actor::stateful_pointer<directory_state> self, actor_env_ptr env,
                       std::size_t crowded_from) {
  self->state.crowded_from = crowded_from;
  return directory(self, std::move(env));
}

} // namespace latchkey
