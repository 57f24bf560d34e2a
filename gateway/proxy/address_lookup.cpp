#include "gateway/proxy/address_lookup.hpp"

#include <boost/asio/post.hpp>
#include <cstring>
#include <memory>
#include <mutex>
#include <netdb.h>
#include <system_error>
#include <thread>
#include <utility>

namespace latchkey::proxy {
namespace {

using boost::asio::ip::tcp;

address_lookup::endpoints resolved(const std::string& host, std::uint16_t port) {
  addrinfo wanted{};
  wanted.ai_socktype = SOCK_STREAM;
  wanted.ai_flags = AI_ADDRCONFIG;
  addrinfo* found = nullptr;
  const auto service = std::to_string(port);
  if (::getaddrinfo(host.c_str(), service.c_str(), &wanted, &found) != 0) return {};
  const std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)> all{found, ::freeaddrinfo};
  address_lookup::endpoints out;
  for (const auto* one = found; one != nullptr; one = one->ai_next) {
    tcp::endpoint where;
    if (one->ai_addrlen > where.capacity()) continue;
    std::memcpy(where.data(), one->ai_addr, one->ai_addrlen);
    where.resize(one->ai_addrlen);
    out.push_back(where);
  }
  return out;
}

} // namespace

/// What the thread and the lookup share. The lookup goes first, or the answer comes.
struct address_lookup::flight {
  std::mutex mutex;
  address_lookup* asker = nullptr; // changed on the reactor's thread, under the mutex

  /// On the thread that asked.
  static void answer(const std::shared_ptr<flight>& self, endpoints found) {
    // While the asker is there, so is its reactor.
    std::lock_guard lock{self->mutex};
    if (self->asker == nullptr) return;
    boost::asio::post(self->asker->io_, [self, found = std::move(found)] {
      if (self->asker != nullptr) self->asker->land(found);
    });
  }
};

address_lookup::address_lookup(boost::asio::io_context& io, std::string host, std::uint16_t port,
                               question ask)
    : io_(io), host_(std::move(host)), port_(port), ask_(ask ? std::move(ask) : resolved) {
  boost::system::error_code is_name;
  const auto address = boost::asio::ip::make_address(host_, is_name);
  is_numeric_ = !is_name;
  if (is_numeric_) known_.emplace_back(address, port_);
}

address_lookup::~address_lookup() {
  if (!flight_) return;
  std::lock_guard lock{flight_->mutex};
  flight_->asker = nullptr;
}

void address_lookup::begin() {
  auto shared = std::make_shared<flight>();
  shared->asker = this;
  try {
    std::thread{[shared, ask = ask_, host = host_, port = port_] {
      try {
        flight::answer(shared, ask(host, port));
      } catch (...) {
        // Out of memory: whoever waits has a deadline.
      }
    }}.detach();
    flight_ = std::move(shared);
  } catch (const std::system_error&) {
    // No thread to be had: the same.
  }
}

void address_lookup::land(endpoints found) {
  flight_.reset();
  known_ = std::move(found);
  found_at_ = std::chrono::steady_clock::now();
  waiting_.call_all();
}

awaitable<address_lookup::endpoints> address_lookup::find(deadline_point deadline) {
  const auto now = std::chrono::steady_clock::now();
  const bool stands = found_at_ != deadline_point{} && now < found_at_ + stands_for;
  if (is_numeric_ || (stands && !known_.empty())) co_return known_;
  if (!flight_) begin();
  turn_queue::place place(waiting_, io_);
  const bool was_found = co_await place.wait_until(deadline);
  if (was_found) co_return known_;
  co_return endpoints{};
}

} // namespace latchkey::proxy
