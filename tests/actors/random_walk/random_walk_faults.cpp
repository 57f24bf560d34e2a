// random_walk_faults.cpp — the steps in which something goes wrong.
#include "tests/actors/random_walk/random_walk.hpp"

#include <chrono>

namespace latchkey::test {

using namespace std::chrono_literals;

// -- what goes wrong ---------------------------------------------------------------------------

void random_walk::fail_commits() {
  constexpr commit_fault faults[] = {commit_fault::unavailable,
                                     commit_fault::unknown_after_applying,
                                     commit_fault::unknown_without_applying};
  const auto fault = below(std::size(faults));
  note("the next commit fails in way " + std::to_string(fault));
  store.fail_next(faults[fault], 1 + below(2));
}

void random_walk::turn_a_gate() {
  const auto turn = [this](auto& of, const std::string& name) {
    const auto choice = below(4);
    note("gate of " + name + ": " + std::to_string(choice));
    if (choice == 0) return of.hold_questions();
    if (choice == 1) return of.hold_answers();
    of.hold_nothing();
  };
  if (one_in(2))
    turn(commits, "commits");
  else if (one_in(2))
    turn(reads, "reads");
  else
    turn(hashes, "hashes");
}

void random_walk::release_something() {
  const auto all = commits.held() + reads.held() + hashes.held();
  if (all == 0) return;
  auto index = below(all);
  note("release " + std::to_string(index));
  if (index < commits.held()) return commits.release(index);
  index -= commits.held();
  if (index < reads.held()) return reads.release(index);
  hashes.release(index - reads.held());
}

void random_walk::leave_memory() {
  const messages::sweep late{clock.steady() + env().policy.memory_idle + 1s};
  auto* client = any_device();
  if (client == nullptr || one_in(2)) {
    const auto& owned = any_account();
    note(owned.user.username + " leaves memory");
    const messages::find_user question{owned.user.id, 0, true};
    const auto found = begin(env().directories.front(), question);
    if (found.answered() && found.answer()) caf::anon_send(found.answer().value(), late);
    return;
  }
  note(name_of(*client) + " leaves memory");
  const messages::find_session question{client->id, 0, true};
  const auto found = begin(env().directories.front(), question);
  if (found.answered() && found.answer()) caf::anon_send(found.answer().value(), late);
}

void random_walk::let_time_pass() {
  const auto seconds = 1 + below(3);
  note(std::to_string(seconds) + " s pass");
  advance(std::chrono::seconds{seconds});
}

} // namespace latchkey::test
