#include "tests/gateway/http/body/test_body.hpp"

#include "gateway/http/body/request_body.hpp"
#include "gateway/http/message/error_body.hpp"
#include "tests/gateway/http/body/test_source.hpp"

#include <boost/asio/basic_waitable_timer.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/this_coro.hpp>
#include <stdexcept>

namespace latchkey::http::testing {
namespace {

using hold_timer =
    boost::asio::basic_waitable_timer<std::chrono::steady_clock,
                                      boost::asio::wait_traits<std::chrono::steady_clock>,
                                      reactor_executor>;
using log_pointer = std::shared_ptr<body_log>;

/// Asks, and tells the log.
class asker {
public:
  asker(request_body& body, log_pointer log) : body_(&body), log_(std::move(log)) { ++log_->alive; }
  asker(const asker&) = delete;
  asker& operator=(const asker&) = delete;
  ~asker() { --log_->alive; }

  awaitable<result<std::string_view>> next() {
    ++log_->asked;
    result<std::string_view> piece = std::string_view{};
    try {
      auto asked = body_->next();
      piece = co_await std::move(asked);
    } catch (const boost::system::system_error&) {
      ++log_->aborted;
      throw;
    }
    if (!piece) log_->failure = piece.error().code;
    if (piece) log_->bytes += piece->size();
    co_return piece;
  }

private:
  request_body* body_;
  log_pointer log_;
};

awaitable<response> answer_all(exchange& x, log_pointer log) {
  asker questions(*x.body, log);
  const auto size = x.body->size();
  auto text = (size ? std::to_string(*size) : "chunked") + ":";
  while (true) {
    auto piece = co_await questions.next();
    if (!piece) co_return error_response(piece.error(), x.in.request_id, {});
    if (piece->empty()) break;
    text.append(*piece);
  }
  co_return json_response(200, std::move(text));
}

awaitable<> hold(log_pointer log) {
  auto executor = co_await boost::asio::this_coro::executor;
  hold_timer timer(executor);
  while (!log->released) {
    timer.expires_after(1ms);
    co_await timer.async_wait(use_awaitable);
  }
}

awaitable<response> answer_held(exchange& x, log_pointer log) {
  co_await hold(log);
  auto answer = answer_all(x, log);
  co_return co_await std::move(answer);
}

awaitable<response> answer_first(exchange& x, log_pointer log) {
  asker questions(*x.body, log);
  auto piece = co_await questions.next();
  co_return json_response(200, std::string(piece.value_or("failed")));
}

/// Gives what it is given; `opening` first.
class echo_source : public body_source {
public:
  echo_source(request_body& body, log_pointer log, std::string opening)
      : asks_(body, std::move(log)), opening_(std::move(opening)) {}
  awaitable<result<std::string_view>> next() override {
    result<std::string_view> piece = std::string_view(opening_);
    if (!has_begun_ && !opening_.empty()) {
      has_begun_ = true;
      co_return piece;
    }
    piece = co_await asks_.next();
    co_return piece;
  }

private:
  asker asks_;
  std::string opening_;
  bool has_begun_ = false;
};

/// Heeds no cancellation, as something does that knows nothing of it.
class deaf_source : public body_source {
public:
  deaf_source(request_body& body, log_pointer log) : questions_(body, log), log_(std::move(log)) {}
  awaitable<result<std::string_view>> next() override {
    co_await boost::asio::this_coro::throw_if_cancelled(false);
    auto executor = co_await boost::asio::this_coro::executor;
    hold_timer timer(executor);
    boost::system::error_code ignored;
    ++log_->asked;
    while (!log_->released) {
      timer.expires_after(1ms);
      co_await timer.async_wait(boost::asio::redirect_error(use_awaitable, ignored));
    }
    result<std::string_view> piece = co_await questions_.next();
    co_return piece;
  }

private:
  asker questions_;
  log_pointer log_;
};

response echoing(exchange& x, log_pointer log, std::string opening) {
  response answer;
  answer.source = std::make_unique<echo_source>(*x.body, std::move(log), std::move(opening));
  return answer;
}

awaitable<> ask_on(std::shared_ptr<request_body> body, log_pointer log) {
  asker questions(*body, log);
  while (true) {
    auto piece = co_await questions.next();
    if (!piece || piece->empty()) break;
  }
}

awaitable<response> answer_beside(exchange& x, const log_pointer& log) {
  auto executor = co_await boost::asio::this_coro::executor;
  boost::asio::co_spawn(executor, ask_on(x.body->shared_from_this(), log), boost::asio::detached);
  co_return json_response(200, "at once");
}

response switching() {
  response answer;
  answer.status = 101;
  answer.content_type = {};
  answer.add("Upgrade", "echo");
  answer.taken_by = echo_over;
  return answer;
}

} // namespace

std::shared_ptr<const router> body_routes(const log_pointer& log) {
  std::vector<route> routes;
  const auto add = [&](std::string path, handler handle) {
    routes.push_back(make_route(method::post, std::move(path), std::move(handle)));
    routes.back().streams_body = true;
    routes.back().body_bytes_max = streamed_bytes_max;
  };
  const auto at_once = [&](std::string path, std::function<response(exchange&)> make) {
    add(std::move(path),
        [make = std::move(make)](exchange& x) -> awaitable<response> { co_return make(x); });
  };
  add("/all", [log](exchange& x) { return answer_all(x, log); });
  add("/held", [log](exchange& x) { return answer_held(x, log); });
  add("/first", [log](exchange& x) { return answer_first(x, log); });
  add("/beside", [log](exchange& x) { return answer_beside(x, log); });
  at_once("/never", [](exchange&) { return json_response(200, "unread"); });
  at_once("/throw", [](exchange&) -> response { throw std::runtime_error("broken"); });
  at_once("/duplex", [log](exchange& x) { return echoing(x, log, {}); });
  at_once("/ask-late", [log](exchange& x) { return echoing(x, log, "head"); });
  at_once("/deaf", [log](exchange& x) {
    response answer;
    answer.source = std::make_unique<deaf_source>(*x.body, log);
    return answer;
  });
  at_once("/upgrade", [](exchange&) { return switching(); });
  add("/large", [log](exchange& x) { return answer_held(x, log); });
  routes.back().body_bytes_max = std::size_t{1} << 30U;
  routes.push_back(make_route(method::get, "/fixed", [](exchange& x) -> awaitable<response> {
    co_return json_response(200, x.body ? "with a body" : "fixed");
  }));
  return make_table(std::move(routes));
}

} // namespace latchkey::http::testing
