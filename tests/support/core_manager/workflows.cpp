#include "workflows.hpp"

#include "token.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/connect.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http.hpp>

namespace core_manager {

using nlohmann::json;
namespace http = boost::beast::http;

namespace {

/// Posts one status; false when it did not come to a 2xx.
asio::awaitable<bool> post(const callback& to, const std::string& id, const std::string& body) {
  boost::system::error_code failed;
  const auto executor = co_await asio::this_coro::executor;
  asio::ip::tcp::resolver resolver{executor};
  const auto found = co_await resolver.async_resolve(to.host, to.port, into(failed));
  if (failed) co_return false;
  asio::ip::tcp::socket socket{executor};
  co_await asio::async_connect(socket, found, into(failed));
  if (failed) co_return false;
  http::request<http::string_body> request{http::verb::post,
                                           "/internal/workflows/" + id + "/status", 11};
  request.set(http::field::host, to.host);
  request.set(http::field::content_type, "application/json");
  request.set("X-Service-Key", to.service_key);
  request.body() = body;
  request.prepare_payload();
  co_await http::async_write(socket, request, into(failed));
  if (failed) co_return false;
  boost::beast::flat_buffer buffer;
  http::response<http::string_body> response;
  co_await http::async_read(socket, buffer, response, into(failed));
  co_return !failed && response.result_int() / 100 == 2;
}

} // namespace

workflow::workflow(asio::io_context& on, json order, const switches& behavior)
    : order_(std::move(order)), behavior_(behavior), pause_(on),
      news_(on, asio::steady_timer::time_point::max()) {}

asio::awaitable<void> workflow::wait_beyond(std::size_t count) {
  while (statuses_.size() <= count && !has_ended_) {
    boost::system::error_code cancelled; // as it always ends
    co_await news_.async_wait(into(cancelled));
  }
}

int workflow::cut_of_next_stream() {
  const bool is_first = !std::exchange(had_a_stream_, true);
  return is_first ? behavior_.drop_after : -1;
}

void workflow::cancel() {
  is_cancelled_ = true;
  pause_.cancel();
}

void workflow::add(const std::string& status, const std::string& step) {
  const auto number = statuses_.size() + 1;
  has_ended_ = status != "in_progress";
  const double share = static_cast<double>(number) / std::max(behavior_.statuses, 1);
  json status_report{{"status", status},
                     {"step", step},
                     {"progress", has_ended_ ? 1.0 : share},
                     {"result", {{"number", number}}},
                     {"sequence", number}};
  statuses_.push_back(status_report.dump());
  news_.cancel();
}

asio::awaitable<void> workflow::run(std::shared_ptr<workflow>) {
  while (!has_ended_) {
    pause_.expires_after(std::chrono::milliseconds(behavior_.interval_ms));
    boost::system::error_code cancelled;
    if (!is_cancelled_) co_await pause_.async_wait(into(cancelled));
    const auto number = static_cast<int>(statuses_.size()) + 1;
    if (is_cancelled_)
      add("failed", "cancelled");
    else if (number < behavior_.statuses)
      add("in_progress", "step-" + std::to_string(number));
    else
      add(behavior_.fails ? "failed" : "completed", "step-" + std::to_string(number));
  }
}

asio::awaitable<void> workflow::report(std::shared_ptr<workflow>, callback to) {
  constexpr auto between_tries = std::chrono::milliseconds(100);
  asio::steady_timer again{co_await asio::this_coro::executor};
  std::size_t reported = 0;
  while (reported < statuses_.size() || !has_ended_) {
    co_await wait_beyond(reported);
    const std::string next = statuses_[reported];
    const bool was_taken = co_await post(to, order_.at("workflow_id"), next);
    if (was_taken) {
      ++reported;
      continue;
    }
    again.expires_after(between_tries);
    co_await again.async_wait(asio::use_awaitable);
  }
}

std::shared_ptr<workflow> workflows::start(const json& order, const switches& behavior,
                                           const callback& to) {
  auto& run = all_[order.at("workflow_id")];
  if (run) return run;
  run = std::make_shared<workflow>(on_, order, behavior);
  asio::co_spawn(on_, run->run(run), asio::detached);
  if (behavior.answer == "callback") asio::co_spawn(on_, run->report(run, to), asio::detached);
  return run;
}

std::shared_ptr<workflow> workflows::find(const std::string& id) const {
  const auto found = all_.find(id);
  return found == all_.end() ? nullptr : found->second;
}

} // namespace core_manager
