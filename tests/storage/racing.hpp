// racing.hpp — asking a reader a typed question, and many writers that want the same at once.
#pragma once

#include "tests/storage/engines.hpp"

#include <barrier>
#include <cstddef>
#include <functional>
#include <thread>
#include <vector>

namespace latchkey::test {

/// The answer to `query`; the test fails when the store does not give one.
template <class Query>
typename Query::answer ask(storage::reader& from, const Query& query) {
  auto found = from.find(query);
  EXPECT_TRUE(found) << "the store does not answer";
  if (!found) return {};
  const auto* answer = found->template get_if<typename Query::answer>();
  EXPECT_NE(answer, nullptr) << "the answer is another question's";
  return answer == nullptr ? typename Query::answer{} : std::move(*answer);
}

/// Each unit committed by a writer and a thread of its own, all at once; the answers in the
/// order of the units.
inline std::vector<result<storage::written>> race(storage::store& in,
                                                  const std::vector<storage::unit>& units) {
  std::vector<std::unique_ptr<storage::writer>> writers;
  for (std::size_t i = 0; i < units.size(); ++i) {
    writers.push_back(in.open_writer());
    // Connected before the start, or connecting would spread them.
    writers.back()->commit(std::vector<storage::unit>{{{storage::add_audit{make_audit("ready")}}}});
  }
  std::vector<result<storage::written>> answers(units.size());
  std::barrier start(static_cast<std::ptrdiff_t>(units.size()));
  std::vector<std::thread> threads;
  for (std::size_t i = 0; i < units.size(); ++i)
    threads.emplace_back([&, i] {
      start.arrive_and_wait();
      answers[i] = writers[i]->commit({&units[i], 1}).front();
    });
  for (auto& thread : threads)
    thread.join();
  return answers;
}

/// How many won; each of the others must have lost with `code`.
inline std::size_t winners(const std::vector<result<storage::written>>& answers, error_code code) {
  std::size_t won = 0;
  for (const auto& answer : answers)
    if (answer)
      ++won;
    else
      EXPECT_TRUE(failed_with(answer, code));
  return won;
}

} // namespace latchkey::test
