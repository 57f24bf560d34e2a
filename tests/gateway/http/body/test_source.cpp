#include "tests/gateway/http/body/test_source.hpp"

#include <array>
#include <boost/asio/basic_waitable_timer.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/write.hpp>
#include <stdexcept>

namespace latchkey::http::testing {
namespace {

using pause_timer =
    boost::asio::basic_waitable_timer<std::chrono::steady_clock,
                                      boost::asio::wait_traits<std::chrono::steady_clock>,
                                      reactor_executor>;

awaitable<> pause_for(std::chrono::milliseconds span) {
  auto executor = co_await boost::asio::this_coro::executor;
  pause_timer timer(executor, span);
  co_await timer.async_wait(use_awaitable);
}

class scripted_source : public body_source {
public:
  explicit scripted_source(std::shared_ptr<source_script> script) : script_(std::move(script)) {
    ++script_->alive;
  }
  ~scripted_source() override { --script_->alive; }

  std::optional<std::uint64_t> size() const noexcept override { return script_->size; }

  awaitable<result<std::string_view>> next() override {
    ++script_->asked;
    if (script_->pause > 0ms) co_await pause_for(script_->pause);
    result<std::string_view> piece = std::string_view{};
    const auto count = script_->pieces.size();
    if (given_ < count * script_->rounds) {
      held_ = script_->pieces[given_++ % count]; // so that the sanitizer sees one kept too long
      piece = std::string_view(held_);
      co_return piece;
    }
    if (script_->then == ending::exception) throw std::runtime_error("a broken source");
    if (script_->then == ending::failure) piece = fail(error_code::upstream_unavailable);
    if (script_->then == ending::waiting) co_await wait();
    if (script_->then == ending::deaf) co_await wait_deaf();
    co_return piece;
  }

private:
  awaitable<> wait() {
    try {
      while (!script_->released)
        co_await pause_for(1ms);
    } catch (const boost::system::system_error&) {
      script_->was_cancelled = true;
      throw;
    }
  }

  /// As something does that knows nothing of Asio's cancellation.
  awaitable<> wait_deaf() {
    co_await boost::asio::this_coro::throw_if_cancelled(false);
    auto executor = co_await boost::asio::this_coro::executor;
    pause_timer timer(executor);
    boost::system::error_code ignored;
    while (!script_->released) {
      timer.expires_after(1ms);
      co_await timer.async_wait(boost::asio::redirect_error(use_awaitable, ignored));
    }
  }

  std::shared_ptr<source_script> script_;
  std::string held_;
  std::size_t given_ = 0;
};

class echo_conversation {
public:
  explicit echo_conversation(taken_connection&& connection) : connection_(std::move(connection)) {}

  awaitable<> run() {
    auto greeting = connection_.peer_address + "|" + connection_.received + "|";
    bool goes_on = co_await write(greeting);
    while (goes_on) {
      const auto count = co_await read();
      goes_on = count > 0;
      if (goes_on) goes_on = co_await write(std::string_view(bytes_.data(), count));
    }
  }

private:
  awaitable<bool> write(std::string_view text) {
    boost::system::error_code error;
    auto buffer = boost::asio::buffer(text.data(), text.size());
    auto token = boost::asio::redirect_error(use_awaitable, error);
    if (connection_.tls)
      co_await boost::asio::async_write(*connection_.tls, buffer, token);
    else
      co_await boost::asio::async_write(connection_.plain, buffer, token);
    co_return !error;
  }

  awaitable<std::size_t> read() {
    boost::system::error_code error;
    auto buffer = boost::asio::buffer(bytes_.data(), bytes_.size());
    auto token = boost::asio::redirect_error(use_awaitable, error);
    std::size_t count = 0;
    if (connection_.tls)
      count = co_await connection_.tls->async_read_some(buffer, token);
    else
      count = co_await connection_.plain.async_read_some(buffer, token);
    co_return count;
  }

  taken_connection connection_;
  std::array<char, 4096> bytes_{};
};

awaitable<> run_echo(std::unique_ptr<echo_conversation> running) {
  co_await running->run();
}

} // namespace

std::shared_ptr<const router> stream_routes(std::shared_ptr<source_script> script) {
  std::vector<route> routes;
  routes.push_back(make_route(method::get, "/stream",
                              [script = std::move(script)](exchange&) -> awaitable<response> {
                                response answer;
                                answer.source = std::make_unique<scripted_source>(script);
                                co_return answer;
                              }));
  routes.push_back(make_route(method::get, "/fixed", [](exchange&) -> awaitable<response> {
    co_return json_response(200, "fixed");
  }));
  return make_table(std::move(routes));
}

void echo_over(taken_connection&& connection) {
  auto executor = connection.socket().get_executor();
  boost::asio::co_spawn(executor,
                        run_echo(std::make_unique<echo_conversation>(std::move(connection))),
                        boost::asio::detached);
}

} // namespace latchkey::http::testing
