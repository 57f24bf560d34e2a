// main.cpp — a sample core manager: the internal service behind the gateway, as small as it can
// be ("Auth Service Internal API Documentation", Gateway Proxy Routes). For the demonstration,
// the tests and the benchmarks; everything is in memory.
//
//   core_manager [--port N] [--callback HOST:PORT] [--service-key KEY]
//
// Listens on 127.0.0.1 only; N = 0 or none: on a free port. The first line it prints is
// "listening on 127.0.0.1:PORT". SIGTERM and SIGINT end it.
//
//   /api/v1/templates, /api/v1/personas/instances     GET, POST; with /{id} GET, PUT, DELETE
//   /api/v1/workflows                                 POST: starts one, streams its statuses
//   /api/v1/workflows/{id}                            GET: streams them; DELETE: cancels
//   /control                                          PUT: see switches.hpp
//   /control/requests                                 GET: what arrived; DELETE: forgets it
#include "connection.hpp"
#include "token.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/signal_set.hpp>
#include <charconv>
#include <iostream>
#include <span>

namespace core_manager {
namespace {

struct options {
  std::uint16_t port = 0;
  callback reports_to;
};

bool read(std::span<char*> words, options& out) {
  for (std::size_t i = 1; i < words.size(); i += 2) {
    const std::string_view name = words[i];
    if (i + 1 == words.size()) return false;
    const std::string_view value = words[i + 1];
    if (name == "--port") {
      const auto* end = value.data() + value.size();
      if (std::from_chars(value.data(), end, out.port).ptr != end) return false;
    } else if (name == "--callback") {
      const auto colon = value.rfind(':');
      if (colon == std::string_view::npos) return false;
      out.reports_to.host = value.substr(0, colon);
      out.reports_to.port = value.substr(colon + 1);
    } else if (name == "--service-key") {
      out.reports_to.service_key = value;
    } else {
      return false;
    }
  }
  return true;
}

asio::awaitable<void> accept(asio::ip::tcp::acceptor& from, world& all) {
  for (;;) {
    boost::system::error_code failed;
    auto socket = co_await from.async_accept(into(failed));
    if (failed == asio::error::operation_aborted) co_return;
    if (failed) continue; // it was gone again
    socket.set_option(asio::ip::tcp::no_delay{true});
    asio::co_spawn(from.get_executor(), serve(std::move(socket), all), asio::detached);
  }
}

int run(const options& given) {
  asio::io_context io{1};
  world all{io};
  all.reports_to = given.reports_to;
  asio::ip::tcp::acceptor acceptor{io, {asio::ip::address_v4::loopback(), given.port}};
  std::cout << "listening on 127.0.0.1:" << acceptor.local_endpoint().port() << std::endl;
  asio::co_spawn(io, accept(acceptor, all), asio::detached);
  asio::signal_set signals{io, SIGINT, SIGTERM};
  signals.async_wait([&io](const boost::system::error_code&, int) { io.stop(); });
  io.run();
  return 0;
}

} // namespace
} // namespace core_manager

int main(int count, char** words) {
  core_manager::options given;
  if (!core_manager::read({words, static_cast<std::size_t>(count)}, given)) {
    std::cerr << "usage: core_manager [--port N] [--callback HOST:PORT] [--service-key KEY]\n";
    return 2;
  }
  try {
    return core_manager::run(given);
  } catch (const std::exception& problem) {
    std::cerr << "core_manager: " << problem.what() << '\n';
    return 1;
  }
}
