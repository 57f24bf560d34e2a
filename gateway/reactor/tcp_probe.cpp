#include "gateway/reactor/tcp_probe.hpp"

#include "gateway/reactor/reactor_actor.hpp"

#include <algorithm>
#include <boost/asio/post.hpp>
#include <cerrno>
#include <fcntl.h>
#include <mutex>
#include <netdb.h>
#include <optional>
#include <poll.h>
#include <sys/socket.h>
#include <system_error>
#include <thread>
#include <unistd.h>
#include <utility>

namespace latchkey::gateway {
namespace {

using deadline_point = std::chrono::steady_clock::time_point;

int milliseconds_left(deadline_point deadline) {
  const auto left = deadline - std::chrono::steady_clock::now();
  const auto ms = std::chrono::ceil<std::chrono::milliseconds>(left).count();
  return static_cast<int>(std::max<std::chrono::milliseconds::rep>(ms, 0));
}

bool connects(const addrinfo& address, deadline_point deadline) {
  const int handle = ::socket(address.ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (handle < 0) return false;
  bool connected = ::connect(handle, address.ai_addr, address.ai_addrlen) == 0;
  if (!connected && errno == EINPROGRESS) {
    pollfd ready{handle, POLLOUT, 0};
    int error = 0;
    socklen_t size = sizeof(error);
    connected = ::poll(&ready, 1, milliseconds_left(deadline)) == 1 &&
                ::getsockopt(handle, SOL_SOCKET, SO_ERROR, &error, &size) == 0 && error == 0;
  }
  ::close(handle);
  return connected;
}

} // namespace

bool accepts_connections(const std::string& host, std::uint16_t port, deadline_point deadline) {
  addrinfo wanted{};
  wanted.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  if (::getaddrinfo(host.c_str(), std::to_string(port).c_str(), &wanted, &found) != 0) return false;
  const std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)> addresses{found, ::freeaddrinfo};
  for (const auto* address = found; address != nullptr; address = address->ai_next) {
    if (milliseconds_left(deadline) == 0) return false;
    if (connects(*address, deadline)) return true;
  }
  return false;
}

/// What the thread and the prober share. The prober goes first, or the answer comes.
struct tcp_prober::flight {
  std::mutex mutex;
  tcp_prober* asker = nullptr; // changed on the reactor's thread, under the mutex

  /// On the thread that asked.
  static void answer(const std::shared_ptr<flight>& self, bool accepts) {
    // While the prober is there, so is its reactor.
    std::lock_guard lock{self->mutex};
    if (self->asker == nullptr) return;
    boost::asio::post(self->asker->home_.context(), [self, accepts] {
      if (self->asker != nullptr) self->asker->land(accepts);
    });
  }
};

tcp_prober::tcp_prober(reactor& home, question ask, std::chrono::milliseconds limit)
    : home_(home), ask_(std::move(ask)), limit_(limit) {}

tcp_prober::~tcp_prober() {
  if (!flight_) return;
  std::lock_guard lock{flight_->mutex};
  flight_->asker = nullptr;
}

void tcp_prober::begin() {
  auto shared = std::make_shared<flight>();
  shared->asker = this;
  try {
    std::thread{[shared, ask = ask_, deadline = asked_ + limit_] {
      try {
        flight::answer(shared, ask(deadline));
      } catch (...) {
        // Out of memory: the limit answers.
      }
    }}.detach();
    flight_ = std::move(shared);
  } catch (const std::system_error&) {
    // No thread to be had: the limit answers.
  }
}

void tcp_prober::land(bool accepts) {
  flight_.reset();
  // Moved out first: the coroutine that continues may ask again.
  if (auto complete = std::exchange(waits_for_, {})) complete(accepts);
}

awaitable<bool> tcp_prober::is_accepting() {
  const auto now = std::chrono::steady_clock::now();
  if (asked_ != deadline_point{} && now < asked_ + answer_stands_for) co_return last_;
  // A thread that is still asking has had its time: no second one beside it.
  if (flight_ || waits_for_) co_return false;
  asked_ = now;
  std::optional<bool> answer;
  const wait_start start = [this, &answer](const waiter_ptr& waiting) {
    waits_for_ = [waiting, &answer](bool accepts) {
      if (waiting->is_waiting()) answer = accepts;
      waiting->finish();
    };
    begin();
    return true;
  };
  co_await wait_for(home_.timers(), asked_ + limit_, start);
  waits_for_ = {};
  last_ = answer.value_or(false);
  co_return last_;
}

} // namespace latchkey::gateway
