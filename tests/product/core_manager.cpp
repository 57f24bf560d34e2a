#include "tests/product/core_manager.hpp"

#include <algorithm>
#include <arpa/inet.h>
#include <netinet/in.h>
#include <random>
#include <sys/socket.h>
#include <unistd.h>

namespace latchkey::test {
namespace {

std::vector<std::string> words_of(const std::vector<std::string>& more) {
  std::vector<std::string> words{LATCHKEY_CORE_MANAGER};
  words.insert(words.end(), more.begin(), more.end());
  return words;
}

} // namespace

core_manager::core_manager(const std::string& folder, const std::vector<std::string>& more)
    : child_(words_of(more), {}, folder) {
  const auto line = child_.out_until("\n");
  port_ = static_cast<std::uint16_t>(std::stoi(line.substr(line.rfind(':') + 1)));
}

void core_manager::behave(const json& behaviour) const {
  const auto reply = exchange(port_, put_json("/control", behaviour.dump()));
  EXPECT_EQ(reply.status, 200) << reply.body;
}

json core_manager::seen() const {
  return json_of(exchange(port_, get("/control/requests")));
}

void core_manager::forget() const {
  EXPECT_EQ(exchange(port_, delete_("/control/requests")).status, 204);
}

int core_manager::workflows_started() const {
  return json_of(exchange(port_, get("/control/workflows")))["started"];
}

std::vector<std::string> calling_back(std::uint16_t port, const std::string& service_key) {
  return {"--callback", "127.0.0.1:" + std::to_string(port), "--service-key", service_key};
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

std::vector<std::string> values_of(const json& request, const std::string& name) {
  const auto lower = [](std::string text) {
    std::ranges::transform(text, text.begin(), [](unsigned char c) { return std::tolower(c); });
    return text;
  };
  std::vector<std::string> found;
  for (const auto& line : request.at("headers"))
    if (lower(line.at(0)) == lower(name)) found.push_back(line.at(1));
  return found;
}

} // namespace latchkey::test
