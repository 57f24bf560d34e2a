// Whether a neighbour listens: within the limit, whatever the neighbour and the resolver do,
// and never beyond the end of whoever asks.
#include "gateway/reactor/tcp_probe.hpp"

#include "tests/gateway/reactor/reactor_fixture.hpp"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

namespace latchkey::gateway::test {
namespace {

using namespace std::chrono_literals;

class loopback_socket {
public:
  loopback_socket() : handle_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    address_.sin_family = AF_INET;
    address_.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof(address_);
    if (::bind(handle_, reinterpret_cast<sockaddr*>(&address_), size) != 0 ||
        ::getsockname(handle_, reinterpret_cast<sockaddr*>(&address_), &size) != 0)
      throw std::runtime_error("bind failed");
  }
  ~loopback_socket() {
    for (int descriptor : crowd_)
      ::close(descriptor);
    ::close(handle_);
  }
  loopback_socket(const loopback_socket&) = delete;
  loopback_socket& operator=(const loopback_socket&) = delete;

  void listen(int backlog) { ASSERT_EQ(::listen(handle_, backlog), 0); }
  /// Nobody accepts: once the backlog is full, the system leaves who comes without an answer.
  void fill_backlog() {
    listen(0);
    for (int i = 0; i < 4; ++i) {
      crowd_.push_back(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
      ::connect(crowd_.back(), reinterpret_cast<sockaddr*>(&address_), sizeof(address_));
    }
  }
  std::uint16_t port() const { return ntohs(address_.sin_port); }

private:
  int handle_;
  sockaddr_in address_{};
  std::vector<int> crowd_;
};

/// A resolver that hangs until it is released; shared with the thread that it holds.
struct hanging {
  std::promise<void> release;
  std::shared_future<void> released = release.get_future().share();
  std::atomic<int> asked = 0;
  std::atomic<int> ended = 0;

  static tcp_prober::question question(const std::shared_ptr<hanging>& self) {
    return [self](std::chrono::steady_clock::time_point) {
      ++self->asked;
      self->released.wait();
      ++self->ended;
      return true;
    };
  }
  bool wait_until_ended(int count) const {
    const auto until = in(patience);
    while (ended < count && std::chrono::steady_clock::now() < until)
      std::this_thread::yield();
    return ended == count;
  }
};

TEST(TcpProbe, ThatNobodyAnswersEndsAtItsDeadline) {
  const watchdog limit{patience};
  loopback_socket neighbour;
  neighbour.fill_backlog();
  EXPECT_FALSE(accepts_connections("127.0.0.1", neighbour.port(), in(100ms)));
}

TEST(TcpProbe, TellsAListenerFromNone) {
  loopback_socket silent, listening;
  listening.listen(8);
  EXPECT_FALSE(accepts_connections("127.0.0.1", silent.port(), in(patience)));
  EXPECT_TRUE(accepts_connections("127.0.0.1", listening.port(), in(patience)));
  // Every address of a name has its turn: [::1] refuses where it is tried first.
  EXPECT_TRUE(accepts_connections("localhost", listening.port(), in(patience)));
  EXPECT_FALSE(accepts_connections("127.0.0.1", listening.port(), in(-1s)));
}

TEST(TcpProber, AnswersAtItsLimitWhileTheResolverHangs) {
  const auto resolver = std::make_shared<hanging>();
  reactor_fixture f;
  std::unique_ptr<tcp_prober> prober;
  f.on_reactor(0, [&] {
     prober = std::make_unique<tcp_prober>(f.at(0), hanging::question(resolver), 20ms);
   }).get();
  const auto ask = [&](reactor_edge&) { return prober->is_accepting(); };
  EXPECT_FALSE(f.run(0, ask));
  EXPECT_FALSE(f.run(0, ask)); // the answer stands; nobody asks again
  EXPECT_EQ(f.at(0).timers().size(), 0u);
  resolver->release.set_value();
  EXPECT_TRUE(resolver->wait_until_ended(1));
  EXPECT_EQ(resolver->asked, 1);
  f.on_reactor(0, [&] { prober.reset(); }).get();
}

TEST(TcpProber, PassesTheAnswerOn) {
  reactor_fixture f;
  std::atomic<int> asked = 0;
  for (const bool accepts : {true, false}) {
    std::unique_ptr<tcp_prober> prober;
    f.on_reactor(0, [&] {
       const auto question = [&asked, accepts](auto) { return ++asked > 0 && accepts; };
       prober = std::make_unique<tcp_prober>(f.at(0), question, patience);
     }).get();
    const auto ask = [&](reactor_edge&) { return prober->is_accepting(); };
    EXPECT_EQ(f.run(0, ask), accepts);
    EXPECT_EQ(f.run(0, ask), accepts);
    f.on_reactor(0, [&] { prober.reset(); }).get();
  }
  EXPECT_GE(asked, 2);
}

TEST(TcpProber, DestroysWhoeverWaitsAtItsEnd) {
  const auto resolver = std::make_shared<hanging>();
  std::atomic<int> frames = 0;
  std::atomic<int> continued = 0;
  {
    const watchdog limit{patience};
    reactor_fixture f;
    auto prober = std::make_shared<std::unique_ptr<tcp_prober>>();
    const auto talk = [&](tcp_prober& asked) -> awaitable<> {
      const frame_guard frame{frames};
      const bool accepts = co_await asked.is_accepting();
      continued += accepts ? 2 : 1;
    };
    f.on_reactor(0, [&] {
       *prober = std::make_unique<tcp_prober>(f.at(0), hanging::question(resolver), patience);
       boost::asio::co_spawn(
           f.at(0).context(), [&] { return talk(**prober); }, boost::asio::detached);
     }).get();
    EXPECT_TRUE(f.wait_until(0, [&] { return resolver->asked == 1; }));
    EXPECT_EQ(frames, 1);
    f.on_reactor(0, [&] { prober->reset(); }).get();
    EXPECT_TRUE(f.wait_until(0, [&] { return frames == 0; }));
    EXPECT_EQ(f.at(0).timers().size(), 0u);
    // The whole system ends, and nobody waits for the resolver.
  }
  EXPECT_EQ(resolver->ended, 0);
  resolver->release.set_value();
  EXPECT_TRUE(resolver->wait_until_ended(1));
  EXPECT_EQ(continued, 0);
}

} // namespace
} // namespace latchkey::gateway::test
