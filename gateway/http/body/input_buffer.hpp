// input_buffer.hpp — bytes that have been read from a connection and not yet parsed.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <memory>
#include <string_view>

namespace latchkey::http {

class input_buffer {
public:
  static constexpr std::size_t idle_bytes = 2 * 1024; // what a quiet connection holds
  static constexpr std::size_t bytes_max = 16 * 1024; // more is read when this is parsed
  static constexpr std::size_t free_bytes_min = 512;  // worth a read

  std::string_view data() const noexcept { return {bytes_.get() + begin_, end_ - begin_}; }
  bool empty() const noexcept { return begin_ == end_; }

  void consume(std::size_t count) noexcept {
    begin_ += count;
    if (begin_ == end_) begin_ = end_ = 0;
  }

  struct room {
    char* data;
    std::size_t size;
  };
  /// Where to read into; grows when much is `expected` or little room is left. Empty when
  /// the buffer is full at its maximum.
  room prepare(std::size_t expected) {
    if (begin_ > 0 && capacity_ - end_ < free_bytes_min) {
      std::memmove(bytes_.get(), bytes_.get() + begin_, end_ - begin_);
      end_ -= begin_;
      begin_ = 0;
    }
    if (capacity_ < idle_bytes) grow(idle_bytes);
    if (capacity_ - end_ < free_bytes_min || capacity_ - end_ < expected)
      grow(std::min(bytes_max, std::max(capacity_ * 2, end_ + expected)));
    return {bytes_.get() + end_, capacity_ - end_};
  }
  void commit(std::size_t count) noexcept { end_ += count; }

  /// Gives back what it grew by, when it holds nothing.
  void shrink() {
    if (!empty() || capacity_ <= idle_bytes) return;
    bytes_.reset();
    capacity_ = begin_ = end_ = 0;
  }

private:
  void grow(std::size_t capacity) {
    if (capacity <= capacity_) return;
    auto larger = std::make_unique_for_overwrite<char[]>(capacity);
    if (end_ > begin_) std::memcpy(larger.get(), bytes_.get() + begin_, end_ - begin_);
    end_ -= begin_;
    begin_ = 0;
    bytes_ = std::move(larger);
    capacity_ = capacity;
  }

  std::unique_ptr<char[]> bytes_;
  std::size_t capacity_ = 0;
  std::size_t begin_ = 0;
  std::size_t end_ = 0;
};

} // namespace latchkey::http
