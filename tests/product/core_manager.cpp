#include "tests/product/core_manager.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <random>
#include <stdexcept>
#include <sys/socket.h>
#include <unistd.h>

namespace latchkey::test {

core_manager::core_manager(std::optional<std::uint16_t> calls_back,
                           const std::string& service_key) {
  std::vector<std::string> words{LATCHKEY_CORE_MANAGER};
  if (calls_back)
    words.insert(words.end(), {"--callback", "127.0.0.1:" + std::to_string(*calls_back),
                               "--service-key", service_key});
  child_ = std::make_unique<child_process>(words, environment{}, testing::TempDir());
  const auto line = child_->out_until("\n");
  port_ = static_cast<std::uint16_t>(std::stoi(line.substr(line.rfind(':') + 1)));
}

void core_manager::set(const json& switches) const {
  const auto reply = ask(put_json("/control", switches.dump()));
  if (reply.status != 200) throw std::runtime_error("no such switch: " + reply.body);
}

json core_manager::requests() const {
  return json::parse(ask(get("/control/requests")).body);
}

void core_manager::forget_requests() const {
  ask(delete_("/control/requests"));
}

int core_manager::workflows_started() const {
  return json::parse(ask(get("/control/workflows")).body)["started"];
}

std::uint16_t free_port() {
  // Below those that the system gives to connections: nobody takes it meanwhile by chance.
  std::random_device any;
  std::uniform_int_distribution<int> choose{10'000, 32'000};
  for (;;) {
    const auto port = static_cast<std::uint16_t>(choose(any));
    const int socket = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in at{};
    at.sin_family = AF_INET;
    at.sin_port = htons(port);
    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    const bool is_free = ::bind(socket, reinterpret_cast<const sockaddr*>(&at), sizeof at) == 0;
    ::close(socket);
    if (is_free) return port;
  }
}

} // namespace latchkey::test
