#include "actors/cluster/cluster.hpp"

#include "actors/cluster/follow.hpp"
#include "config/log.hpp"

#include <algorithm>
#include <utility>

namespace latchkey {

using cluster::frame;

void cluster_state::start() {
  owed_.emplace(options.terms);
  who_.emplace(options.self.id, *owed_, options.terms, options.dead_after);
  publish();
  net->open(self);
}

// -- changes of this node ------------------------------------------------------------------

task<messages::done> cluster_state::on_tell(messages::tell_members request) {
  const auto now = env->steady_now();
  const auto [number, told] = owed_->begin(now);
  const auto& change = changes_.emplace(number, std::move(request.change)).first->second;
  for (const auto& each : told)
    send(each.member, cluster::tell_change{each.number, change});
  settle();
  if (!changes_.contains(number)) co_return messages::done{};
  // A promise may run out between two ticks.
  if (const auto next = owed_->next_end())
    self->delayed_send(self, std::max(*next - now, std::chrono::microseconds{0}),
                       messages::cluster_tick{false});
  (void)co_await askers_[number].wait();
  co_return messages::done{};
}

void cluster_state::settle() {
  for (const auto number : owed_->take_over(env->steady_now())) {
    changes_.erase(number);
    auto askers = askers_.extract(number);
    if (!askers.empty()) askers.mapped().complete(messages::done{});
  }
  publish();
}

void cluster_state::publish() {
  const bool is_open = stage_ == stage::open;
  env->trust->set(is_open ? owed_->trusted_until() : time_point::min(), owed_->epoch());
}

// -- of workflows --------------------------------------------------------------------------

caf::result<messages::members_listed> cluster_state::on_list(messages::list_members&) {
  messages::members_listed out;
  out.members.push_back(options.self.id);
  for (const auto& [id, row] : who_->others())
    out.members.push_back(id);
  return out;
}

// What is lost with a connection is asked for again (actors/workflow/owner.cpp).

void cluster_state::doubt_news_of_workflows() {
  for (const auto& directory : env->directories)
    self->send(directory, messages::workflow_changed{});
}

void cluster_state::on_tell_of_workflow(messages::tell_of_workflow& event) {
  send(event.to, event.news);
}

void cluster_state::on_attend_at(messages::attend_at& event) {
  send(event.owner, event.request);
}

// -- what others say -----------------------------------------------------------------------

void cluster_state::on_connected(messages::member_connected& event) {
  for (const auto& each : owed_->connected(event.member, env->steady_now()))
    send(each.member, cluster::tell_change{each.number, changes_.at(each.change)});
  ask_for_promises();
  doubt_news_of_workflows();
}

void cluster_state::ask_for_promises() {
  for (const auto& question : owed_->ask(env->steady_now()))
    send(question.member, cluster::ask_promise{question.number});
}

void cluster_state::on_disconnected(messages::member_disconnected& event) {
  owed_->disconnected(event.member);
}

void cluster_state::on_said(messages::member_said& event) {
  const auto said = cluster::decode(event.frame);
  if (said) return hear(event.member, *said);
  // It may have told of a change: nothing that is remembered counts.
  log_warning(name, "a frame of member ", to_string(event.member),
              " is not understood: ", said.error().field);
  distrust(event.member);
}

void cluster_state::distrust(const member_id& other) {
  owed_->forget_memory();
  owed_->disconnected(other);
  net->drop(other); // until the table is read again
  publish();
}

void cluster_state::hear(const member_id& from, const frame& said) {
  const auto now = env->steady_now();
  if (const auto* question = said.get_if<cluster::ask_promise>()) {
    if (owed_->asked(from, now)) send(from, cluster::give_promise{question->number});
  } else if (const auto* promise = said.get_if<cluster::give_promise>()) {
    owed_->given(from, promise->number, now);
    const auto row = who_->others().find(from);
    const bool joins = row != who_->others().end() && !row->second.is_open;
    if (joins && owed_->is_member(from)) send(from, cluster::welcome{});
  } else if (said.holds<cluster::welcome>()) {
    who_->welcomed_by(from);
  } else if (const auto* told = said.get_if<cluster::tell_change>()) {
    owed_->heard(from, told->number);
    converse(self, nullptr, follow(from, told->number, told->change));
  } else if (const auto* confirmed = said.get_if<cluster::confirm_change>()) {
    owed_->confirmed(from, confirmed->number);
  } else if (const auto* news = said.get_if<cluster::workflow_changed>()) {
    self->send(env->directory_for(news->workflow), *news);
  } else if (const auto* wish = said.get_if<cluster::attend_workflow>()) {
    self->send(env->directory_for(wish->workflow),
               messages::attend_workflow{wish->workflow, from, wish->last_seq});
  } else if (said.holds<cluster::say_goodbye>()) {
    who_->left(from, now);
    net->drop(from);
  }
  settle();
}

task<> cluster_state::follow(member_id from, std::uint64_t number,
                             messages::durable_change change) {
  const auto followed = co_await follow_change(*env, std::move(change));
  if (!followed) {
    // What is remembered may be out of date: it counts no more, and its teller waits for a promise.
    log_error(name, "a change of another node could not be followed: ", followed.error().reason);
    distrust(from);
  } else {
    owed_->applied(from, number, env->steady_now());
    send(from, cluster::confirm_change{number});
  }
  publish();
}

void cluster_state::send(const member_id& to, const frame& said) {
  auto text = cluster::encode(said);
  env->counts->cluster_frames.add();
  env->counts->cluster_bytes.add(text.size());
  net->send(to, std::move(text));
}

// -- the table -----------------------------------------------------------------------------

void cluster_state::on_tick(messages::cluster_tick& tick) {
  if (!owed_) start();
  if (tick.is_repeated) self->delayed_send(self, options.tick_every, messages::cluster_tick{});
  ask_for_promises();
  settle();
  if (!is_asking_) ask_table();
}

void cluster_state::ask_table() {
  const auto now = env->steady_now();
  if (stage_ == stage::succeeding) return begin_asking(succeed());
  if (stage_ == stage::joining) return begin_asking(join());
  if (stage_ == stage::joined && who_->may_open(now)) return begin_asking(open());
  const bool beats = stage_ == stage::joined || stage_ == stage::open;
  if (beats && now >= beats_at_) begin_asking(beat());
}

void cluster_state::begin_asking(task<> question) {
  is_asking_ = true;
  converse(self, nullptr, std::move(question));
}

// The store may not answer: then the next tick asks again.

task<> cluster_state::succeed() {
  messages::remove_predecessors request{options.self.node};
  const auto removed = co_await ask(table, std::move(request));
  is_asking_ = false;
  if (removed) stage_ = stage::joining;
}

task<> cluster_state::join() {
  messages::join_members request{options.self};
  const auto joined = co_await ask(table, std::move(request));
  is_asking_ = false;
  if (joined && joined->has_joined) stage_ = stage::joined;
  if (joined || joined.error().code != error_code::conflict) co_return;
  stage_ = stage::gone;
  options.refused(std::string{joined.error().reason});
}

task<> cluster_state::beat() {
  const auto sent = env->steady_now();
  beats_at_ = sent + options.beat_every;
  const messages::beat_member request{options.self.id, options.dead_after / 2};
  const auto found = co_await ask(table, request);
  is_asking_ = false;
  if (found && stage_ != stage::leaving && stage_ != stage::gone) read(found->rows, sent);
}

void cluster_state::read(const std::vector<storage::member_row>& rows, time_point sent) {
  const auto is_own = [this](const auto& row) { return row.id == options.self.id; };
  if (std::none_of(rows.begin(), rows.end(), is_own)) return end_fenced();
  const auto before = who_->others();
  const auto silent = who_->table_read(rows, sent, env->steady_now());
  for (const auto& [id, row] : before) {
    if (who_->others().contains(id)) continue;
    net->drop(id);
    doubt_news_of_workflows();
  }
  for (const auto& [id, row] : who_->others())
    net->keep(id, row.address);
  const auto members = who_->others().size() + 1;
  env->limiter->set_members(members);
  env->counts->cluster_members.set(static_cast<std::int64_t>(members));
  for (const auto& each : silent) {
    log_warning(name, "member ", to_string(each.id), " gives no sign of life: removing it");
    converse(self, nullptr, fence(each));
  }
  settle();
}

task<> cluster_state::fence(cluster::fence silent) {
  const messages::fence_member request{options.self.id, silent.id, silent.silent_for,
                                       options.dead_after};
  (void)co_await ask(table, request);
  beats_at_ = env->steady_now(); // to see what has come of it
}

task<> cluster_state::open() {
  const messages::open_member request{options.self.id};
  const auto opened = co_await ask(table, request);
  is_asking_ = false;
  if (!opened || stage_ != stage::joined) co_return;
  if (!opened->is_open) {
    end_fenced();
    co_return;
  }
  stage_ = stage::open;
  who_->opened();
  owed_->forget_memory(); // of the time before others told this node of their changes
  log_info(name, "this node is a member of the cluster, with ", who_->others().size(), " others");
  publish();
  waiting_for_open_.complete(messages::done{});
}

void cluster_state::end_fenced() {
  stage_ = stage::gone;
  publish();
  options.fenced("the other members of the cluster have removed this one, which gave no sign of "
                 "life: this process ends, for it may not write any more");
}

task<messages::done> cluster_state::on_await_open(messages::await_open) {
  if (stage_ != stage::open) (void)co_await waiting_for_open_.wait();
  co_return messages::done{};
}

task<messages::done> cluster_state::on_leave(messages::leave_cluster) {
  while (!changes_.empty())
    (void)co_await askers_[changes_.begin()->first].wait();
  const auto whom = owed_->told_of_leaving();
  stage_ = stage::leaving;
  publish();
  for (const auto& other : whom)
    send(other, cluster::say_goodbye{});
  const messages::leave_members request{options.self.id};
  const auto left = co_await ask(table, request);
  stage_ = stage::gone;
  if (!left) co_return left.error();
  co_return messages::done{};
}

cluster_actor::behavior_type cluster_member(cluster_actor::stateful_pointer<cluster_state> self,
                                            actor_env_ptr env, cluster_options options,
                                            member_table_actor table,
                                            std::shared_ptr<cluster::link> net) {
  install_default_handlers(self);
  auto* state = &self->state;
  state->self = self;
  state->env = std::move(env);
  state->options = std::move(options);
  state->table = std::move(table);
  state->net = std::move(net);
  return {handler<&cluster_state::on_tell>(state),
          handler<&cluster_state::on_await_open>(state),
          handler<&cluster_state::on_leave>(state),
          handler<&cluster_state::on_list>(state),
          handler<&cluster_state::on_tell_of_workflow>(state),
          handler<&cluster_state::on_attend_at>(state),
          handler<&cluster_state::on_connected>(state),
          handler<&cluster_state::on_disconnected>(state),
          handler<&cluster_state::on_said>(state),
          handler<&cluster_state::on_tick>(state)};
}

} // namespace latchkey
