// unread_test.cpp — clients that ask for much and do not read, or send much and do not end:
// what waits for them is bounded.
#include "gateway/http/body/lasting_body.hpp"
#include "tests/gateway/http/connection/test_server.hpp"

#include <atomic>
#include <gtest/gtest.h>
#include <numeric>

namespace latchkey::http::testing {
namespace {

constexpr std::size_t large_answer_bytes = std::size_t{8} * 1024 * 1024; // of GET /large
const std::string last_get_large = "GET /large HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n";

/// A server of which all clients together may leave `unsent_bytes_max` unread.
class Unread : public ::testing::Test {
protected:
  void serve(std::size_t unsent_bytes_max, std::shared_ptr<const router> routes = {}) {
    server_ = std::make_unique<test_server>([&](http_server_options& options) {
      long_limits(options);
      options.limits.unsent_bytes_max = unsent_bytes_max;
      options.hooks.on_unread = [this](std::string_view peer) {
        EXPECT_EQ(peer, "127.0.0.1");
        ++closed_;
      };
      if (routes) options.routes = std::move(routes);
    });
  }

  std::unique_ptr<test_server> server_;
  std::atomic<int> closed_ = 0;
};

TEST_F(Unread, AnswersAreCutOffWhenAllTogetherAreTooMuch) {
  serve(1024 * 1024);
  raw_client client(server_->port());
  client.send(last_get_large);
  EXPECT_TRUE(server_->wait_until([this](http_server&) { return closed_ == 1; }));
  const auto all = client.read_to_end();
  EXPECT_LT(all.value_or("").size(), large_answer_bytes);
  // What was counted for it is given back: the next one is served.
  raw_client next(server_->port());
  next.send("GET /fixed HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
  EXPECT_TRUE(next.read_to_end().value_or("").starts_with("HTTP/1.1 200 "));
}

TEST_F(Unread, WhoLeavesMostGoesFirst) {
  // Each answer leaves its size but for what the kernel takes of it, a few MiB.
  constexpr std::size_t mib = std::size_t{1024} * 1024;
  constexpr std::size_t small = 12 * mib, most = 40 * mib, middle = 28 * mib;
  const auto answer = [](std::size_t bytes) {
    return [bytes](exchange&) -> awaitable<response> {
      co_return json_response(200, std::string(bytes, 'x'));
    };
  };
  // The first two are within it together, and so are those that stay.
  serve(small + most, make_table({make_route(method::get, "/small", answer(small)),
                                  make_route(method::get, "/most", answer(most)),
                                  make_route(method::get, "/middle", answer(middle))}));
  constexpr int receive_buffer_bytes = 64 * 1024;
  const auto ask_for = [this](raw_client& client, const std::string& path) {
    client.send("GET " + path + " HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
    EXPECT_TRUE(client.is_readable_within(patience)) << path;
  };
  raw_client first(server_->port(), receive_buffer_bytes);
  raw_client second(server_->port(), receive_buffer_bytes);
  raw_client third(server_->port(), receive_buffer_bytes);
  ask_for(first, "/small");
  ask_for(second, "/most");
  EXPECT_EQ(closed_, 0);
  ask_for(third, "/middle"); // which is too much
  EXPECT_TRUE(server_->wait_until([this](http_server&) { return closed_ > 0; }));
  EXPECT_LT(second.read_to_end().value_or("").size(), most);
  EXPECT_GT(first.read_to_end().value_or("").size(), small);
  EXPECT_GT(third.read_to_end().value_or("").size(), middle) << "who came last is not who goes";
  EXPECT_EQ(closed_, 1) << "no more than it takes";
}

TEST_F(Unread, AnswersWithinTheBoundArriveWhole) {
  serve(2 * large_answer_bytes);
  raw_client client(server_->port());
  client.send(last_get_large);
  EXPECT_GT(client.read_to_end().value_or("").size(), large_answer_bytes);
  EXPECT_EQ(closed_, 0);
}

/// A server of which all clients together may have `unfinished_bytes_max` of bodies that are not
/// whole.
class Unfinished : public Unread {
protected:
  static constexpr std::size_t announced = std::size_t{1024} * 1024;

  void serve_with(std::size_t unfinished_bytes_max) {
    server_ = std::make_unique<test_server>([&](http_server_options& options) {
      long_limits(options);
      options.limits.unfinished_bytes_max = unfinished_bytes_max;
      options.hooks.on_unfinished = [this](std::string_view peer) {
        EXPECT_EQ(peer, "127.0.0.1");
        ++closed_;
      };
    });
  }
  /// All of a POST but for the end of its body.
  static std::string begin_post(std::size_t body_bytes) {
    return "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: " + std::to_string(announced) +
           "\r\n\r\n" + std::string(body_bytes, 'x');
  }
};

TEST_F(Unfinished, BodiesThatTakeMostAreCutOff) {
  serve_with(announced + announced / 32);
  raw_client small(server_->port());
  small.send(begin_post(1000));
  raw_client large(server_->port());
  large.send(begin_post(announced - 1));
  raw_client other(server_->port());
  other.send(begin_post(announced - 1));
  EXPECT_TRUE(server_->wait_until([this](http_server&) { return closed_ == 2; }));
  small.send(std::string(announced - 1000, 'x'));
  EXPECT_EQ(small.read_reply().status, 200u) << "whoever holds little is not closed";
}

TEST_F(Unfinished, BodiesOneAfterTheOtherAreNotTooMuch) {
  serve_with(2 * announced);
  raw_client client(server_->port());
  for (int i = 0; i < 5; ++i) {
    client.send(begin_post(announced - 1));
    client.send("x");
    EXPECT_EQ(client.read_reply().status, 200u);
  }
  EXPECT_EQ(closed_, 0);
}

TEST_F(Unread, WhatIsInMemoryOnceIsNotCounted) {
  static const std::string content(large_answer_bytes, 'x');
  const auto answer = [](exchange&) -> awaitable<response> {
    response lasting;
    lasting.source = lasting_body(content);
    co_return lasting;
  };
  serve(1024, make_table({make_route(method::get, "/lasting", answer)}));
  raw_client client(server_->port());
  client.send("GET /lasting HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
  const auto all = client.read_to_end().value_or("");
  EXPECT_NE(all.find("Content-Length: 8388608\r\n"), std::string::npos);
  EXPECT_TRUE(all.ends_with(content.substr(0, large_answer_bytes - 1)));
  EXPECT_EQ(closed_, 0);
}

} // namespace
} // namespace latchkey::http::testing
