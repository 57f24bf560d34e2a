// splice_fixture.hpp — a splice on a reactor of its own, of two connections that a test makes.
#pragma once

#include "tests/gateway/http/connection/test_server.hpp"

#include "gateway/http/connection/splice.hpp"

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/post.hpp>
#include <chrono>
#include <cstdint>
#include <functional>
#include <future>
#include <gtest/gtest.h>
#include <memory>
#include <string>
#include <thread>
#include <utility>

namespace latchkey::http::testing {

using test_acceptor = boost::asio::basic_socket_acceptor<tcp, reactor_executor>;

/// Gives the server's side of connections that a test makes.
class connection_maker {
public:
  explicit connection_maker(boost::asio::io_context& io)
      : acceptor_(io, tcp::endpoint(boost::asio::ip::address_v4::loopback(), 0)) {}
  std::uint16_t port() const { return acceptor_.local_endpoint().port(); }
  taken_connection accept(std::string received = {}) {
    return {acceptor_.accept(), nullptr, std::move(received), "127.0.0.1"};
  }
  /// Shakes hands, while the client does in another thread.
  taken_connection accept_tls(boost::asio::ssl::context& context) {
    auto made = accept();
    made.tls = std::make_unique<tls_stream>(std::move(made.plain), context);
    made.tls->handshake(boost::asio::ssl::stream_base::server);
    return made;
  }

private:
  test_acceptor acceptor_;
};

class Splice : public ::testing::Test {
protected:
  ~Splice() override {
    if (thread_.joinable()) finish();
  }
  /// Returns when nothing is left to be done.
  void finish() {
    on_reactor([this] { splice_.reset(); });
    work_.reset();
    thread_.join();
  }
  void on_reactor(const std::function<void()>& work) {
    std::promise<void> done;
    boost::asio::post(io_, [&] {
      work();
      done.set_value();
    });
    done.get_future().wait();
  }
  void begin(taken_connection client, taken_connection upstream) {
    options_.on_ended = [this](splice_end why, const splice_counts& counts) {
      told_ = counts;
      ended_as_ = why;
      ++ended_;
      if (ends_itself_) splice_.reset();
    };
    on_reactor([&] {
      splice_ = std::make_unique<splice>(wheel_, std::move(client), std::move(upstream), options_);
      ended_at_once_ = ended_;
    });
  }
  /// With the two connections that came first, in that order.
  void begin(std::string from_client = {}, std::string from_upstream = {}) {
    auto client = maker_.accept(std::move(from_client));
    begin(std::move(client), maker_.accept(std::move(from_upstream)));
  }
  bool wait_until(const std::function<bool()>& holds) {
    const auto end = std::chrono::steady_clock::now() + patience;
    bool held = false;
    while (!held && std::chrono::steady_clock::now() < end)
      on_reactor([&] { held = holds(); });
    return held;
  }
  bool has_ended(splice_end why) {
    return wait_until([this] { return ended_ > 0; }) && ended_as_ == why && ended_ == 1;
  }

  boost::asio::io_context io_{1};
  boost::asio::executor_work_guard<reactor_executor> work_{io_.get_executor()};
  timer_wheel wheel_{io_, std::chrono::milliseconds{5}};
  connection_maker maker_{io_};
  splice_options options_;
  std::unique_ptr<splice> splice_;
  splice_counts told_;
  splice_end ended_as_ = splice_end::finished;
  int ended_ = 0;
  int ended_at_once_ = 0;
  bool ends_itself_ = false;
  std::thread thread_{[this] { io_.run(); }};
};

} // namespace latchkey::http::testing
