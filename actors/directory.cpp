#include "actors/directory.hpp"

#include "actors/audit_entry.hpp"
#include "actors/session.hpp"
#include "actors/user.hpp"

#include <algorithm>
#include <caf/send.hpp>
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

/// Finds the entry, or makes one whose loading `load` must start; it is given the number
/// of that load. An actor that the asker found to be `gone` does not count.
template <class Map, class Id, class Handle, class Load>
void find_or_load(Map& map, const Id& id, std::uint64_t gone, const promise<Handle>& answer,
                  std::uint64_t& loads, Load load) {
  auto& entry = map[id];
  if (entry.actor && entry.actor.id() == gone) entry.actor = nullptr;
  if (entry.actor) return answer.deliver(entry.actor);
  entry.waiting.push_back(answer);
  if (entry.waiting.size() > 1) return;
  entry.load = ++loads;
  load(entry.load);
}

/// Whether that load is still wanted. One that was overtaken may have read what is no
/// longer so, and must not become a second actor.
template <class Map, class Id>
bool is_loading(const Map& map, const Id& id, std::uint64_t load) {
  const auto found = map.find(id);
  return found != map.end() && found->second.load == load;
}

template <class Map, class Id, class Handle>
void loaded(Map& map, const Id& id, Handle actor) {
  auto& entry = map[id];
  entry.actor = actor;
  entry.load = 0;
  for (auto& asker : std::exchange(entry.waiting, {}))
    asker.deliver(actor);
}

template <class Map, class Id>
void not_loaded(Map& map, const Id& id, std::uint64_t load, const caf::error& error) {
  if (!is_loading(map, id, load)) return;
  auto node = map.extract(id);
  for (auto& asker : node.mapped().waiting)
    asker.deliver(error);
}

} // namespace

directory_state::~directory_state() {
  end_all(sessions);
  end_all(users);
}

caf::result<user_actor> directory_state::on_find_user(messages::find_user& request) {
  promise<user_actor> answer{self};
  const auto id = request.id;
  find_or_load(users, id, request.gone, answer, loads, [this, id](std::uint64_t load) {
    const auto deadline = with->now() + with->policy.internal_deadline;
    self->request(with->reader_for(id), no_timeout, messages::read_user{id, deadline})
        .then(
            [this, id, load](user_record& record) {
              if (!is_loading(users, id, load)) return;
              loaded(users, id, self->spawn(user, std::move(record), with));
            },
            [this, id, load](caf::error& error) { not_loaded(users, id, load, error); });
  });
  return answer;
}

caf::result<session_actor> directory_state::on_find_session(messages::find_session& request) {
  promise<session_actor> answer{self};
  const auto id = request.id;
  find_or_load(sessions, id, request.gone, answer, loads, [this, id](std::uint64_t load) {
    const auto deadline = with->now() + with->policy.internal_deadline;
    self->request(with->reader_for(id), no_timeout, messages::read_session{id, deadline})
        .then(
            [this, id, load](session_record& record) {
              if (!is_loading(sessions, id, load)) return;
              if (record.ended_at || record.expires_at <= with->now())
                return not_loaded(sessions, id, load, to_error(error_code::token_invalid));
              loaded(sessions, id, self->spawn(session, std::move(record), with));
            },
            [this, id, load](caf::error& error) { not_loaded(sessions, id, load, error); });
  });
  return answer;
}

caf::result<messages::user_view> directory_state::on_register(messages::register_user& request) {
  promise<messages::user_view> answer{self};
  auto user = request.user;
  auto audited = audit_entry("user.registered", with->now(), request.client);
  audited.user = user.id;
  storage::unit unit{
      {storage::create_user{user, std::move(request.username_key), std::move(request.email_key)},
       storage::add_audit{std::move(audited)}}};
  self->request(with->writer_for(user.id), no_timeout,
                messages::commit{std::move(unit), request.deadline})
      .then(
          [answer, user](storage::written& written) mutable {
            user.number = written.user_number;
            answer.deliver(messages::view_of(user));
          },
          [answer](caf::error& error) { answer.deliver(error); });
  return answer;
}

caf::result<session_actor> directory_state::on_adopt(messages::adopt_session& request) {
  const auto id = request.session.id;
  if (!sessions[id].actor)
    loaded(sessions, id, self->spawn(session, std::move(request.session), with));
  return sessions[id].actor;
}

caf::result<messages::left> directory_state::on_leave_user(messages::leave_user& request) {
  users.erase(request.id);
  return messages::left{};
}

caf::result<messages::left> directory_state::on_leave_session(messages::leave_session& request) {
  sessions.erase(request.id);
  return messages::left{};
}

template <class Map>
void directory_state::sweep_bucket(Map& map, std::size_t bucket, time_point now) {
  for (auto resident = map.begin(bucket); resident != map.end(bucket); ++resident)
    if (resident->second.actor) self->send(resident->second.actor, messages::sweep{now});
}

void directory_state::on_sweep(messages::sweep&) {
  // The buckets of the users, then those of the sessions. A map that grows in the middle
  // of a round moves some to where the round has been: the next one finds them.
  const auto now = with->now();
  const auto of_users = users.bucket_count();
  const auto all = of_users + sessions.bucket_count();
  if (swept_buckets >= all) swept_buckets = 0;
  const auto turn_end = std::min(all, swept_buckets + sweep_buckets_max);
  for (; swept_buckets < turn_end; ++swept_buckets) {
    if (swept_buckets < of_users)
      sweep_bucket(users, swept_buckets, now);
    else
      sweep_bucket(sessions, swept_buckets - of_users, now);
  }
  const auto turns = (all + sweep_buckets_max - 1) / sweep_buckets_max;
  self->delayed_send(self, sweep_round / turns, messages::sweep{});
}

directory_actor::behavior_type directory(directory_actor::stateful_pointer<directory_state> self,
                                         services_ptr with) {
  quiet(self);
  auto* state = &self->state;
  state->self = self;
  state->with = std::move(with);
  self->delayed_send(self, sweep_round, messages::sweep{});
  return {handler(state, &directory_state::on_find_user),
          handler(state, &directory_state::on_find_session),
          handler(state, &directory_state::on_register),
          handler(state, &directory_state::on_adopt),
          handler(state, &directory_state::on_leave_user),
          handler(state, &directory_state::on_leave_session),
          handler(state, &directory_state::on_sweep)};
}

} // namespace latchkey
