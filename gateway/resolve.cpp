#include "gateway/resolve.hpp"

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

} // namespace latchkey::gateway
