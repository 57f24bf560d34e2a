// seeded_random.hpp — random numbers of OpenSSL's, which everything here draws from, by a seed.
#pragma once

#include <cstdint>

namespace latchkey::test::simulation {

/// As long as this lives RAND_bytes gives what the seed decides, to all threads: one may draw.
class seeded_random {
public:
  explicit seeded_random(std::uint64_t seed);
  ~seeded_random();
  seeded_random(const seeded_random&) = delete;
  seeded_random& operator=(const seeded_random&) = delete;
};

} // namespace latchkey::test::simulation
