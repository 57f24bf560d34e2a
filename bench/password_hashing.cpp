// password_hashing.cpp — does our engine hash as fast as libsodium itself can?
//
// Pairs A B A B …, each a number of hashes on one thread, and the median of the paired
// ratios: absolute rates differ from machine to machine and from minute to minute.
//   A  crypto_pwhash in a plain loop, its mapping kept
//   B  password_hasher_engine::verify, what a login does
//   C  crypto_pwhash in a plain loop as libsodium comes, for reference
// Usage: bench_password_hashing [pairs, 5] [hashes a measurement, 100]
//        bench_password_hashing raw SECONDS: A's rate alone, a number, for other benchmarks
#include "actors/password/password_hash.hpp"
#include "actors/password/password_hash_memory.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <sodium.h>
#include <string>
#include <string_view>
#include <vector>

namespace {

constexpr latchkey::argon2_cost cost{};
constexpr std::size_t memory_bytes = std::size_t{cost.memory_kib} * 1024;
constexpr int pairs_max = 1000;
constexpr int hashes_max = 100'000;
constexpr int seconds_max = 600;
const std::string password = "correct horse battery staple";

void require(bool succeeded, const char* what) {
  if (succeeded) return;
  std::fprintf(stderr, "%s failed\n", what);
  std::exit(1);
}

template <class Operation>
double rate(int hashes, Operation operation) {
  auto start = std::chrono::steady_clock::now();
  for (int i = 0; i < hashes; ++i)
    operation();
  std::chrono::duration<double> taken = std::chrono::steady_clock::now() - start;
  return hashes / taken.count();
}

void hash_raw() {
  static const std::array<unsigned char, crypto_pwhash_SALTBYTES> salt{1, 2, 3};
  std::array<unsigned char, 32> out;
  require(crypto_pwhash(out.data(), out.size(), password.data(), password.size(), salt.data(),
                        cost.iterations, memory_bytes, crypto_pwhash_ALG_ARGON2ID13) == 0,
          "crypto_pwhash");
}

double median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  return values[values.size() / 2];
}

int number_from(const char* text, int highest) {
  return std::clamp(static_cast<int>(std::strtol(text, nullptr, 10)), 1, highest);
}

double raw_rate_for(int seconds) {
  latchkey::kept_mapping mapping{memory_bytes};
  latchkey::kept_mapping::lending lending{mapping};
  hash_raw(); // pages and caches as they will be
  require(mapping.uses() > 0, "keeping libsodium's mapping (linked without --wrap?)");
  auto start = std::chrono::steady_clock::now();
  std::chrono::duration<double> taken{};
  int hashes = 0;
  for (; taken.count() < seconds; ++hashes) {
    hash_raw();
    taken = std::chrono::steady_clock::now() - start;
  }
  return hashes / taken.count();
}

} // namespace

int main(int argc, char** argv) {
  if (argc == 3 && std::string_view{argv[1]} == "raw") {
    require(sodium_init() >= 0, "sodium_init");
    std::printf("%.2f\n", raw_rate_for(number_from(argv[2], seconds_max)));
    return 0;
  }
  int pairs = argc > 1 ? number_from(argv[1], pairs_max) : 5;
  int hashes = argc > 2 ? number_from(argv[2], hashes_max) : 100;
  require(sodium_init() >= 0, "sodium_init");

  latchkey::kept_mapping mapping{memory_bytes};
  latchkey::password_hasher_engine engine{cost};
  latchkey::secret text{password};
  auto stored = engine.hash(text);
  require(stored.has_value(), "hash");

  auto raw_kept = [&] {
    latchkey::kept_mapping::lending lending{mapping};
    return rate(hashes, hash_raw);
  };
  auto ours = [&] {
    return rate(hashes, [&] { require(engine.verify(text, *stored)->matches, "verify"); });
  };

  raw_kept(); // pages and caches as they will be
  require(mapping.uses() > 0, "keeping libsodium's mapping (linked without --wrap?)");
  std::vector<double> ratios;
  std::printf("pair  A raw, kept  B engine  B/A    (hashes/s)\n");
  for (int i = 0; i < pairs; ++i) {
    double a = raw_kept();
    double b = ours();
    ratios.push_back(b / a);
    std::printf("%4d  %11.1f  %8.1f  %.3f\n", i + 1, a, b, b / a);
  }
  double as_it_comes = rate(hashes, hash_raw);
  std::printf("median B/A %.3f\nC raw, mapped for each hash: %.1f hashes/s\n", median(ratios),
              as_it_comes);
  return 0;
}
