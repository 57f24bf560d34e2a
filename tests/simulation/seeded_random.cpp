#include "tests/simulation/seeded_random.hpp"

// OpenSSL 3 has no simpler way to replace its generator for a whole process.
#define OPENSSL_SUPPRESS_DEPRECATED
#include <openssl/rand.h>
#include <random>

namespace latchkey::test::simulation {
namespace {

std::mt19937_64& generator() {
  static std::mt19937_64 numbers;
  return numbers;
}

int draw(unsigned char* to, int count) {
  for (int i = 0; i < count; ++i)
    to[i] = static_cast<unsigned char>(generator()());
  return 1;
}

int is_ready() {
  return 1;
}

const RAND_METHOD method{nullptr, draw, nullptr, nullptr, draw, is_ready};

} // namespace

seeded_random::seeded_random(std::uint64_t seed) {
  generator().seed(seed);
  RAND_set_rand_method(&method);
}

seeded_random::~seeded_random() {
  RAND_set_rand_method(nullptr);
}

} // namespace latchkey::test::simulation
