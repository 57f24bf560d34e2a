// watcher.hpp — a socket registry, as a session knows it: it remembers what it is told, and
// answers at once or when a test lets it.
#pragma once

#include "tests/support/actor_fixture.hpp"
#include "tests/support/stub.hpp"

#include <caf/send.hpp>
#include <caf/stateful_actor.hpp>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace latchkey::test {

using event_lines = std::vector<std::string>;

/// What a test and its watcher share.
struct watcher_log {
  bool is_slow = false;
  event_lines lines; // "over <reason>", "role <role>", "subscription <tier> <status>"
  std::vector<session_id> sessions; // of each
};

/// Answer whoever is waiting.
struct answer_all {};

} // namespace latchkey::test

LATCHKEY_LOCAL_MESSAGE(latchkey::test::answer_all)

namespace latchkey::test {

using watcher_actor = socket_registry_actor::extend<notice<answer_all>>;

struct watcher_state {
  static inline const char* name = "watcher";
  std::vector<promise<messages::done>> owed;
};

inline watcher_actor::behavior_type
watcher_behavior(watcher_actor::stateful_pointer<watcher_state> self,
                 std::shared_ptr<watcher_log> log) {
  const auto note = [log](const session_id& session, std::string words) {
    log->lines.push_back(std::move(words));
    log->sessions.push_back(session);
  };
  return stub<watcher_actor>(
      self,
      [self, log, note](messages::session_ended& event) -> caf::result<messages::done> {
        note(event.session, "over " + std::string{to_string(event.reason)});
        promise<messages::done> answer{self};
        if (log->is_slow)
          self->state.owed.push_back(answer);
        else
          answer.deliver(messages::done{});
        return answer;
      },
      [note](messages::role_changed& event) { note(event.session, "role " + event.role); },
      [note](messages::subscription_changed& event) {
        note(event.session, "subscription " + event.tier + " " + event.status);
      },
      [self](answer_all&) {
        for (auto& answer : std::exchange(self->state.owed, {}))
          answer.deliver(messages::done{});
      });
}

class watcher {
public:
  explicit watcher(actor_fixture& fixture)
      : fixture_(&fixture), actor_(fixture.spawn(watcher_behavior, log_)) {}

  socket_registry_actor handle() const { return actor_; }
  /// Answers nobody until it is let.
  void be_slow() { log_->is_slow = true; }
  void answer() {
    log_->is_slow = false;
    caf::anon_send(actor_, answer_all{});
    fixture_->run();
  }
  void end() {
    caf::anon_send_exit(actor_, caf::exit_reason::user_shutdown);
    fixture_->run();
  }
  const event_lines& lines() const { return log_->lines; }
  const std::vector<session_id>& sessions() const { return log_->sessions; }
  error_code watch(const session_actor& session) {
    return code_of(fixture_->ask(session, messages::watch{handle()}));
  }
  void unwatch(const session_actor& session) {
    caf::anon_send(session, messages::unwatch{handle()});
    fixture_->run();
  }

private:
  actor_fixture* fixture_;
  std::shared_ptr<watcher_log> log_ = std::make_shared<watcher_log>();
  watcher_actor actor_;
};

} // namespace latchkey::test
