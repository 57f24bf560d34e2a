// open_file.hpp — an open file or folder that is closed with its owner.
#pragma once

#include <string_view>

namespace latchkey {

/// Takes a descriptor over, or a negative number, which open(2) returns with errno set. The
/// standard streams stay open.
class open_file {
public:
  explicit open_file(int number) noexcept : number_(number) {}
  ~open_file();
  open_file(const open_file&) = delete;
  open_file& operator=(const open_file&) = delete;

  int number() const noexcept { return number_; }
  bool is_open() const noexcept { return number_ >= 0; }

private:
  int number_;
};

/// Writes all bytes to that descriptor, which blocks. False, with errno, when that failed; some may
/// have been written then.
bool write_all(int to, std::string_view bytes) noexcept;

} // namespace latchkey
