// memory_limit.hpp — a process that can have no more memory, for a while.
#pragma once

#include <cstddef>
#include <fstream>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <unistd.h>

namespace latchkey::test {

/// While it lives the process can map at most `spare_bytes` more than it has mapped now.
class memory_limit {
public:
  explicit memory_limit(std::size_t spare_bytes) {
    EXPECT_EQ(getrlimit(RLIMIT_AS, &before_), 0);
    std::size_t pages = 0;
    std::ifstream{"/proc/self/statm"} >> pages;
    EXPECT_GT(pages, 0U);
    auto limited = before_;
    limited.rlim_cur = pages * static_cast<std::size_t>(sysconf(_SC_PAGESIZE)) + spare_bytes;
    EXPECT_EQ(setrlimit(RLIMIT_AS, &limited), 0);
  }
  ~memory_limit() { setrlimit(RLIMIT_AS, &before_); }
  memory_limit(const memory_limit&) = delete;
  memory_limit& operator=(const memory_limit&) = delete;

private:
  rlimit before_{};
};

} // namespace latchkey::test
