// overload_test.cpp — 2,000 people sign in at once: memory stays bounded, who is refused is
// told when to come back, who is signed in notices nothing.
#include "tests/product/product.hpp"

#include <fstream>
#include <thread>

namespace latchkey::test {
namespace {

constexpr std::size_t sign_ins = 2000;
constexpr std::size_t queue_max = 64;
constexpr long hash_kib = 19 * 1024; // ARGON2_MEMORY_KIB's default is a little less
constexpr long slack_kib = 64 * 1024;
constexpr std::chrono::seconds deadline{30}; // REQUEST_TIMEOUT's default

long status_kib(pid_t process, const std::string& name) {
  std::ifstream status("/proc/" + std::to_string(process) + "/status");
  for (std::string line; std::getline(status, line);)
    if (line.starts_with(name + ":")) return std::stol(line.substr(name.size() + 1));
  throw std::runtime_error("no " + name);
}

/// From now on VmHWM is the peak since now (proc(5), clear_refs).
void reset_peak(pid_t process) {
  std::ofstream("/proc/" + std::to_string(process) + "/clear_refs") << "5";
}

class Overload : public testing::TestWithParam<std::string> {};
LATCHKEY_ON_BOTH_ENGINES(Overload);

/// Somebody who is signed in and asks for their profile, over and over.
class onlooker {
public:
  onlooker(std::uint16_t port, const std::string& access_token)
      : thread_([this, port, access_token] {
          try {
            http_connection peer{port};
            while (!stop_) {
              if (peer.exchange(get("/auth/me").as(access_token)).status == 200)
                ++answered_;
              else
                ++failed_;
            }
          } catch (const std::runtime_error&) {
            ++failed_;
          }
        }) {}
  ~onlooker() { stop(); }
  onlooker(const onlooker&) = delete;
  onlooker& operator=(const onlooker&) = delete;
  void stop() {
    stop_ = true;
    if (thread_.joinable()) thread_.join();
  }
  int answered() const { return answered_; }
  int failed() const { return failed_; }

private:
  std::atomic<bool> stop_{false};
  std::atomic<int> answered_{0};
  std::atomic<int> failed_{0};
  std::thread thread_; // last: it uses the others
};

TEST_P(Overload, RefusesWhatItCannotHashAndAnswersEverybodyElse) {
  test_store store{GetParam()};
  const environment real{
      {"HASH_WORKERS", "1"},
      {"HASH_QUEUE_MAX", std::to_string(queue_max)}, // a quarter of its default, to be quick
      {"LOGIN_FAILURE_LIMIT", "0"},                  // or one account's own queue is in front,
      {"LOGIN_FAILURES_IN_A_ROW", "0"},              // by either of its limits
      {"ARGON2_MEMORY_KIB", ""},
      {"ARGON2_ITERATIONS", ""}};
  product instance{std::move(store), real};
  const auto name = new_name();
  instance.add_user(name);
  const auto held = instance.sign_in(name);
  EXPECT_EQ(instance.server->stop(), 0);
  instance.start(); // so that "idle" has never hashed anything

  const auto idle_kib = status_kib(instance.server->id(), "VmRSS");
  reset_peak(instance.server->id());
  const std::vector<http_call> calls(sign_ins, post_json("/auth/token", credentials(name).dump()));
  onlooker meanwhile{instance.server->port(), held.access};
  const auto answers = in_parallel(instance.server->port(), calls);
  meanwhile.stop();
  const auto peak_kib = status_kib(instance.server->id(), "VmHWM");

  std::size_t signed_in = 0;
  std::size_t refused = 0;
  std::chrono::steady_clock::duration slowest{};
  for (const auto& [reply, after] : answers) {
    slowest = std::max(slowest, after);
    if (reply.status == 200) {
      ++signed_in;
      continue;
    }
    ++refused;
    ASSERT_TRUE(is_error(reply, 503, "OVERLOADED"));
    ASSERT_GE(std::stoi("0" + reply.header("Retry-After")), 1);
  }
  EXPECT_EQ(signed_in + refused, sign_ins);
  EXPECT_GE(signed_in, queue_max);
  EXPECT_GT(refused, 0u);
  EXPECT_LT(slowest, deadline);
  EXPECT_EQ(meanwhile.failed(), 0);
  EXPECT_GT(meanwhile.answered(), 20);
  EXPECT_EQ(instance.metric(R"(overload_refusals_total{kind="hashing"})"),
            static_cast<double>(refused));
#ifndef __SANITIZE_ADDRESS__ // its shadow and quarantine are no memory of ours
  EXPECT_LE(peak_kib - idle_kib, hash_kib + slack_kib) << "idle " << idle_kib << " KiB";
#endif
  RecordProperty("grown_kib", static_cast<int>(peak_kib - idle_kib));

  // And it is over when it is over.
  EXPECT_EQ(instance.status_of_me(held.access), 200);
  EXPECT_FALSE(instance.sign_in(name).access.empty());
  EXPECT_EQ(instance.server->stop(), 0);
}

} // namespace
} // namespace latchkey::test
