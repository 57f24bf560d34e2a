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

/// In which everybody in memory is asked once whether they are idle.
constexpr std::chrono::microseconds sweep_round = std::chrono::seconds{60};

/// Of one turn; there is at most one resident a bucket on average.
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
  loading::find_or_load(users, id, request.gone, answer, loads, [this, id](std::uint64_t load) {
    const auto deadline = env->steady_now() + env->policy.internal_deadline;
    self->request(env->reader_for(id), no_timeout, messages::read_user{id, deadline})
        .then(
            [this, id, load](user_record& record) {
              if (!loading::is_loading(users, id, load)) return;
              loading::loaded(users, id, self->spawn(user, std::move(record), env));
            },
            [this, id, load](caf::error& error) {
              if (loading::is_loading(users, id, load)) loading::not_loaded(users, id, error);
            });
  });
  return answer;
}

/// A wrong password of somebody's is counted in the store, which nobody waits for; so is one of
/// nobody's, or the time of the answers would tell who is somebody.
void directory_state::count_failure_of_nobody() {
  const user_id nobody{make_uuid(env->now())};
  caf::anon_send(env->writer_for(nobody),
                 messages::commit{{{storage::count_password_failures{nobody}}},
                                  env->steady_now() + env->policy.internal_deadline});
}

caf::result<messages::done> directory_state::on_compare(messages::compare_with_nothing& request) {
  promise<messages::done> answer{self};
  const auto failed = [answer](caf::error& error) { answer.deliver(error); };
  const auto compare = [this, request, answer, failed] {
    messages::verify_password question{request.password, {}, request.deadline, false, true};
    if (!request.is_passphrase)
      question.phc = stand_ins_->of(hmac_sha256(env->keys->tickets, "stand-in " + request.name));
    self->request(env->hasher, no_timeout, std::move(question))
        .then(
            [this, answer, counts = !request.is_passphrase](messages::verdict&) {
              if (counts) count_failure_of_nobody();
              answer.deliver(messages::done{});
            },
            failed);
  };
  if (!request.is_passphrase) {
    with_stand_ins(compare);
    return answer;
  }
  // A user's is read first.
  const user_id nobody{};
  self->request(env->reader_for(nobody), no_timeout,
                messages::read{storage::find_recovery{nobody}, request.deadline})
      .then([compare](messages::found&) { compare(); }, failed);
  return answer;
}

// -- whom unknown names follow -------------------------------------------------------------

void directory_state::with_stand_ins(std::function<void()> go) {
  const bool is_due = env->steady_now() >= stand_ins_due_;
  if (is_due && !std::exchange(reads_stand_ins_, true)) read_stand_ins();
  if (stand_ins_) return go();
  stand_in_askers_.push_back(std::move(go));
}

void directory_state::read_stand_ins() {
  storage::list_users question;
  question.limit = 1;
  const auto deadline = env->steady_now() + env->policy.internal_deadline;
  self->request(env->reader_for(user_id{}), no_timeout, messages::read{question, deadline})
      .then(
          [this](messages::found& found) {
            const auto total = found.as<storage::list_users>().total;
            read_page_of(std::make_shared<stand_ins>(), 0, total);
          },
          [this](caf::error&) { take_stand_ins(nullptr); });
}

void directory_state::read_page_of(const std::shared_ptr<stand_ins>& fresh, std::int64_t after,
                                   std::int64_t total) {
  if (fresh->is_full()) return take_stand_ins(fresh);
  const storage::users_after question{after, stand_ins::page_rows};
  const auto deadline = env->steady_now() + env->policy.internal_deadline;
  self->request(env->reader_for(user_id{}), no_timeout, messages::read{question, deadline})
      .then(
          [this, fresh, after, total](messages::found& found) {
            const auto next = fresh->add(found.as<storage::users_after>(), after, total);
            read_page_of(fresh, next, total);
          },
          [this](caf::error&) { take_stand_ins(nullptr); });
}

/// Null: the store did not say. Then those that are known stay, and the next asker has it tried
/// again.
void directory_state::take_stand_ins(std::shared_ptr<const stand_ins> fresh) {
  reads_stand_ins_ = false;
  if (fresh) stand_ins_due_ = env->steady_now() + stand_ins_good_for;
  if (fresh || !stand_ins_) stand_ins_ = fresh ? std::move(fresh) : std::make_shared<stand_ins>();
  for (auto& go : std::exchange(stand_in_askers_, {}))
    go();
}

// -- registering ---------------------------------------------------------------------------

caf::result<messages::user_view> directory_state::on_register(messages::register_user& request) {
  promise<messages::user_view> answer{self};
  auto user = request.user;
  if (user.client_id.empty()) user.client_id = to_string(user.id); // as it will be stored
  auto audited =
      audit_entry("user.registered", request.by.empty() ? "open registration" : "told by a service",
                  env->now(), request.client);
  audited.user = user.id;
  audited.by = std::move(request.by);
  storage::unit unit{{storage::create_user{user, std::move(request.username_key),
                                           std::move(request.email_key), request.keeps_sequence},
                      storage::add_audit{std::move(audited)}}};
  const bool sends =
      std::any_of(request.also.begin(), request.also.end(), [](const storage::fact& what) {
        return std::holds_alternative<storage::add_mail>(what);
      });
  std::move(request.also.begin(), request.also.end(), std::back_inserter(unit.facts));
  self->request(env->writer_for(user.id), no_timeout,
                messages::commit{std::move(unit), request.deadline})
      .then(
          [this, answer, user, sends](storage::written& written) mutable {
            if (sends && env->mailer) self->send(env->mailer, messages::mail_waiting{});
            user.number = written.user_number;
            answer.deliver(messages::view_of(user));
          },
          [answer](caf::error& error) { answer.deliver(error); });
  return answer;
}

// -- subscriptions -----------------------------------------------------------------------

caf::result<subscription_actor>
directory_state::on_find_subscription(messages::find_subscription& request) {
  promise<subscription_actor> answer{self};
  const auto id = request.id;
  loading::find_or_load(subscriptions, id, request.gone, answer, loads,
                        [this, id](std::uint64_t load) { load_subscription(id, load); });
  return answer;
}

void directory_state::load_subscription(const user_id& id, std::uint64_t load) {
  const auto deadline = env->steady_now() + env->policy.internal_deadline;
  const auto& reader = env->reader_for(id);
  const auto failed = [this, id, load](caf::error& error) {
    if (loading::is_loading(subscriptions, id, load)) loading::not_loaded(subscriptions, id, error);
  };
  self->request(reader, no_timeout, messages::read_user{id, deadline})
      .then(
          [this, id, load, deadline, reader, failed](user_record& owner) {
            if (!loading::is_loading(subscriptions, id, load)) return;
            self->request(reader, no_timeout,
                          messages::read{storage::find_subscription{id}, deadline})
                .then(
                    [this, id, load, owner](messages::found& found) {
                      if (!loading::is_loading(subscriptions, id, load)) return;
                      auto& stored = found.as<storage::find_subscription>();
                      auto record = stored ? std::move(*stored) : default_subscription(owner);
                      loading::loaded(subscriptions, id,
                                      self->spawn(subscription, std::move(record), env));
                    },
                    failed);
          },
          failed);
}

void directory_state::forget_subscription(const user_id& id) {
  const auto found = subscriptions.find(id);
  if (found == subscriptions.end()) return;
  if (!found->second.actor) { // what is being read may be older than the removal
    found->second.load = ++loads;
    return load_subscription(id, loads);
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
  // In a crowd it is asked as if it were later.
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
  return {handler(state, &directory_state::on_find_user),
          handler(state, &directory_state::on_find_session),
          handler(state, &directory_state::on_compare),
          handler(state, &directory_state::on_register),
          handler(state, &directory_state::on_adopt),
          handler(state, &directory_state::on_find_subscription),
          handler(state, &directory_state::on_find_workflow),
          handler(state, &directory_state::on_make_workflow),
          handler(state, &directory_state::on_sessions_ended),
          handler(state, &directory_state::on_role_changed),
          handler(state, &directory_state::on_subscription_changed),
          handler(state, &directory_state::on_sync_session),
          handler(state, &directory_state::on_leave_user),
          handler(state, &directory_state::on_leave_session),
          handler(state, &directory_state::on_leave_subscription),
          handler(state, &directory_state::on_leave_workflow),
          handler(state, &directory_state::on_sweep)};
}

directory_actor::behavior_type
directory_crowded_from(directory_actor::stateful_pointer<directory_state> self, actor_env_ptr env,
                       std::size_t crowded_from) {
  self->state.crowded_from = crowded_from;
  return directory(self, std::move(env));
}

} // namespace latchkey
