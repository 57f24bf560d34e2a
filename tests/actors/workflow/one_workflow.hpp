// one_workflow.hpp — a user who starts workflows, with a core manager and socket registries that
// do as a test says.
#pragma once

#include "actors/workflow/workflow.hpp"
#include "tests/support/actor_fixture.hpp"
#include "tests/support/stub.hpp"

#include <algorithm>
#include <deque>
#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>
#include <vector>

namespace latchkey::test {

using messages::stream_outcome;

/// What a test and its core manager share. A question waits until it is answered.
struct core_manager_script {
  std::vector<messages::stream_workflow> asked;
  std::vector<messages::cancel_upstream> cancelled;
  std::size_t waiting = 0;
  messages::stream_ended answer;               // to the oldest that waits, when it is released
  std::optional<error_code> fails_with;        // every question, as long as it is set
  std::optional<error_code> cancel_fails_with; // the same
};

/// Promises are kept where they were made.
template <class Reply>
struct waiting_state {
  std::deque<promise<Reply>> waiting;
};
using core_manager_fake = core_manager_actor::extend<notice<release_held>>;
using registry_fake = socket_registry_actor::extend<notice<release_held>>;

inline core_manager_fake::behavior_type scripted_core_manager(
    core_manager_fake::stateful_pointer<waiting_state<messages::stream_ended>> self,
    core_manager_script* script) {
  install_default_handlers(self);
  return {[self, script](messages::stream_workflow& m) -> caf::result<messages::stream_ended> {
            script->asked.push_back(m);
            if (script->fails_with) return to_error(*script->fails_with);
            promise<messages::stream_ended> answer{self};
            self->state.waiting.push_back(answer);
            ++script->waiting;
            return answer;
          },
          [script](messages::cancel_upstream& m) -> caf::result<messages::done> {
            script->cancelled.push_back(m);
            if (script->cancel_fails_with) return to_error(*script->cancel_fails_with);
            return messages::done{};
          },
          [self, script](release_held&) {
            self->state.waiting.front().deliver(script->answer);
            self->state.waiting.pop_front();
            --script->waiting;
          }};
}

/// What a test and a registry of sockets share: the pieces that were sent.
struct registry_script {
  std::vector<messages::workflow_statuses> sent;
  bool is_slow = false; // it answers when it is released
  bool is_open = true;
  std::size_t waiting = 0;                           // pieces that are unanswered now
  std::deque<std::vector<std::uint64_t>> unanswered; // their sockets

  static bool is_for(const messages::workflow_statuses& piece, std::uint64_t socket) {
    return std::ranges::find(piece.sockets, socket) != piece.sockets.end();
  }
  messages::statuses_delivered reply_to(std::vector<std::uint64_t> sockets) const {
    if (is_open) sockets.clear();
    return {std::move(sockets)};
  }
  std::vector<std::int64_t> seqs(std::uint64_t socket) const {
    std::vector<std::int64_t> out;
    for (const auto& piece : sent)
      for (const auto& status : piece.statuses)
        if (is_for(piece, socket)) out.push_back(status.seq);
    return out;
  }
  std::vector<std::string> bodies(std::uint64_t socket) const {
    std::vector<std::string> out;
    for (const auto& piece : sent)
      for (const auto& status : piece.statuses)
        if (is_for(piece, socket)) out.push_back(status.body);
    return out;
  }
};

inline registry_fake::behavior_type
scripted_registry(registry_fake::stateful_pointer<waiting_state<messages::statuses_delivered>> self,
                  registry_script* script) {
  return stub<registry_fake>(
      self,
      [self, script](messages::workflow_statuses& m) -> caf::result<messages::statuses_delivered> {
        script->sent.push_back(m);
        if (!script->is_slow) return script->reply_to(m.sockets);
        promise<messages::statuses_delivered> answer{self};
        self->state.waiting.push_back(answer);
        script->unanswered.push_back(m.sockets);
        ++script->waiting;
        return answer;
      },
      [self, script](release_held&) {
        self->state.waiting.front().deliver(script->reply_to(script->unanswered.front()));
        script->unanswered.pop_front();
        self->state.waiting.pop_front();
        --script->waiting;
      });
}

struct one_workflow : actor_fixture {
  user_record owner = add_user("ada", "plain:correct horse");
  core_manager_script upstream;
  registry_script sockets;
  core_manager_fake core_manager = spawn(scripted_core_manager, &upstream);
  registry_fake registry = spawn(scripted_registry, &sockets);
  workflow_actor actor;
  workflow_id id = workflow_id_of(owner.id, "msg-1");

  one_workflow() {
    env().tiers = parse_tiers("free:workflows=5/month").value();
    env().core_managers.push_back(core_manager);
    make();
  }

  void make() { actor = ask(env().directories.front(), messages::make_workflow{id}).value(); }
  result<workflow_actor> find() {
    return ask(env().directories.front(), messages::find_workflow{id});
  }
  /// As after a restart: another actor, from the row.
  void restart() {
    caf::anon_send_exit(actor, caf::exit_reason::user_shutdown);
    run();
    const messages::find_workflow question{id, actor.id()};
    actor = ask(env().directories.front(), question).value();
  }

  messages::audience socket(std::uint64_t number) { return {registry, number}; }
  workflow_record order(const std::string& message = "msg-1") {
    workflow_record out;
    out.id = workflow_id_of(owner.id, message);
    out.user = owner.id;
    out.message_id = message;
    out.workflow_type = "deploy";
    out.agent_instance_id = "agent-7";
    out.parameters = R"({"to":"moon"})";
    return out;
  }
  messages::start_workflow starting(std::uint64_t number = 1) {
    return {order(), socket(number), soon()};
  }
  result<messages::workflow_started> start(std::uint64_t number = 1) {
    return ask(actor, starting(number));
  }
  messages::resume_workflow resuming(std::int64_t last_seq, std::uint64_t number) {
    return {owner.id, last_seq, socket(number)};
  }
  result<messages::workflow_resumed> resume(std::int64_t last_seq, std::uint64_t number) {
    return ask(actor, resuming(last_seq, number));
  }

  static std::string status_body(const std::string& step, const std::string& status) {
    return R"({"status":")" + status + R"(","step":")" + step + R"(","progress":0.5})";
  }
  messages::take_status status_of(std::optional<std::int64_t> position,
                                  const std::string& status = "in_progress") {
    const auto step = "step " + (position ? std::to_string(*position) : std::string{"?"});
    return {status_body(step, status), position, soon()};
  }
  result<messages::status_taken> take(std::optional<std::int64_t> position,
                                      const std::string& status = "in_progress") {
    return ask(actor, status_of(position, status));
  }
  result<messages::status_taken> take_body(const std::string& body) {
    return ask(actor, messages::take_status{body, std::nullopt, soon()});
  }
  /// Answers the oldest question that upstream was asked.
  void end_stream(stream_outcome outcome, const std::string& why = "") {
    ASSERT_GT(upstream.waiting, 0u) << "upstream was not asked";
    upstream.answer = {outcome, why};
    caf::anon_send(core_manager, release_held{});
    run();
  }
  /// A slow registry has delivered its oldest piece.
  void acknowledge() {
    ASSERT_GT(sockets.waiting, 0u) << "nothing was sent";
    caf::anon_send(registry, release_held{});
    run();
  }

  std::optional<workflow_record> row() {
    const auto found = store.open_reader()->find(storage::find_workflow_record{id});
    return found.value().get<storage::find_workflow_record::answer>();
  }
  std::vector<workflow_status_record> rows() {
    const auto found = store.open_reader()->find(storage::list_workflow_statuses{id});
    return found.value().get<storage::list_workflow_statuses::answer>();
  }
  nlohmann::json last_row() {
    const auto all = rows();
    return all.empty() ? nlohmann::json{} : nlohmann::json::parse(all.back().body);
  }
  std::int64_t charged() {
    const auto found = store.open_reader()->find(storage::list_quota_usage{owner.id});
    const auto usage = found.value().get<storage::list_quota_usage::answer>();
    return usage.empty() ? 0 : usage.front().used;
  }
  void remove_owner() { write({{storage::delete_user{owner.id, clock.now()}}}); }

  static std::vector<std::int64_t> up_to(std::int64_t last) {
    std::vector<std::int64_t> out;
    for (std::int64_t seq = 1; seq <= last; ++seq)
      out.push_back(seq);
    return out;
  }
};

} // namespace latchkey::test
