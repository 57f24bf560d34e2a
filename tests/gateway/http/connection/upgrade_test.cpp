// upgrade_test.cpp — connections that leave HTTP after a 101, and answers that must not.
#include "tests/gateway/http/body/test_source.hpp"

#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>
#include <gtest/gtest.h>
#include <stdexcept>

namespace latchkey::http::testing {
namespace {

const std::string asks = "Connection: keep-alive, Upgrade\r\nUpgrade: echo\r\n";

/// Counts what becomes of a takeover that it is part of.
struct takeover_log {
  std::atomic<int> called{0};
  std::atomic<int> alive{0};
};

/// Movable alone, as a taker's state may be.
class logged {
public:
  explicit logged(takeover_log& log) : log_(&log, [](takeover_log* l) { --l->alive; }) {
    ++log.alive;
  }
  void called() const { ++log_->called; }

private:
  std::unique_ptr<takeover_log, void (*)(takeover_log*)> log_;
};

/// GET /echo is taken over, GET /throw by somebody who throws;
/// GET /bare is a 101 for nobody, GET /ok a 200 with a taker.
class Upgrade : public ::testing::Test {
protected:
  void SetUp() override {
    server_ = std::make_unique<test_server>([this](http_server_options& options) {
      long_limits(options);
      options.routes = make_routes();
    });
  }
  response switching(const std::function<void(taken_connection&&)>& then) {
    response answer;
    answer.status = 101;
    answer.content_type = {};
    answer.add("Upgrade", "echo");
    answer.taken_by = [then, kept = logged(log_)](taken_connection&& connection) {
      kept.called();
      then(std::move(connection));
    };
    return answer;
  }
  std::shared_ptr<const router> make_routes() {
    std::vector<route> routes;
    const auto add = [&](std::string path, std::function<response()> make) {
      routes.push_back(make_route(
          method::get, std::move(path),
          [make = std::move(make)](exchange&) -> awaitable<response> { co_return make(); }));
    };
    const auto throwing = [](taken_connection&&) { throw std::runtime_error("not today"); };
    add("/echo", [this] { return switching(echo_over); });
    add("/throw", [this, throwing] { return switching(throwing); });
    add("/bare", [] {
      response answer;
      answer.status = 101;
      return answer;
    });
    add("/ok", [this] {
      auto answer = switching(echo_over);
      answer.status = 200;
      return answer;
    });
    add("/fixed", [] { return json_response(200, "fixed"); });
    return make_table(std::move(routes));
  }
  bool has_no_connections() {
    return server_->wait_until([](http_server& s) { return s.connections() == 0; });
  }

  takeover_log log_;
  std::unique_ptr<test_server> server_;
};

TEST_F(Upgrade, IsA500WhenTheClientDidNotAskForIt) {
  for (const auto& request :
       {get("/echo"), get("/echo", "Upgrade: echo\r\n"), get("/echo", "Connection: Upgrade\r\n"),
        get("/echo", "Connection: upgraded\r\nUpgrade: echo\r\n"),
        get("/echo", "Connection: Upgrade\r\nUpgrade: ,\r\n"),
        "GET /echo HTTP/1.0\r\n" + asks + "\r\n"}) {
    raw_client client(server_->port());
    client.send(request);
    EXPECT_EQ(client.read_reply().status, 500u) << request;
  }
  EXPECT_EQ(log_.called, 0);
  EXPECT_EQ(log_.alive, 0);
}

TEST_F(Upgrade, IsA500WhenTheAnswerIsIncomplete) {
  raw_client client(server_->port());
  for (auto target : {"/bare", "/ok"}) {
    client.send(get(target, asks));
    EXPECT_EQ(client.read_reply().status, 500u) << target;
  }
  client.send(get("/fixed"));
  EXPECT_EQ(client.read_reply().body, "fixed");
  EXPECT_EQ(log_.alive, 0);
  EXPECT_EQ(server_->exceptions().size(), 2u);
}

TEST_F(Upgrade, EndsTheConnectionWhenTheTakerThrows) {
  raw_client client(server_->port());
  client.send(get("/throw", asks));
  EXPECT_EQ(client.read_reply().status, 101u);
  EXPECT_TRUE(client.is_closed());
  EXPECT_TRUE(has_no_connections());
  EXPECT_EQ(server_->exceptions(), std::vector<std::string>{"not today"});
  EXPECT_EQ(log_.alive, 0);
}

TEST_F(Upgrade, GivesTheConnectionToTheTaker) {
  raw_client client(server_->port());
  client.send(get("/echo", asks));
  const auto answer = client.read_reply();
  EXPECT_EQ(answer.status, 101u);
  EXPECT_EQ(answer.header("connection"), "Upgrade");
  EXPECT_EQ(answer.header("upgrade"), "echo");
  EXPECT_EQ(answer.headers.count("content-length"), 0u);
  EXPECT_EQ(answer.headers.count("transfer-encoding"), 0u);
  EXPECT_EQ(client.read_bytes(11), "127.0.0.1||");
  client.send("hello");
  EXPECT_EQ(client.read_bytes(5), "hello");
  EXPECT_EQ(log_.called, 1);
  EXPECT_TRUE(has_no_connections());
  client.send("still there");
  EXPECT_EQ(client.read_bytes(11), "still there");
}

TEST_F(Upgrade, GivesWhatCameBehindTheRequestAsBytes) {
  raw_client client(server_->port());
  const auto behind = get("/fixed");
  client.send(get("/fixed") + get("/echo", asks) + behind);
  EXPECT_EQ(client.read_reply().body, "fixed"); // what came before keeps its turn
  EXPECT_EQ(client.read_reply().status, 101u);
  const auto greeting = "127.0.0.1|" + behind + "|";
  EXPECT_EQ(client.read_bytes(greeting.size()), greeting);
  EXPECT_EQ(server_->finished(), (std::vector<std::string>{"GET /fixed 200", "GET /echo 101"}));
}

TEST_F(Upgrade, TakesTheConnectionOutOfDrainingAndClosing) {
  raw_client client(server_->port());
  client.send(get("/echo", asks));
  EXPECT_EQ(client.read_reply().status, 101u);
  EXPECT_TRUE(has_no_connections());
  server_->stop();
  EXPECT_TRUE(server_->wait_until([this](http_server& s) {
    s.close_all();
    return server_->is_drained();
  }));
  EXPECT_EQ(client.read_bytes(11), "127.0.0.1||");
  client.send("after the end");
  EXPECT_EQ(client.read_bytes(13), "after the end");
}

TEST_F(Upgrade, CanBeRefusedWhileTheServerDrains) {
  std::atomic<bool> released = false;
  server_ = std::make_unique<test_server>([&](http_server_options& options) {
    long_limits(options);
    options.routes =
        make_table({make_route(method::get, "/", [&](exchange& x) -> awaitable<response> {
          const bool was_stopping = x.is_stopping();
          auto executor = co_await boost::asio::this_coro::executor;
          while (!released)
            co_await boost::asio::post(executor, use_awaitable);
          if (!x.is_stopping()) co_return switching(echo_over);
          co_return json_response(503, was_stopping ? "before" : "meanwhile");
        })});
  });
  raw_client client(server_->port());
  client.send(get("/", asks));
  ASSERT_TRUE(server_->wait_until([](http_server& s) { return s.in_flight() == 1; }));
  server_->stop();
  released = true;
  EXPECT_EQ(client.read_reply().body, "meanwhile");
  EXPECT_TRUE(client.is_closed());
  EXPECT_EQ(log_.called, 0);
}

TEST_F(Upgrade, HasNoDeadlineOfTheServersLeft) {
  server_ = std::make_unique<test_server>([this](http_server_options& options) {
    options.routes = make_routes();
    options.limits.idle_max = options.limits.receive_max = options.limits.send_max = 2s;
  });
  raw_client client(server_->port());
  client.send(get("/echo", asks));
  EXPECT_EQ(client.read_reply().status, 101u);
  EXPECT_EQ(client.read_bytes(11), "127.0.0.1||");
  EXPECT_FALSE(client.is_readable_within(2500ms)) << "it was closed";
}

TEST(UpgradeServerEnd, CallsNoTakerAfterIt) {
  // Ends the server after each number of steps that its coroutines take.
  constexpr int steps_max = 20;
  for (int steps = 0; steps < steps_max; ++steps) {
    takeover_log log;
    boost::asio::io_context io{1};
    timer_wheel wheel{io};
    http_server_options options;
    options.routes =
        make_table({make_route(method::get, "/", [&](exchange&) -> awaitable<response> {
          response answer;
          answer.status = 101;
          answer.taken_by = [kept = logged(log)](taken_connection&&) { kept.called(); };
          co_return answer;
        })});
    auto server = std::make_unique<http_server>(io, wheel, std::move(options));
    ASSERT_TRUE(server->listen("127.0.0.1", 0).has_value());
    server->accept();
    raw_client client(server->port());
    client.send(get("/", asks));
    for (int i = 0; i < steps; ++i)
      io.poll_one();
    const int called = log.called;
    server.reset();
    io.restart();
    io.poll();
    EXPECT_EQ(log.called, called);
    EXPECT_EQ(log.alive, 0);
    EXPECT_TRUE(client.read_to_end().has_value());
  }
}

} // namespace
} // namespace latchkey::http::testing
