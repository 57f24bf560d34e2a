// on_reactor.hpp — runs work of another thread on a reactor's thread.
#pragma once

#include "gateway/reactor/reactor.hpp"

#include <boost/asio/post.hpp>
#include <future>
#include <utility>

namespace latchkey::gateway {

/// Runs `work` on the reactor's thread and waits for what it answers.
template <class Work>
auto on_reactor(reactor& home, Work work) {
  std::packaged_task<decltype(work())()> task{std::move(work)};
  auto done = task.get_future();
  boost::asio::post(home.context(), [&task] { task(); });
  return done.get();
}

} // namespace latchkey::gateway
