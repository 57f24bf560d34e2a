// http_fixed.cpp — what the HTTP edge alone costs: one reactor that answers GET /fixed with
// a body that never changes. Compare with a server that does nothing else, the same bytes:
// bench/fixed_versus_nginx.sh does it, server on one core, generator on the other.
#include "gateway/http/connection/http_server.hpp"

#include <cstdio>
#include <cstdlib>
#include <string>

namespace {

using namespace latchkey;

awaitable<http::response> fixed(http::exchange&) {
  // The size of GET /auth/me's answer.
  co_return http::json_response(
      200, R"({"id":1,"username":"testuser","email":"test@example.com","first_name":"Test",)"
           R"("last_name":"User","is_active":true,"is_superuser":false})");
}

} // namespace

int main(int argc, char** argv) {
  auto port = static_cast<std::uint16_t>(argc > 1 ? std::atoi(argv[1]) : 0);
  boost::asio::io_context io{BOOST_ASIO_CONCURRENCY_HINT_UNSAFE_IO};
  timer_wheel wheel{io};
  http::route only;
  only.pattern = "/fixed";
  only.needs.open_to = http::access::anyone;
  only.handle = fixed;
  auto table = http::router::make({only});
  http::http_server_options options;
  options.routes = std::make_shared<const http::router>(std::move(*table));
  http::http_server server{io, wheel, std::move(options)};
  if (auto listening = server.listen("127.0.0.1", port); !listening) {
    std::fprintf(stderr, "%s\n", listening.error().reason.c_str());
    return 1;
  }
  server.accept();
  std::printf("port %u\n", unsigned{server.port()});
  std::fflush(stdout);
  io.run();
}
