// access_tokens.cpp — what does a token cost? Nanoseconds for signing and verifying access
// and refresh tokens, beside a bare HMAC-SHA256 over the same bytes in the same run.
// Usage: bench_access_tokens [operations, 200000]
#include "protocol/tokens/jwt.hpp"
#include "protocol/tokens/refresh_token.hpp"

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <string>

namespace {

using namespace latchkey;

constexpr int rounds = 5;
constexpr long operations_max = 100'000'000;

/// The best of a few rounds, in nanoseconds: what is above it is somebody else's work.
template <class Operation>
double best_ns(long operations, Operation operation) {
  double best = 1e18;
  for (int round = 0; round < rounds; ++round) {
    auto start = std::chrono::steady_clock::now();
    for (long i = 0; i < operations; ++i)
      if (!operation()) std::abort();
    std::chrono::duration<double, std::nano> taken = std::chrono::steady_clock::now() - start;
    best = std::min(best, taken.count() / static_cast<double>(operations));
  }
  return best;
}

} // namespace

int main(int argc, char** argv) {
  long operations = argc > 1 ? std::strtol(argv[1], nullptr, 10) : 200'000;
  operations = std::clamp(operations, 1L, operations_max);
  const secret server_secret{std::string(32, 'k')};
  auto now = system_clock_source().now();
  auto now_s = std::chrono::floor<std::chrono::seconds>(now).time_since_epoch().count();
  auto key = hs256_key::make(server_secret).value();
  access_claims claims{user_id{make_uuid(now)},
                       123'456,
                       session_id{make_uuid(now)},
                       "access",
                       "user",
                       "https://auth.example.com",
                       "platform",
                       now_s,
                       now_s + 3600,
                       to_string(make_uuid(now)),
                       auth_method::password,
                       now_s};
  auto token = key.sign(claims);
  auto signed_part = std::string_view{token}.substr(0, token.rfind('.'));
  hmac_sha256_key bare{server_secret};
  refresh_keys refresh{server_secret};
  auto salt = random_bytes(32);
  auto refresh_text = refresh.issue(claims.sid, salt, 7);

  std::printf("token of %zu bytes\n", token.size());
  std::printf("bare HMAC      %7.0f ns\n",
              best_ns(operations, [&] { return !bytes_of(bare.mac(signed_part)).empty(); }));
  std::printf(
      "verify         %7.0f ns\n", best_ns(operations, [&] {
        return verify(token, key, claims.iss, claims.aud, now, std::chrono::seconds{0}).has_value();
      }));
  std::printf("sign           %7.0f ns\n",
              best_ns(operations, [&] { return key.sign(claims).size() == token.size(); }));
  std::printf("refresh check  %7.0f ns\n", best_ns(operations, [&] {
                auto parsed = parse_refresh_token(refresh_text.reveal());
                return parsed && refresh.check(*parsed, salt);
              }));
  std::printf("refresh issue  %7.0f ns\n", best_ns(operations, [&] {
                return refresh.issue(claims.sid, salt, 7) == refresh_text;
              }));
  return 0;
}
