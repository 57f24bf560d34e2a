#include "gateway/proxy/upstream/address_lookup.hpp"

#include "config/log.hpp"

#include <algorithm>
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
  for (const auto* found_address = found; found_address != nullptr;
       found_address = found_address->ai_next) {
    tcp::endpoint endpoint;
    if (found_address->ai_addrlen > endpoint.capacity()) continue;
    std::memcpy(endpoint.data(), found_address->ai_addr, found_address->ai_addrlen);
    endpoint.resize(found_address->ai_addrlen);
    out.push_back(endpoint);
  }
  return out;
}

} // namespace

void found_addresses::keep(endpoints found) {
  std::lock_guard lock{mutex_};
  found_ = std::move(found);
}

found_addresses::endpoints found_addresses::get() const {
  std::lock_guard lock{mutex_};
  return found_;
}

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
                               std::shared_ptr<found_addresses> shared)
    : address_lookup(io, std::move(host), port, std::move(shared), resolved, durations{}) {}

address_lookup::address_lookup(boost::asio::io_context& io, std::string host, std::uint16_t port,
                               std::shared_ptr<found_addresses> shared, question ask,
                               const durations& how_long)
    : io_(io), host_(std::move(host)), port_(port), shared_(std::move(shared)),
      ask_(std::move(ask)), how_long_(how_long) {
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
        // Out of memory: the calls that wait have deadlines.
      }
    }}.detach();
    flight_ = std::move(shared);
  } catch (const std::system_error&) {
    // No thread to be had: the same.
  }
}

void address_lookup::land(endpoints found) {
  flight_.reset();
  const bool failed_before = std::exchange(has_failed_, found.empty());
  asked_at_ = std::chrono::steady_clock::now();
  if (has_failed_) {
    known_ = shared_->get();
  } else {
    known_ = std::move(found);
    shared_->keep(known_);
  }
  if (has_failed_ && !failed_before)
    log_warning("proxy", host_, " cannot be looked up",
                known_.empty() ? "" : "; the addresses found last stay in use");
  if (!has_failed_ && failed_before) log_info("proxy", host_, " can be looked up again");
  waiting_.call_all();
}

bool address_lookup::is_fresh() const {
  if (is_numeric_) return true;
  const auto stands = has_failed_ ? how_long_.asked_again_after : how_long_.stands_for;
  return asked_at_ != deadline_point{} && std::chrono::steady_clock::now() < asked_at_ + stands;
}

void address_lookup::refresh() {
  if (!is_fresh() && !flight_) begin();
}

bool address_lookup::has(const boost::asio::ip::tcp::endpoint& endpoint) const {
  return known_.empty() || std::ranges::find(known_, endpoint) != known_.end();
}

awaitable<address_lookup::endpoints> address_lookup::find(deadline_point deadline) {
  if (!known_.empty() && is_fresh()) co_return known_;
  if (!flight_) begin();
  if (known_.empty()) known_ = shared_->get();
  if (!known_.empty()) {
    // A resolver that has just failed is not waited for.
    if (has_failed_) co_return known_;
    deadline = std::min(deadline, std::chrono::steady_clock::now() + how_long_.patience);
  }
  turn_queue::slot slot(waiting_, io_);
  co_await slot.wait_until(deadline);
  co_return known_;
}

} // namespace latchkey::proxy
