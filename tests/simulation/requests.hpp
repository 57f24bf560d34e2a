// requests.hpp — what the people of a simulation have asked and not been answered yet.
#pragma once

#include "tests/actors/random_walk/random_walk.hpp"
#include "tests/simulation/node.hpp"

#include <functional>
#include <list>
#include <memory>
#include <string>
#include <utility>

namespace latchkey::test::simulation {

/// "at node 2: ", the beginning of a line of the log.
std::string at_node(place at);

class requests {
public:
  template <class Find, class Message>
  using answer_of = result<typename routed_request<Find, Message>::reply>;

  /// `tell` hears each answer.
  explicit requests(std::function<void(const std::string&)> tell) : tell_(std::move(tell)) {}

  /// Numbers an operation, for the log.
  std::uint64_t begin_operation() { return ++operations_; }
  /// The newest.
  std::uint64_t operations() const noexcept { return operations_; }

  /// Asks the actor that `find` finds at that node. `on_lost`: the node is gone before it answered.
  template <class Find, class Message>
  void ask(
      node& with, Find find, Message message,
      std::function<void(answer_of<Find, Message>&)> on_answer,
      std::function<void()> on_lost = [] {}) {
    auto asked = std::make_shared<routed_request<Find, Message>>(with.on(), std::move(find),
                                                                 std::move(message));
    auto is_over = [this, asked, number = operations_, on_answer = std::move(on_answer)] {
      const auto answer = asked->poll();
      if (!answer) return false;
      ++answered_;
      tell_("  " + std::to_string(number) + ": " + word_of(code_of(*answer)));
      on_answer(*answer);
      return true;
    };
    begun_.push_back({&with, std::move(is_over), std::move(on_lost)});
  }

  /// Takes the answers that have come.
  void poll();
  /// Whatever was asked there gets no answer.
  void lose(const node& gone);
  std::size_t under_way() const noexcept { return begun_.size() + waiting_.size(); }
  std::uint64_t answered() const noexcept { return answered_; }

private:
  struct pending {
    const node* at = nullptr;
    std::function<bool()> is_over; // asked until it is
    std::function<void()> on_lost;
  };

  static std::string word_of(error_code code);

  std::function<void(const std::string&)> tell_;
  std::list<pending> begun_;   // since the answers were taken last
  std::list<pending> waiting_; // before
  std::uint64_t operations_ = 0;
  std::uint64_t answered_ = 0;
};

} // namespace latchkey::test::simulation
