#include "tests/simulation/workflows.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <utility>

namespace latchkey::test::simulation {
namespace {

using namespace std::chrono_literals;
using messages::stream_outcome;

constexpr std::int64_t positions_max = 6;
constexpr std::size_t readers_max = 12;

std::string step_of(std::size_t job, std::int64_t position) {
  return "step " + std::to_string(position) + " of " + std::to_string(job);
}

/// Promises are kept where they were made.
struct streams_state {
  std::map<std::uint64_t, promise<messages::stream_ended>> open;
};

} // namespace

workflows::workflows(world& of, requests& asked, sockets& live, actor_fixture& store,
                     std::vector<user_id> people, std::function<node*()> any_node,
                     std::function<void(const std::string&)> tell,
                     std::function<void(const std::string&)> blame)
    : world_(of), requests_(asked), sockets_(live), rows_(store.store.open_reader()),
      people_(std::move(people)), any_node_(std::move(any_node)), tell_(std::move(tell)),
      blame_(std::move(blame)) {}

// -- nodes -----------------------------------------------------------------------------------

workflows::core_manager::behavior_type workflows::play(core_manager::pointer self, workflows* all,
                                                       node* at) {
  install_default_handlers(self);
  const auto state = std::make_shared<streams_state>();
  return {[=](messages::stream_workflow& wish) -> caf::result<messages::stream_ended> {
            promise<messages::stream_ended> answer{self};
            const auto number = ++all->questions_;
            const auto outcome = all->asked(number, *at, wish);
            if (outcome)
              answer.deliver(messages::stream_ended{*outcome, {}});
            else
              state->open.emplace(number, answer);
            return answer;
          },
          [=](messages::cancel_upstream& wish) -> caf::result<messages::done> {
            if (const auto found = all->by_id_.find(wish.workflow); found != all->by_id_.end())
              found->second->is_cancelled = true;
            return messages::done{};
          },
          [=](end_stream& event) {
            const auto open = state->open.extract(event.question);
            if (open) open.mapped().deliver(messages::stream_ended{event.outcome, {}});
          }};
}

void workflows::join(node& with) {
  auto manager = with.on().spawn(&workflows::play, this, &with);
  with.on().env().core_managers.emplace_back(manager);
  managers_[&with] = std::move(manager);
}

void workflows::lose(const node& gone) {
  managers_.erase(&gone);
  std::erase_if(streams_, [&gone](const auto& entry) { return entry.second.at == &gone; });
  for (auto& each : readers_)
    if (each->at == &gone) {
      each->at = nullptr;
      attach_later(*each);
    }
}

// -- people ----------------------------------------------------------------------------------

void workflows::act(place at, node& with) {
  using deed = void (workflows::*)(node&, const std::string&);
  static constexpr deed deeds[] = {&workflows::start, &workflows::watch_another,
                                   &workflows::watch_another, &workflows::cancel};
  requests_.begin_operation();
  if (world_.one_in(5)) return leave(at_node(at));
  (this->*deeds[world_.below(std::size(deeds))])(with, at_node(at));
}

workflows::job* workflows::any_job() {
  return jobs_.empty() ? nullptr : jobs_[world_.below(jobs_.size())].get();
}

void workflows::start(node& with, const std::string& where) {
  if (is_finishing_ || readers_.size() >= readers_max) return;
  auto made = std::make_unique<job>();
  made->number = jobs_.size();
  made->owner = world_.below(people_.size());
  made->id = workflow_id_of(people_[made->owner], "message " + std::to_string(made->number));
  made->positions = 1 + static_cast<std::int64_t>(world_.below(positions_max));
  made->calls_back = world_.one_in(2);
  tell(where + "starts workflow " + std::to_string(made->number));
  auto& wanted = *jobs_.emplace_back(std::move(made));
  by_id_[wanted.id] = &wanted;
  auto& by = *readers_.emplace_back(std::make_unique<reader>());
  by.of = &wanted;
  order(wanted, with, by);
}

messages::audience workflows::socket_for(reader& by, node& with) {
  const auto to = sockets_.open(
      with, [this, &by](const messages::workflow_statuses& piece) { hear(by, piece); });
  by.socket = to.socket;
  by.at = &with;
  by.is_asking = true;
  return to;
}

void workflows::order(job& wanted, node& with, reader& by) {
  messages::start_workflow request;
  request.workflow.id = wanted.id;
  request.workflow.user = people_[wanted.owner];
  request.workflow.message_id = "message " + std::to_string(wanted.number);
  request.workflow.workflow_type = "deploy";
  request.to = socket_for(by, with);
  request.deadline = with.on().soon();
  requests_.ask(
      with, messages::make_workflow{wanted.id}, std::move(request),
      [this, &wanted, &by](result<messages::workflow_started>& answer) {
        by.is_asking = false;
        wanted.is_started = wanted.is_started || answer.has_value();
        if (answer) return;
        wanted.is_refused = answer.error().code == error_code::quota_exceeded;
        if (!wanted.is_refused) try_again(wanted, by);
      },
      [this, &wanted, &by] {
        by.is_asking = false;
        by.at = nullptr;
        try_again(wanted, by);
      });
}

/// As a client does that has no answer: the same order, wherever there is a node.
void workflows::try_again(job& wanted, reader& by) {
  sockets_.close(by.socket);
  by.is_asking = true;
  world_.after(world_.between(100ms, 2s), [this, &wanted, &by] {
    auto* with = any_node_();
    if (with == nullptr) return try_again(wanted, by);
    by.last_seq = 0; // it is sent all of them
    order(wanted, *with, by);
  });
}

void workflows::watch_another(node& with, const std::string& where) {
  auto* of = any_job();
  if (of == nullptr || !of->is_started || readers_.size() >= readers_max) return;
  tell(where + "reads workflow " + std::to_string(of->number));
  auto& by = *readers_.emplace_back(std::make_unique<reader>());
  by.of = of;
  attach(by, with);
}

void workflows::attach(reader& by, node& with) {
  const messages::resume_workflow request{people_[by.of->owner], by.last_seq, socket_for(by, with)};
  requests_.ask(
      with, messages::find_workflow{by.of->id}, request,
      [this, &by](result<messages::workflow_resumed>& answer) {
        by.is_asking = false;
        if (answer) return;
        const auto code = answer.error().code;
        expect(code != error_code::not_found, *by.of, "is not found any more");
        expect(code != error_code::validation_error, *by.of,
               "a socket has read more than there is");
        sockets_.close(by.socket);
        by.at = nullptr;
        attach_later(by);
      },
      [&by] { by.is_asking = false; });
}

void workflows::attach_later(reader& by) {
  if (!by.of->is_started) return; // whoever orders it tries again by itself
  world_.after(world_.between(50ms, 2s), [this, &by] {
    if (by.at != nullptr || by.is_asking) return;
    auto* with = any_node_();
    if (with == nullptr) return attach_later(by);
    attach(by, *with);
  });
}

/// A connection that is lost comes back somewhere else.
void workflows::leave(const std::string& where) {
  if (readers_.empty()) return;
  auto& by = *readers_[world_.below(readers_.size())];
  if (by.at == nullptr || by.is_asking || !by.of->is_started) return;
  tell(where + "a socket of workflow " + std::to_string(by.of->number) + " is lost after status " +
       std::to_string(by.last_seq));
  sockets_.close(by.socket);
  by.at = nullptr;
  attach_later(by);
}

void workflows::hear(reader& by, const messages::workflow_statuses& piece) {
  for (const auto& status : piece.statuses) {
    expect(status.seq == by.last_seq + 1, *by.of,
           "after status " + std::to_string(by.last_seq) + " a socket has read status " +
               std::to_string(status.seq));
    by.last_seq = status.seq;
    const auto [known, is_new] = by.of->read.emplace(status.seq, status.body);
    expect(known->second == status.body, *by.of, "two sockets have read different statuses");
  }
}

void workflows::cancel(node& with, const std::string& where) {
  auto* of = any_job();
  if (of == nullptr || !of->is_started || !world_.one_in(3)) return;
  tell(where + "cancels workflow " + std::to_string(of->number));
  requests_.ask(with, messages::find_workflow{of->id},
                messages::cancel_workflow{people_[of->owner], with.on().soon()},
                [this, of](result<messages::done>& answer) {
                  const bool is_not_found = !answer && answer.error().code == error_code::not_found;
                  expect(!is_not_found, *of, "is not found any more");
                });
}

// -- the core manager --------------------------------------------------------------------------

std::optional<stream_outcome> workflows::asked(question number, node& at,
                                               const messages::stream_workflow& wish) {
  const auto found = by_id_.find(wish.workflow);
  if (found == by_id_.end()) return stream_outcome::missing;
  auto& of = *found->second;
  if (!wish.order.empty()) of.is_ordered = true;
  if (!of.is_ordered) return stream_outcome::missing;
  if (of.calls_back) {
    if (!std::exchange(of.is_calling_back, true)) call_back_later(of);
    return stream_outcome::accepted;
  }
  streams_[number] = {&of, &at, 1};
  requests_.begin_operation();
  tell("workflow " + std::to_string(of.number) + " streams to node " + std::to_string(at.at()));
  go_on(number, world_.between(1ms, 20ms));
  return std::nullopt;
}

messages::take_status workflows::say(job& of, std::int64_t position, const node& at) {
  // What was said once is not taken back: a cancelled workflow ends with the next status.
  if (of.is_cancelled) of.positions = std::min(of.positions, std::max(of.said + 1, position));
  of.said = std::max(of.said, position);
  const bool is_last = position >= of.positions;
  const char* status = !is_last ? "in_progress" : of.is_cancelled ? "failed" : "completed";
  const nlohmann::json body{{"status", status}, {"step", step_of(of.number, position)}};
  return {body.dump(), position, at.clock_now() + 10s};
}

void workflows::go_on(question number, microseconds pause) {
  world_.after(pause, [this, number] { send_next(number); });
}

void workflows::send_next(question number) {
  const auto found = streams_.find(number);
  if (found == streams_.end()) return;
  const auto [of, at, position] = found->second;
  if (world_.one_in(25)) return end(number, stream_outcome::cut);
  requests_.ask(*at, messages::find_workflow{of->id}, say(*of, position, *at),
                [this, number, of = of, position = position](auto& answer) {
                  if (!answer) return end(number, stream_outcome::cut);
                  taken(*of, position);
                  if (answer->is_over || position >= of->positions)
                    return end(number, stream_outcome::over);
                  const auto open = streams_.find(number);
                  if (open == streams_.end()) return;
                  ++open->second.next;
                  go_on(number, position < of->taken ? 1ms : world_.between(1ms, 400ms));
                });
}

void workflows::end(question number, stream_outcome outcome) {
  const auto open = streams_.extract(number);
  if (!open) return;
  caf::anon_send(managers_.at(open.mapped().at), end_stream{number, outcome});
}

void workflows::call_back_later(job& of) {
  world_.after(world_.between(1ms, 500ms), [this, &of] { call_back(of); });
}

void workflows::call_back(job& of) {
  auto* with = any_node_();
  if (with == nullptr) return call_back_later(of);
  const auto position = of.taken + 1;
  requests_.begin_operation();
  tell("workflow " + std::to_string(of.number) + " tells status " + std::to_string(position) +
       " to node " + std::to_string(with->at()));
  requests_.ask(
      *with, messages::find_workflow{of.id}, say(of, position, *with),
      [this, &of, position](result<messages::status_taken>& answer) {
        const bool is_ahead = !answer && answer.error().code == error_code::conflict;
        expect(!is_ahead || of.is_cancelled, of,
               "a status that was taken is not there: " + (answer ? "" : answer.error().reason));
        if (answer) taken(of, position);
        const bool is_over = answer && (answer->is_over || position >= of.positions);
        if (!is_over) call_back_later(of);
      },
      [this, &of] { call_back_later(of); });
}

void workflows::taken(job& of, std::int64_t position) {
  of.taken = std::max(of.taken, position);
}

// -- the end -----------------------------------------------------------------------------------

std::optional<workflow_record> workflows::row_of(const job& of) const {
  const auto found = rows_->find(storage::find_workflow_record{of.id});
  return found.value().get<storage::find_workflow_record::answer>();
}

std::string workflows::unfinished() const {
  for (const auto& each : readers_) {
    const auto& of = *each->of;
    if (of.is_refused) continue;
    const auto name = "workflow " + std::to_string(of.number);
    if (!of.is_started) return name + " is not started";
    if (each->is_asking || each->at == nullptr) return name + " has a reader without a socket";
    const auto row = row_of(of);
    if (!row) return name + " is not in the store";
    if (!row->has_ended()) return name + " has not ended: " + std::to_string(row->last_seq);
    if (each->last_seq != row->last_seq)
      return name + " has a reader at node " + std::to_string(each->at->at()) +
             " that has read only up to status " + std::to_string(each->last_seq);
  }
  return {};
}

void workflows::check_all() {
  for (const auto& each : jobs_)
    check(*each);
  check_quotas();
}

void workflows::check(const job& of) {
  const auto found = rows_->find(storage::list_workflow_statuses{of.id});
  const auto rows = found.value().get<storage::list_workflow_statuses::answer>();
  if (rows.empty()) return expect(!of.is_started, of, "was started and is not in the store");
  expect(!of.is_refused, of, "was refused and is in the store");
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const auto seq = static_cast<std::int64_t>(i) + 1;
    expect(rows[i].seq == seq, of, "status " + std::to_string(seq) + " is missing or there twice");
    const auto read = of.read.find(seq);
    expect(read == of.read.end() || read->second == rows[i].body, of,
           "a socket has read another status than is in the store");
    const auto body = nlohmann::json::parse(rows[i].body);
    const bool is_own_end = i + 1 == rows.size() && of.is_cancelled && body["status"] == "failed";
    if (i > 0 && !is_own_end)
      expect(body["step"] == step_of(of.number, seq - 1), of,
             "status " + std::to_string(seq) + " is not what the core manager has sent");
    expect((body["status"] != "in_progress") == (i + 1 == rows.size()), of, "has no end, or two");
  }
  expect(of.taken < static_cast<std::int64_t>(rows.size()), of,
         "a status that was taken is not in the store");
  expect(of.is_cancelled || rows.size() == static_cast<std::size_t>(of.positions) + 1, of,
         "has another number of statuses");
}

/// Each workflow is charged once, and none beyond the limit.
void workflows::check_quotas() {
  for (std::size_t owner = 0; owner < people_.size(); ++owner) {
    const auto found = rows_->find(storage::list_quota_usage{people_[owner]});
    std::int64_t charged = 0;
    for (const auto& usage : found.value().get<storage::list_quota_usage::answer>())
      if (usage.quota == "workflows") charged += usage.used;
    std::int64_t stored = 0;
    bool is_one_refused = false;
    for (const auto& each : jobs_) {
      if (each->owner != owner) continue;
      stored += row_of(*each) ? 1 : 0;
      is_one_refused = is_one_refused || each->is_refused;
    }
    const auto whose = "user " + std::to_string(owner) + " ";
    if (charged != stored)
      blame_(whose + "was charged for " + std::to_string(charged) + " workflows and has " +
             std::to_string(stored));
    if (stored > limit) blame_(whose + "has more workflows than allowed");
    if (is_one_refused && stored < limit) blame_(whose + "was refused a workflow below the limit");
  }
}

} // namespace latchkey::test::simulation
