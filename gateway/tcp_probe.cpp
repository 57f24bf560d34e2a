#include "gateway/tcp_probe.hpp"

#include <boost/asio/connect.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/redirect_error.hpp>
#include <memory>
#include <string>

namespace latchkey::gateway {
namespace {

using tcp = boost::asio::ip::tcp;
using resolver = boost::asio::ip::basic_resolver<tcp, reactor_executor>;
using probe_socket = boost::asio::basic_stream_socket<tcp, reactor_executor>;

struct host_and_port {
  std::string host, port;
};

/// `url` passed the settings' check already.
host_and_port split(std::string_view url) {
  const bool tls = url.starts_with("https:");
  url.remove_prefix(url.find("//") + 2);
  url = url.substr(0, url.find('/'));
  const auto colon = url.rfind(':');
  const bool has_port = colon != url.npos && url.find(']', colon) == url.npos;
  auto host = has_port ? url.substr(0, colon) : url;
  if (host.starts_with('[')) host = host.substr(1, host.size() - 2);
  if (has_port) return {std::string{host}, std::string{url.substr(colon + 1)}};
  return {std::string{host}, tls ? "443" : "80"};
}

/// Closes what is still going on when the time is up.
class time_limit : timer_wheel::entry {
public:
  time_limit(reactor& home, std::chrono::steady_clock::time_point deadline, resolver& names,
             probe_socket& socket)
      : entry(&time_limit::on_expiry), names_(names), socket_(socket) {
    home.timers().schedule(*this, deadline - std::chrono::steady_clock::now());
  }

private:
  static void on_expiry(entry& e) noexcept {
    auto& self = static_cast<time_limit&>(e);
    boost::system::error_code ignored;
    self.names_.cancel();
    self.socket_.close(ignored);
  }
  resolver& names_;
  probe_socket& socket_;
};

} // namespace

awaitable<bool> accepts_connections(reactor& home, std::string_view url,
                                    std::chrono::steady_clock::time_point deadline) {
  const auto where = split(url);
  resolver names{home.context()};
  probe_socket socket{home.context()};
  const time_limit limit{home, deadline, names, socket};
  boost::system::error_code problem;
  auto token = boost::asio::redirect_error(use_awaitable, problem);
  const auto addresses = co_await names.async_resolve(where.host, where.port, token);
  if (problem) co_return false;
  co_await boost::asio::async_connect(socket, addresses, token);
  co_return !problem;
}

} // namespace latchkey::gateway
