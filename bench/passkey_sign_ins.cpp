// passkey_sign_ins.cpp — how many sign-ins by passkey does a server answer, and how soon? Each is
// whole: a challenge is asked for, signed, and given back. The passkeys are used in turn.
// Usage: bench_passkey_sign_ins PORT ORIGIN KEYS CONNECTIONS SECONDS [SIGN_INS_A_SECOND [BEGIN]]
//        KEYS: of bench_passkey_users; BEGIN: the number of the passkey that comes first
//        bench_passkey_sign_ins answer ORIGIN KEYS CHALLENGE: the body of one sign-in
// Without a rate each connection begins the next sign-in when the last one is answered. With one,
// sign-ins begin at that rate whatever the server does, and what they take is counted from when
// they were to begin. Prints NAME=VALUE, a line each.
#include "bench/live_load.hpp"
#include "bench/quick_signer.hpp"
#include "protocol/ids.hpp"
#include "protocol/text/text_codec.hpp"
#include "protocol/tokens/passkey_challenge.hpp"
#include "protocol/tokens/sha256.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <deque>
#include <fstream>
#include <optional>
#include <string>
#include <string_view>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <vector>

namespace {

using namespace latchkey;
using namespace latchkey::bench;
using clock_type = std::chrono::steady_clock;

constexpr std::size_t nonces = 4096;
constexpr auto answer_wait_max = std::chrono::seconds(10);

// -- the authenticator with its browser -----------------------------------------------------

struct passkey {
  std::string user_handle; // base64url
  std::string credential;  // base64url
  number key;
  std::uint32_t sign_count = 0;
};

std::vector<passkey> read_passkeys(const char* path) {
  std::ifstream lines{path};
  std::vector<passkey> out;
  std::string user;
  std::string credential;
  std::string key;
  while (lines >> user >> credential >> key) {
    const auto id = parse_uuid(user);
    if (!id) die("the keys name no user");
    out.push_back(
        {base64url_encode(user_handle_of(user_id{*id})), credential, private_key_from(key)});
  }
  if (out.empty()) die("there are no keys");
  return out;
}

/// Higher than whatever an earlier run has shown: tenths of a second since 2020, unless a passkey
/// is used more often than that.
std::uint32_t next_sign_count(std::uint32_t last) {
  constexpr std::time_t year_2020 = 1'577'836'800;
  static const auto begun = static_cast<std::uint32_t>((std::time(nullptr) - year_2020) * 10);
  return std::max(begun, last) + 1;
}

class authenticator {
public:
  explicit authenticator(std::string origin)
      : origin_(std::move(origin)), rp_id_hash_(sha256(host_of(origin_))), signer_(nonces) {}

  /// The body of POST /auth/passkeys/sign-in.
  std::string answer(passkey& shown, std::string_view challenge) {
    shown.sign_count = next_sign_count(shown.sign_count);
    auto client = R"({"type":"webauthn.get","challenge":")" + std::string{challenge};
    client += R"(","origin":")" + origin_ + R"(","crossOrigin":false})";
    auto data = rp_id_hash_ + '\x05'; // present and verified
    for (int shift = 24; shift >= 0; shift -= 8)
      data += static_cast<char>(shown.sign_count >> shift & 0xFFU);
    const auto signature = signer_.sign(data + sha256(client), shown.key);
    std::string out = R"({"credential":{"id":")" + shown.credential;
    out += R"(","rawId":")" + shown.credential;
    out += R"(","type":"public-key","clientExtensionResults":{},"response":{"clientDataJSON":")";
    append_base64url(out, client);
    out += R"(","authenticatorData":")";
    append_base64url(out, data);
    out += R"(","signature":")";
    append_base64url(out, signature);
    out += R"(","userHandle":")" + shown.user_handle + R"("}}})";
    return out;
  }

private:
  static std::string_view host_of(std::string_view origin) {
    const auto host = origin.substr(origin.find("://") + 3);
    return host.substr(0, host.find(':'));
  }

  std::string origin_;
  std::string rp_id_hash_;
  quick_signer signer_;
};

// -- the load -------------------------------------------------------------------------------

std::string post(std::string_view path, std::string_view body) {
  std::string out = "POST ";
  (out += path) += " HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
                   "Content-Length: ";
  return (out += std::to_string(body.size()) + "\r\n\r\n") += body;
}

struct connection {
  enum class stage : std::uint8_t { idle, asked, shown };

  int fd = -1;
  stage at = stage::idle;
  std::string input;
  passkey* with = nullptr;
  clock_type::time_point begun;
};

struct findings {
  std::size_t in_time = 0;      // answered before the time was over
  std::vector<double> taken_ms; // of all
  std::size_t waiting_max = 0;  // sign-ins that had no connection to go over
};

class load {
public:
  load(int port, authenticator& device, std::vector<passkey>& passkeys, int connections,
       std::size_t first)
      : device_(device), passkeys_(passkeys), next_(first),
        events_(::epoll_create1(EPOLL_CLOEXEC)) {
    if (static_cast<std::size_t>(connections) > passkeys.size())
      die("a passkey would be used twice at a time");
    for (int i = 0; i < connections; ++i) {
      connection one;
      one.fd = connected(port, i);
      all_.push_back(std::move(one));
    }
    for (std::size_t i = 0; i < all_.size(); ++i) {
      epoll_event interest{};
      interest.events = EPOLLIN;
      interest.data.u32 = static_cast<std::uint32_t>(i);
      ::epoll_ctl(events_, EPOLL_CTL_ADD, all_[i].fd, &interest);
      idle_.push_back(&all_[i]);
    }
  }

  /// `rate` sign-ins a second, or nothing for as many as are answered.
  findings run(std::chrono::seconds how_long, std::optional<double> rate) {
    const auto begun = clock_type::now();
    end_ = begun + how_long;
    is_paced_ = rate.has_value();
    const std::chrono::duration<double> pause{1.0 / rate.value_or(1.0)};
    const auto due_at = [&](std::size_t i) {
      return begun +
             std::chrono::duration_cast<clock_type::duration>(pause * static_cast<double>(i));
    };
    for (std::size_t due = 0;;) {
      const auto now = clock_type::now();
      if (is_paced_)
        for (; due_at(due) <= now && due_at(due) < end_; ++due)
          waiting_.push_back(due_at(due));
      else if (now < end_)
        waiting_.resize(idle_.size(), now);
      begin_waiting();
      if (now >= end_ && idle_.size() == all_.size() && waiting_.empty()) return found_;
      wait(is_paced_ && now < end_ ? std::min(due_at(due), end_) - now : answer_wait_max);
    }
  }

private:
  void begin_waiting() {
    for (; !waiting_.empty() && !idle_.empty(); waiting_.pop_front(), idle_.pop_back()) {
      auto& one = *idle_.back();
      one.at = connection::stage::asked;
      one.begun = waiting_.front();
      one.with = &passkeys_[next_++ % passkeys_.size()];
      send_all(one.fd, challenge_request_);
    }
    found_.waiting_max = std::max(found_.waiting_max, waiting_.size());
  }

  void wait(clock_type::duration longest) {
    const auto ns = std::max<std::int64_t>(
        std::chrono::duration_cast<std::chrono::nanoseconds>(longest).count(), 0);
    timespec limit{};
    limit.tv_sec = ns / 1'000'000'000;
    limit.tv_nsec = ns % 1'000'000'000;
    std::array<epoll_event, 256> ready{};
    const int woken =
        ::epoll_pwait2(events_, ready.data(), static_cast<int>(ready.size()), &limit, nullptr);
    if (woken < 0 && errno != EINTR) die("cannot wait for answers");
    if (woken == 0 && longest == answer_wait_max) die("nothing is answered any more");
    for (int i = 0; i < woken; ++i)
      receive(all_[ready[static_cast<std::size_t>(i)].data.u32]);
  }

  void receive(connection& one) {
    std::array<char, 8192> bytes{};
    const auto got = ::recv(one.fd, bytes.data(), bytes.size(), 0);
    if (got <= 0) die("the server closed a connection");
    one.input.append(bytes.data(), static_cast<std::size_t>(got));
    const auto size = answer_bytes(one.input);
    if (size == 0) return;
    if (size != one.input.size()) die("an answer came that nobody asked for");
    if (!one.input.starts_with("HTTP/1.1 200 ")) die("refused: " + one.input);
    if (one.at == connection::stage::asked)
      show(one);
    else
      finish(one);
    one.input.clear();
  }

  void show(connection& one) {
    constexpr std::string_view name = R"("challenge":")";
    const auto at = one.input.find(name);
    if (at == std::string::npos) die("there is no challenge: " + one.input);
    const auto rest = std::string_view{one.input}.substr(at + name.size());
    one.at = connection::stage::shown;
    const auto body = device_.answer(*one.with, rest.substr(0, rest.find('"')));
    send_all(one.fd, post("/auth/passkeys/sign-in", body));
  }

  void finish(connection& one) {
    const auto now = clock_type::now();
    const std::chrono::duration<double, std::milli> taken = now - one.begun;
    found_.taken_ms.push_back(taken.count());
    if (now < end_) ++found_.in_time;
    one.at = connection::stage::idle;
    idle_.push_back(&one);
  }

  const std::string challenge_request_ = post("/auth/passkeys/challenge", "{}");
  authenticator& device_;
  std::vector<passkey>& passkeys_;
  std::size_t next_;
  int events_;
  std::vector<connection> all_;
  std::vector<connection*> idle_;
  std::deque<clock_type::time_point> waiting_; // when they were to begin
  bool is_paced_ = false;
  clock_type::time_point end_;
  findings found_;
};

double busy_seconds() {
  timespec used{};
  ::clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &used);
  return static_cast<double>(used.tv_sec) + static_cast<double>(used.tv_nsec) * 1e-9;
}

} // namespace

int main(int argc, char** argv) {
  if (argc == 5 && argv[1] == std::string_view{"answer"}) {
    auto passkeys = read_passkeys(argv[3]);
    std::printf("%s\n", authenticator{argv[2]}.answer(passkeys.front(), argv[4]).c_str());
    return 0;
  }
  if (argc < 6 || argc > 8) die("PORT ORIGIN KEYS CONNECTIONS SECONDS [SIGN_INS_A_SECOND [BEGIN]]");
  auto passkeys = read_passkeys(argv[3]);
  authenticator device{argv[2]};
  const std::chrono::seconds how_long{std::atoi(argv[5])};
  const double asked_rate = argc > 6 ? std::atof(argv[6]) : 0;
  const std::size_t first = argc > 7 ? std::strtoul(argv[7], nullptr, 10) : 0;
  load all{std::atoi(argv[1]), device, passkeys, std::atoi(argv[4]), first};
  const auto busy = busy_seconds();
  const auto begun = clock_type::now();
  auto found = all.run(how_long, asked_rate > 0 ? std::optional{asked_rate} : std::nullopt);
  const std::chrono::duration<double> took = clock_type::now() - begun;
  auto& taken = found.taken_ms;
  if (taken.empty()) die("nothing was answered");
  std::sort(taken.begin(), taken.end());
  const auto at = [&](double share) {
    return taken[std::min(taken.size() - 1,
                          static_cast<std::size_t>(share * static_cast<double>(taken.size())))];
  };
  std::printf("sign_ins=%zu\n", taken.size());
  std::printf("rate=%.0f\n",
              static_cast<double>(found.in_time) / static_cast<double>(how_long.count()));
  std::printf("p50_ms=%.2f\np99_ms=%.2f\nmax_ms=%.2f\n", at(0.5), at(0.99), taken.back());
  std::printf("waiting_max=%zu\n", found.waiting_max);
  std::printf("next=%zu\n", (first + taken.size()) % passkeys.size());
  std::printf("generator_busy=%.2f\n", (busy_seconds() - busy) / took.count());
  return 0;
}
