// listener_test.cpp — how a server begins and ends: ports, draining, and descriptors
// that run out.
#include "tests/gateway/http/connection/test_server.hpp"

#include "gateway/http/connection/server_core.hpp"

#include <boost/asio/basic_waitable_timer.hpp>
#include <boost/asio/post.hpp>
#include <ctime>
#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

namespace latchkey::http::testing {
namespace {

using clock_type = std::chrono::steady_clock;

TEST(HttpDrain, ClosesIdleConnectionsAndFinishesRequests) {
  test_server server(long_limits);
  raw_client idle(server.port()), fresh(server.port()), busy(server.port());
  idle.send(get("/fixed"));
  EXPECT_EQ(idle.read_reply().status, 200u);
  busy.send(get("/wait") + get("/fixed"));
  ASSERT_TRUE(
      server.wait_until([](http_server& s) { return s.in_flight() == 1 && s.connections() == 3; }));
  server.stop();
  EXPECT_TRUE(idle.is_closed());
  EXPECT_TRUE(fresh.is_closed());
  EXPECT_FALSE(server.is_drained());
  EXPECT_THROW(raw_client late(server.port()), std::runtime_error);
  server.release();
  auto answer = busy.read_reply();
  EXPECT_EQ(answer.body, "released");
  EXPECT_EQ(answer.header("connection"), "close");
  EXPECT_TRUE(busy.is_closed());
  busy.half_close();
  EXPECT_TRUE(server.wait_until([&](http_server&) { return server.is_drained(); }));
}

TEST(HttpDrain, IsDoneAtOnceWithoutConnections) {
  test_server server(long_limits);
  server.stop();
  EXPECT_TRUE(server.wait_until([&](http_server&) { return server.is_drained(); }));
}

TEST(HttpDrain, IsNotNeededForTheServerToGo) {
  auto io = std::make_unique<boost::asio::io_context>(1);
  auto wheel = std::make_unique<timer_wheel>(*io);
  route waits;
  waits.pattern = "/wait";
  waits.needs.open_to = access::anyone;
  waits.handle = [&](exchange&) -> awaitable<response> {
    boost::asio::basic_waitable_timer<clock_type, boost::asio::wait_traits<clock_type>,
                                      reactor_executor>
        forever(*io, clock_type::time_point::max());
    co_await forever.async_wait(use_awaitable);
    co_return response{};
  };
  http_server_options options;
  options.routes = std::make_shared<const router>(std::move(*router::make({waits})));
  auto server = std::make_unique<http_server>(*io, *wheel, std::move(options));
  ASSERT_TRUE(server->listen("127.0.0.1", 0).has_value());
  server->accept();
  raw_client handled(server->port()), receiving(server->port());
  handled.send(get("/wait"));
  receiving.send("GET /wa");
  auto end = clock_type::now() + patience;
  while ((server->in_flight() < 1 || server->connections() < 2) && clock_type::now() < end)
    io->poll();
  ASSERT_EQ(server->in_flight(), 1u);
  server.reset(); // in the order that a reactor's members go
  wheel.reset();
  io.reset();
  EXPECT_TRUE(handled.is_closed());
  EXPECT_TRUE(receiving.is_closed());
}

/// A table of one route.
std::shared_ptr<const router> one_route(handler handle) {
  route only;
  only.pattern = "/only";
  only.needs.open_to = access::anyone;
  only.handle = std::move(handle);
  return std::make_shared<const router>(std::move(*router::make({only})));
}

TEST(HttpServerEnd, LetsNoHandlerBeginWhateverWasUnderWay) {
  // Ends the server after each number of steps that its coroutines take; the request comes
  // whole, or the rest of it in the last moment.
  constexpr int steps_max = 20;
  bool has_run = false;
  bool is_whole = false;
  for (int run = 0; run < 2 * steps_max; ++run, is_whole = !is_whole) {
    has_run = false;
    boost::asio::io_context io{1};
    timer_wheel wheel{io};
    http_server_options options;
    options.routes = one_route([&](exchange&) -> awaitable<response> {
      has_run = true;
      co_return json_response(200, "{}");
    });
    auto server = std::make_unique<http_server>(io, wheel, std::move(options));
    ASSERT_TRUE(server->listen("127.0.0.1", 0).has_value());
    server->accept();
    raw_client client(server->port());
    const auto request = get("/only");
    client.send(request.substr(0, is_whole ? request.size() : 5));
    for (int i = 0; i < run / 2; ++i)
      io.poll_one();
    if (!is_whole) client.send(request.substr(5));
    if (has_run) continue; // too late to end it
    server.reset();
    io.restart();
    io.poll();
    ASSERT_FALSE(has_run) << "after " << run / 2 << " steps";
    EXPECT_TRUE(client.is_closed());
  }
}

TEST(HttpServerEnd, LetsNoHandlerBeginAfterTheOneThatBroughtIt) {
  boost::asio::io_context io{1};
  timer_wheel wheel{io};
  std::unique_ptr<http_server> server;
  int begun = 0;
  http_server_options options;
  options.routes = one_route([&](exchange&) -> awaitable<response> {
    ++begun;
    server.reset();
    co_return json_response(200, "{}");
  });
  server = std::make_unique<http_server>(io, wheel, std::move(options));
  ASSERT_TRUE(server->listen("127.0.0.1", 0).has_value());
  server->accept();
  raw_client client(server->port());
  client.send(get("/only") + get("/only"));
  auto end = clock_type::now() + patience;
  while (server && clock_type::now() < end)
    io.poll();
  io.poll();
  EXPECT_EQ(begun, 1);
  EXPECT_TRUE(client.is_closed());
}

TEST(HttpListener, GoesOnAcceptingAfterAnException) {
  boost::asio::io_context io{1};
  timer_wheel wheel{io};
  std::vector<std::string> failures;
  http_server_options options;
  options.routes =
      one_route([](exchange&) -> awaitable<response> { co_return json_response(200, "{}"); });
  options.hooks.on_accept_failed = [&](std::string_view reason) { failures.emplace_back(reason); };
  auto core = std::make_shared<http_server::core>(io, wheel, std::move(options));
  core->take = [&, take = core->take](tcp_socket socket, const tcp::endpoint& peer) {
    if (failures.empty()) throw std::runtime_error("as told");
    take(std::move(socket), peer);
  };
  ASSERT_TRUE(core->listen("127.0.0.1", 0).has_value());
  core->accept();
  std::thread reactor([&] { io.run(); });
  raw_client lost(core->bound_port), served(core->bound_port);
  EXPECT_TRUE(lost.is_closed());
  served.send(get("/only", "Connection: close\r\n"));
  EXPECT_EQ(served.read_reply().status, 200u);
  bool drained = false;
  boost::asio::post(io, [&] { core->stop([&] { drained = true; }); });
  served.half_close();
  reactor.join();
  EXPECT_TRUE(drained);
  EXPECT_EQ(failures, std::vector<std::string>{"as told"});
}

TEST(HttpListener, LetsReactorsShareAPortAndNamesWhatFailed) {
  boost::asio::io_context io{1};
  timer_wheel wheel{io};
  auto options = [] {
    http_server_options made;
    made.routes = std::make_shared<const router>(std::move(*router::make({})));
    return made;
  };
  http_server first(io, wheel, options()), second(io, wheel, options()),
      third(io, wheel, options());
  ASSERT_TRUE(first.listen("127.0.0.1", 0).has_value());
  EXPECT_NE(first.port(), 0);
  EXPECT_TRUE(second.listen("127.0.0.1", first.port()).has_value());
  auto failed = third.listen("192.0.2.1", 1);
  ASSERT_FALSE(failed.has_value());
  EXPECT_NE(failed.error().reason.find("192.0.2.1:1"), std::string::npos);
  EXPECT_FALSE(third.listen("localhost", 0).has_value());
}

/// Runs in a child process: uses up every descriptor while a client waits, frees them and
/// sees the client served. Exits with 0 when all was well and no CPU time was burnt.
int survive_exhaustion() {
  test_server server;
  rlimit limit{64, 64};
  ::setrlimit(RLIMIT_NOFILE, &limit);
  if (ask(server.port(), get("/fixed")).status != 200) return 1;
  if (!server.wait_until([](http_server& s) { return s.connections() == 0; })) return 5;
  std::vector<int> hoard;
  for (int fd = ::open("/dev/null", O_RDONLY); fd >= 0; fd = ::open("/dev/null", O_RDONLY))
    hoard.push_back(fd);
  // One for the client's end; none is left for the server's.
  ::close(hoard.back());
  hoard.pop_back();
  raw_client waits(server.port());
  waits.send(get("/fixed"));
  auto cpu_before = std::clock();
  if (waits.is_readable_within(300ms)) return 4; // nothing can have accepted it
  auto burnt_s = static_cast<double>(std::clock() - cpu_before) / CLOCKS_PER_SEC;
  for (int fd : hoard)
    ::close(fd);
  if (waits.read_reply().status != 200) return 2;
  return burnt_s < 0.1 ? 0 : 3; // of 0.3 s; a few retries cost next to nothing
}

TEST(HttpListener, SurvivesTheEndOfDescriptorsWithoutSpinning) {
  auto child = ::fork();
  ASSERT_GE(child, 0);
  if (child == 0) ::_exit(survive_exhaustion());
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  ASSERT_TRUE(WIFEXITED(status));
  EXPECT_EQ(WEXITSTATUS(status), 0);
}

} // namespace
} // namespace latchkey::http::testing
