// password_hash_memory.cpp — the linker sends every call of mmap and munmap in statically
// linked code here (--wrap); all but those of a lending thread pass straight through.
//
// Nothing here may allocate: an allocator might be linked statically and call mmap itself.
#include "actors/password/password_hash_memory.hpp"

#include <cstdint>
#include <sys/mman.h>

// NOLINTBEGIN(bugprone-reserved-identifier,readability-identifier-naming): the linker's names.
extern "C" {
void* __wrap_mmap(void* address, std::size_t size, int protection, int flags, int file,
                  off_t offset);
int __wrap_munmap(void* address, std::size_t size);
// The system's pair, wherever this is linked without --wrap (then nobody calls ours).
[[gnu::weak]] void* __real_mmap(void* address, std::size_t size, int protection, int flags,
                                int file, off_t offset);
[[gnu::weak]] int __real_munmap(void* address, std::size_t size);
}
// NOLINTEND(bugprone-reserved-identifier,readability-identifier-naming)

namespace latchkey {
namespace {

thread_local kept_mapping* lender = nullptr;

/// Of a huge page on x86-64 and on arm64 with 4 KiB pages.
constexpr std::size_t huge_page_bytes = std::size_t{2} << 20U;

void* system_mmap(void* address, std::size_t size, int protection, int flags, int file,
                  off_t offset) {
  return __real_mmap != nullptr ? __real_mmap(address, size, protection, flags, file, offset)
                                : ::mmap(address, size, protection, flags, file, offset);
}

int system_munmap(void* address, std::size_t size) {
  return __real_munmap != nullptr ? __real_munmap(address, size) : ::munmap(address, size);
}

} // namespace

kept_mapping::kept_mapping(std::size_t size) noexcept : size_(size) {}

kept_mapping::~kept_mapping() {
  release();
}

kept_mapping::lending::lending(kept_mapping& mapping) noexcept {
  lender = &mapping;
}

kept_mapping::lending::~lending() {
  lender = nullptr;
}

void kept_mapping::release() noexcept {
  if (base_ == nullptr || lent_) return;
  system_munmap(base_, length_);
  base_ = nullptr;
  memory_ = nullptr;
}

void* kept_mapping::lend(std::size_t size) noexcept {
  if (size != size_ || lent_) return nullptr;
  if (base_ == nullptr) {
    // Argon2 reads blocks in an order that no TLB foresees, so huge pages pay a little;
    // they need a boundary to begin at. The tail stays in small pages: nothing is kept
    // that a hash does not use.
    std::size_t huge = size / huge_page_bytes * huge_page_bytes;
    std::size_t length = huge == 0 ? size : size + huge_page_bytes;
    void* base =
        system_mmap(nullptr, length, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (base == MAP_FAILED) return nullptr;
    base_ = base;
    length_ = length;
    memory_ = base;
    if (huge != 0) {
      auto at = reinterpret_cast<std::uintptr_t>(base);
      auto boundary = (at + huge_page_bytes - 1) / huge_page_bytes * huge_page_bytes;
      memory_ = static_cast<char*>(base) + (boundary - at);
      ::madvise(memory_, huge, MADV_HUGEPAGE); // a wish; hashing works without
    }
    ::madvise(base_, length_, MADV_DONTDUMP);
  }
  lent_ = true;
  ++uses_;
  return memory_;
}

bool kept_mapping::take_back(const void* address) noexcept {
  if (!lent_ || address != memory_) return false;
  lent_ = false;
  return true;
}

} // namespace latchkey

void* __wrap_mmap(void* address, std::size_t size, int protection, int flags, int file,
                  off_t offset) {
  if (latchkey::lender != nullptr && address == nullptr && file == -1 &&
      (flags & MAP_ANONYMOUS) != 0) {
    if (void* memory = latchkey::lender->lend(size)) return memory;
  }
  return latchkey::system_mmap(address, size, protection, flags, file, offset);
}

int __wrap_munmap(void* address, std::size_t size) {
  if (latchkey::lender != nullptr && latchkey::lender->take_back(address)) return 0;
  return latchkey::system_munmap(address, size);
}
