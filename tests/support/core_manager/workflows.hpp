// workflows.hpp — the runs of the sample core manager: each makes its statuses by itself,
// whether or not anybody listens, and keeps them all, so that a stream can begin anywhere.
#pragma once

#include "switches.hpp"

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

namespace core_manager {

namespace asio = boost::asio;

/// Where statuses are posted by those that answer with 202.
struct callback {
  std::string host;
  std::string port;
  std::string service_key; // sent as X-Service-Key
};

class workflow {
public:
  workflow(asio::io_context& on, nlohmann::json order, const switches& behavior);

  /// Waits until there are more than `count` statuses or there will be none any more.
  asio::awaitable<void> wait_beyond(std::size_t count);
  /// A JSON object each: status, step, progress, result, and its `sequence`, from 1.
  const std::vector<std::string>& statuses() const { return statuses_; }
  bool has_ended() const { return has_ended_; }
  /// After how many statuses the stream that begins now is cut; -1: never.
  int cut_of_next_stream();
  const nlohmann::json& order() const { return order_; }
  const switches& behavior() const { return behavior_; }
  /// Its next status is its last: "failed", in the step "cancelled".
  void cancel();

  asio::awaitable<void> run(std::shared_ptr<workflow> self);
  asio::awaitable<void> report(std::shared_ptr<workflow> self, callback to);

private:
  void add(const std::string& status, const std::string& step);

  nlohmann::json order_;
  switches behavior_;
  std::vector<std::string> statuses_;
  asio::steady_timer pause_;
  asio::steady_timer news_; // never expires: cancelled when something was added
  bool has_ended_ = false;
  bool is_cancelled_ = false;
  bool had_a_stream_ = false;
};

class workflows {
public:
  explicit workflows(asio::io_context& on) : on_(on) {}

  /// The one with the order's `workflow_id`: started now, unless it was before.
  std::shared_ptr<workflow> start(const nlohmann::json& order, const switches& behavior,
                                  const callback& to);
  /// Null when there is none.
  std::shared_ptr<workflow> find(const std::string& id) const;
  /// How many were started.
  std::size_t started() const { return all_.size(); }

private:
  asio::io_context& on_;
  std::map<std::string, std::shared_ptr<workflow>> all_;
};

} // namespace core_manager
