// conversation_host.hpp — an actor whose handler is a coroutine that a test writes, and a receiver
// for it to ask.
#pragma once

#include "actors/base/conversation.hpp"
#include "actors/base/turnstile.hpp"
#include "tests/support/actor_fixture.hpp"

#include <caf/stateful_actor.hpp>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace latchkey::test::conversations {

struct host_state;
using script = task<messages::done> (*)(host_state&, messages::record_audit);

/// What a test and its actor share.
struct journal {
  std::vector<std::string> lines;                       // in the order in which they were written
  std::shared_ptr<int> held = std::make_shared<int>(0); // a copy is a local of every frame
};

/// Does what the test's coroutine says.
struct host_state {
  static inline const char* name = "host";

  audit_actor::pointer self = nullptr;
  audit_actor other;
  std::shared_ptr<journal> log;
  script run = nullptr;
  std::shared_ptr<const void> present = std::make_shared<int>(0);
  std::optional<turnstile> turns;
  wait_list<std::string> waiting;
  shared_task<messages::done> shared;

  task<messages::done> on_record(messages::record_audit request) {
    return run(*this, std::move(request));
  }
  std::shared_ptr<const void> presence() const { return present; }
  void note(const std::string& line) const { log->lines.push_back(line); }
};

inline audit_actor::behavior_type host(audit_actor::stateful_pointer<host_state> self,
                                       audit_actor other, std::shared_ptr<journal> log,
                                       script run) {
  install_default_handlers(self);
  auto& state = self->state;
  state.self = self;
  state.other = std::move(other);
  state.log = std::move(log);
  state.run = run;
  state.turns.emplace(self);
  return {handler<&host_state::on_record>(&state)};
}

inline messages::record_audit about(const std::string& action) {
  messages::record_audit out;
  out.entry.action = action;
  return out;
}

/// Answers, unless it is told to fail.
inline audit_actor::behavior_type receiver(audit_actor::pointer self, caf::unit_t) {
  install_default_handlers(self);
  return {[](messages::record_audit& request) -> caf::result<messages::done> {
    if (request.entry.action == "fail") return to_error(failure{error_code::conflict, "field"});
    if (request.entry.action == "leave") return gone();
    return messages::done{};
  }};
}

struct Conversation : testing::Test {
  actor_fixture f;
  gate<audit_actor> gate_before; // the receiver
  std::shared_ptr<journal> log = std::make_shared<journal>();

  audit_actor behind; // the gate

  Conversation() : behind(f.spawn(receiver, caf::unit)) { gate_before.open(f.system(), behind); }
  ~Conversation() override { gate_before.end(); }

  audit_actor spawn(script run) { return f.spawn(host, gate_before.handle(), log, run); }
  std::vector<std::string> lines() const { return log->lines; }
};

using lines_of = std::vector<std::string>;

/// Takes the turn alone, asks, and says each step.
inline task<messages::done> asks_in_turn(host_state& host, messages::record_audit request) {
  const auto held = host.log->held;
  const auto action = request.entry.action;
  {
    auto turn = co_await host.turns->exclusive();
    if (!turn) co_return turn.error();
    host.note(action + " enters");
    (void)co_await ask(host.other, std::move(request));
    host.note(action + " leaves");
  }
  host.note(action + " ends");
  co_return messages::done{};
}

/// Waits, at most with one other, until somebody says "tell".
inline task<messages::done> waits(host_state& host, messages::record_audit request) {
  const auto action = request.entry.action;
  if (action == "tell") {
    host.waiting.complete("word");
    host.note("told");
    co_return messages::done{};
  }
  const auto heard = co_await host.waiting.wait(2);
  if (!heard) co_return heard.error();
  host.note(action + " hears " + *heard);
  co_return messages::done{};
}

} // namespace latchkey::test::conversations
