// actor_fixture.hpp — actors without threads and without time of their own.
//
// Everything runs on the test's thread, message after message, on CAF's test coordinator;
// time stands still until a test moves it. Gates stand in front of the store and the hasher:
// they let questions through, or hold them or their answers until a test releases one, so
// that every interleaving can be written down.
#pragma once

#include "actors/base/actor_env.hpp"
#include "tests/support/faulty_store.hpp"
#include "tests/support/gate.hpp"

#include <caf/actor_system.hpp>
#include <caf/actor_system_config.hpp>
#include <caf/event_based_actor.hpp>
#include <caf/scheduler/test_coordinator.hpp>
#include <caf/send.hpp>
#include <functional>
#include <gtest/gtest.h>
#include <memory>
#include <optional>
#include <string>
#include <tuple>
#include <vector>

namespace latchkey::test {

/// What an actor of interface `Handle` answers to `Message`.
template <class Handle, class Message>
using reply_of = std::tuple_element_t<
    0, typename caf::response_type<typename Handle::signatures, Message>::tuple_type>;

/// A clock that a test moves.
class manual_clock final : public clock_source {
public:
  time_point now() const noexcept override { return now_; }
  time_point steady() const noexcept override { return steady_; }
  void move(std::chrono::microseconds by) noexcept {
    now_ += by;
    steady_ += by;
  }
  /// Somebody sets the time of day, by so much; no time passes.
  void step(std::chrono::microseconds by) noexcept { now_ += by; }

private:
  time_point now_ = *parse_time("2026-01-02T03:04:05Z");
  time_point steady_ = now_;
};

/// A question that was asked and what has come of it.
template <class Reply>
class asked {
public:
  using raw_reply = tl::expected<Reply, caf::error>;

  bool answered() const { return box_->has_value(); }
  /// Fails the test when there is no answer.
  result<Reply> answer() const {
    if (!answered()) {
      ADD_FAILURE() << "the system is idle and the question has no answer";
      return fail(error_code::none);
    }
    const raw_reply& raw = **box_;
    if (!raw) return fail(to_failure(raw.error()));
    return *raw;
  }
  /// Whether the answer is that its receiver has ended or is about to.
  bool is_gone() const { return answered() && !**box_ && latchkey::is_gone((*box_)->error()); }

private:
  friend class actor_fixture;
  std::shared_ptr<std::optional<raw_reply>> box_ = std::make_shared<std::optional<raw_reply>>();
};

/// The code of an error, `none` for a value.
template <class T>
error_code code_of(const result<T>& answer) {
  return answer ? error_code::none : answer.error().code;
}

class actor_fixture {
public:
  actor_fixture();
  /// Of another node, whose store has the same data.
  explicit actor_fixture(const faulty_store& shared);
  /// Ends every actor; fails the test when one does not end.
  ~actor_fixture();
  actor_fixture(const actor_fixture&) = delete;
  actor_fixture& operator=(const actor_fixture&) = delete;

  manual_clock clock;
  metrics counts;
  faulty_store store;

  caf::actor_system& system() { return *system_; }
  /// What conversations reach; its policy may be changed at any time. One writer, one
  /// reader, one directory; `hasher` is a fake (see `fake_hasher`).
  actor_env& env() { return *env_; }
  actor_env_ptr shared_env() const { return env_; }

  gate<persistence_actor> commits; // in front of the real persistence actor
  gate<reader_actor> reads;        // in front of the real reader actor
  gate<password_hasher_actor> hashes;

  /// Spawns an actor that ends with the fixture, in the test's thread. A function without
  /// arguments takes a `caf::unit`: CAF 0.17 binds a null reference where there is none.
  template <class... Args>
  auto spawn(Args&&... args) {
    auto handle = system_->spawn(std::forward<Args>(args)...);
    ends_.push_back([handle] { caf::anon_send_exit(handle, caf::exit_reason::user_shutdown); });
    run();
    return handle;
  }

  /// Until nobody has anything left to do.
  void run() { scheduler().run(); }
  /// Moves time, on CAF's clock too, and lets what falls due happen.
  void advance(std::chrono::microseconds by);
  /// The same in one step.
  void advance_once(std::chrono::microseconds by);

  /// Sends the question and runs nobody: several of these stand in the mailbox in order.
  template <class Handle, class Message>
  asked<reply_of<Handle, Message>> ask_later(const Handle& receiver, Message message) {
    using reply = reply_of<Handle, Message>;
    asked<reply> question;
    auto box = question.box_;
    asker_->context(nullptr); // what ran it last is gone
    request_from(
        asker_, receiver, std::move(message),
        [box](reply& answer) { box->emplace(std::move(answer)); },
        [box](caf::error& error) { box->emplace(tl::unexpected<caf::error>(std::move(error))); });
    return question;
  }

  /// Sends it and runs until nobody has anything left to do.
  template <class Handle, class Message>
  asked<reply_of<Handle, Message>> begin(const Handle& receiver, Message message) {
    auto question = ask_later(receiver, std::move(message));
    run();
    return question;
  }

  /// The same; fails the test when the answer is not there then.
  template <class Handle, class Message>
  result<reply_of<Handle, Message>> ask(const Handle& receiver, Message message) {
    return begin(receiver, std::move(message)).answer();
  }

  /// Half a minute from now.
  time_point soon() const { return clock.steady() + std::chrono::seconds{30}; }

  /// A user in the store whose password is `password`, hashed as `fake_hasher` does.
  user_record add_user(const std::string& username, const std::string& password,
                       bool is_active = true);
  /// A session of that user in the store.
  session_record add_session(const user_record& user);
  /// What another node would do: makes it durable without passing by any actor.
  void write(storage::unit unit);
  std::optional<session_record> stored(const session_id& id);
  /// The session's refresh token with that counter.
  refresh_token token_of(const session_record& session, std::uint64_t counter) const;

private:
  caf::scheduler::test_coordinator& scheduler() {
    return static_cast<caf::scheduler::test_coordinator&>(system_->scheduler());
  }

  std::unique_ptr<caf::actor_system_config> config_;
  std::unique_ptr<caf::actor_system> system_;
  std::shared_ptr<actor_env> env_;
  caf::event_based_actor* asker_ = nullptr;     // of every question
  std::unique_ptr<storage::reader> own_reader_; // of `stored`; opened when first used
  std::vector<std::function<void()>> ends_;
};

/// Hashes nothing: "plain:<password>" stands for a hash at today's cost and
/// "old:<password>" for one at a lower cost, which is replaced when it matches.
password_hasher_actor::behavior_type fake_hasher(password_hasher_actor::pointer self, caf::unit_t);

} // namespace latchkey::test
