// connection.hpp — one connection to the sample core manager, from its first request to its
// end.
#pragma once

#include "journal.hpp"
#include "resources.hpp"
#include "switches.hpp"
#include "workflows.hpp"

#include <boost/asio/awaitable.hpp>
#include <boost/asio/ip/tcp.hpp>

namespace core_manager {

/// What all connections share; there is one thread.
struct world {
  explicit world(asio::io_context& on) : runs(on) {}

  switches behavior;
  journal seen;
  resources templates;
  resources instances;
  workflows runs;
  callback reports_to;
};

asio::awaitable<void> serve(asio::ip::tcp::socket socket, world& all);

} // namespace core_manager
