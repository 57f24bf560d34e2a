#include "actors/password/password_hash_memory.hpp"

#include <algorithm>
#include <gtest/gtest.h>
#include <sys/mman.h>
#include <thread>

namespace latchkey {
namespace {

// This file is linked statically like libsodium, so its own calls show what that one gets.

constexpr std::size_t size = std::size_t{3} << 20U; // more than a huge page, and a tail

void* anonymous(std::size_t bytes, void* hint = nullptr) {
  return ::mmap(hint, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
}

TEST(KeptMapping, IsLentToNoOtherThreadSizeOrTime) {
  kept_mapping kept{size};
  void* before = anonymous(size);
  void* elsewhere = nullptr;
  void* other_size = nullptr;
  {
    kept_mapping::lending lending{kept};
    std::thread{[&] { elsewhere = anonymous(size); }}.join();
    other_size = anonymous(size - 4096);
  }
  void* after = anonymous(size);
  EXPECT_EQ(kept.uses(), 0U);
  for (void* memory : {before, elsewhere, after}) {
    ASSERT_NE(memory, MAP_FAILED);
    EXPECT_EQ(::munmap(memory, size), 0);
  }
  EXPECT_EQ(::munmap(other_size, size - 4096), 0);
}

TEST(KeptMapping, IsLentOnceAtATime) {
  kept_mapping kept{size};
  kept_mapping::lending lending{kept};
  void* first = anonymous(size);
  void* second = anonymous(size);
  EXPECT_EQ(kept.uses(), 1U);
  ASSERT_NE(second, MAP_FAILED);
  EXPECT_NE(first, second);
  EXPECT_EQ(::munmap(second, size), 0);
  EXPECT_EQ(::munmap(first, size), 0);
  EXPECT_EQ(anonymous(size), first);
  EXPECT_EQ(kept.uses(), 2U);
  EXPECT_EQ(::munmap(first, size), 0);
}

TEST(KeptMapping, KeepsItsBytesUntilItIsReleased) {
  kept_mapping kept{size};
  kept_mapping::lending lending{kept};
  auto* memory = static_cast<char*>(anonymous(size));
  ASSERT_EQ(kept.uses(), 1U);
  std::fill(memory, memory + size, 'x');
  ::munmap(memory, size);
  memory = static_cast<char*>(anonymous(size));
  EXPECT_TRUE(std::all_of(memory, memory + size, [](char c) { return c == 'x'; }));
  ::munmap(memory, size);

  kept.release();
  memory = static_cast<char*>(anonymous(size));
  ASSERT_EQ(kept.uses(), 3U);
  EXPECT_TRUE(std::all_of(memory, memory + size, [](char c) { return c == 0; }));
  ::munmap(memory, size);
}

TEST(KeptMapping, IsNotReleasedWhileItIsLent) {
  kept_mapping kept{size};
  kept_mapping::lending lending{kept};
  auto* memory = static_cast<char*>(anonymous(size));
  kept.release();
  memory[0] = 'x';
  memory[size - 1] = 'x';
  EXPECT_EQ(memory[0], 'x');
  EXPECT_EQ(::munmap(memory, size), 0);
}

TEST(KeptMapping, IsEmptyBeforeItsFirstUse) {
  kept_mapping kept{size};
  kept.release();
  EXPECT_EQ(kept.uses(), 0U);
  EXPECT_FALSE(kept.take_back(nullptr));
  EXPECT_EQ(kept.lend(size + 1), nullptr);
}

} // namespace
} // namespace latchkey
