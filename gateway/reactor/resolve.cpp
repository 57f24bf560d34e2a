#include "gateway/reactor/resolve.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>

namespace latchkey::gateway {

result<std::string> numeric_address(const std::string& host) {
  boost::system::error_code problem;
  boost::asio::ip::make_address(host, problem);
  if (!problem) return host;
  boost::asio::io_context io;
  boost::asio::ip::tcp::resolver names{io};
  const auto found = names.resolve(host, "", problem);
  if (problem || found.empty())
    return fail(error_code::validation_error, "host",
                "cannot resolve " + host + ": " + problem.message());
  return found.begin()->endpoint().address().to_string();
}

result<void> check_port_is_free(const std::string& address, std::uint16_t port) {
  using boost::asio::ip::tcp;
  boost::asio::io_context io;
  tcp::acceptor probe{io};
  boost::system::error_code problem;
  const tcp::endpoint endpoint{boost::asio::ip::make_address(address, problem), port};
  if (!problem) probe.open(endpoint.protocol(), problem);
  // Connections that linger from an earlier run are in nobody's way.
  if (!problem) probe.set_option(tcp::acceptor::reuse_address{true}, problem);
  if (!problem) probe.bind(endpoint, problem);
  if (!problem) return {};
  return fail(error_code::internal_error, {},
              "cannot listen on " + address + ":" + std::to_string(port) + ": " +
                  problem.message());
}

} // namespace latchkey::gateway
