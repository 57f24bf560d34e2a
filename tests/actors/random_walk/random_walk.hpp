// random_walk.hpp — clients whose requests overlap at random, and what each of them may expect.
//
// A walk draws its steps from one seed: requests begin, gates hold and release questions and
// answers, commits fail or lose their outcome, actors leave memory, time passes. The model knows
// what was asked for and what was answered, and checks every answer against it.
#pragma once

#include "protocol/tokens/refresh_token.hpp"
#include "tests/support/actor_fixture.hpp"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <list>
#include <map>
#include <memory>
#include <random>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace latchkey::test {

/// A request to an actor that the directory finds; sent to its successor when the actor is leaving
/// memory, as the edge does.
template <class Find, class Message>
class routed_request {
public:
  using handle = reply_of<directory_actor, Find>;
  using reply = reply_of<handle, Message>;

  routed_request(actor_fixture& fixture, Find find, Message message)
      : fixture_(&fixture), find_(std::move(find)), message_(std::move(message)),
        finding_(fixture.ask_later(fixture.env().directories.front(), find_)) {}

  /// The answer, once; null as long as there is none. Sends what is to be sent next.
  std::unique_ptr<result<reply>> poll() {
    if (!question_) {
      if (!finding_.answered()) return nullptr;
      auto found = finding_.answer();
      if (!found) return over(tl::unexpected<failure>(found.error()));
      find_.gone = found->id();
      question_.emplace(fixture_->ask_later(*found, message_));
      return nullptr;
    }
    if (!question_->answered()) return nullptr;
    if (question_->is_gone() && ++attempts_ < attempts_max) {
      question_.reset();
      finding_ = fixture_->ask_later(fixture_->env().directories.front(), find_);
      return nullptr;
    }
    return over(question_->answer());
  }

private:
  static constexpr int attempts_max = 3;

  static std::unique_ptr<result<reply>> over(result<reply> answer) {
    return std::make_unique<result<reply>>(std::move(answer));
  }

  actor_fixture* fixture_;
  Find find_;
  Message message_;
  asked<handle> finding_;
  std::optional<asked<reply>> question_;
  int attempts_ = 0;
};

class random_walk : public actor_fixture {
public:
  explicit random_walk(std::uint64_t seed);

  /// Takes so many steps, then lets everything go on and checks that memory and store agree.
  void run_steps(std::size_t count);
  /// The steps that were taken, oldest first.
  const std::vector<std::string>& steps() const { return steps_; }

private:
  struct account {
    user_record user;
    std::set<std::string> passwords;     // one of them is the password
    std::set<std::string> former;        // that were replaced; none of them may open a session
    std::set<std::string> roles;         // one of them is the role
    std::size_t changes_of_password = 0; // under way
    std::size_t ends = 0;                // of all sessions: requests under way
    std::size_t last_end = 0;            // step at which such a request was answered last
  };
  struct device {
    session_id id;
    std::size_t number = 0;
    std::size_t owner = 0;
    std::uint64_t held = 1;                      // counter of the newest token that the client has
    std::uint64_t next = 1;                      // of the newest one that it was given
    std::size_t refreshes = 0;                   // under way, all with `held`
    bool may_have_ended = false;                 // somebody asked for it
    bool is_revoked = false;                     // and was told that it is done
    std::map<std::uint64_t, std::string> tokens; // that were given, by counter
  };

  // -- steps
  void step();
  void sign_in();
  void refresh();
  void reuse_a_token();
  void validate();
  void revoke();
  void end_all();
  void change_password();
  void change_role();
  void fail_commits();
  void turn_a_gate();
  void release_something();
  void leave_memory();
  void let_time_pass();

  // -- requests under way
  template <class Find, class Message>
  void begin_request(
      Find find, Message message,
      std::function<void(result<typename routed_request<Find, Message>::reply>&)> on_answer);
  void poll_all();
  void refreshed(device& client, std::uint64_t counter, bool was_revoked,
                 const result<messages::token_pair>& answer);
  std::vector<std::size_t> sessions_that_end(std::size_t owner, const device* keep);
  void sessions_have_ended(std::size_t owner, const std::vector<std::size_t>& ended, bool is_acked);

  // -- the end
  void settle();
  void check_session(device& client);
  void check_account(std::size_t index);

  // -- chance
  std::size_t below(std::size_t bound) { return bound == 0 ? 0 : chance_() % bound; }
  bool one_in(std::size_t count) { return below(count) == 0; }
  account& any_account() { return accounts_[below(accounts_.size())]; }
  device* any_device() {
    return devices_.empty() ? nullptr : devices_[below(devices_.size())].get();
  }
  messages::author author() const { return {{"192.0.2.1", "curl", "req_1"}, {}}; }
  void note(std::string step) { steps_.push_back(std::move(step)); }
  static std::string name_of(const device& client) {
    return "session " + std::to_string(client.number);
  }
  void expect(bool holds, const std::string& claim);

  std::mt19937_64 chance_;
  std::vector<account> accounts_;
  std::vector<std::unique_ptr<device>> devices_;
  std::list<std::function<bool()>> under_way_; // each tells whether it is over
  std::vector<std::string> steps_;
  std::size_t passwords_made_ = 0;
};

} // namespace latchkey::test
