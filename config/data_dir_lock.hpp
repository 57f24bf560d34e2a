// data_dir_lock.hpp — sees to it that one server at a time uses a DATA_DIR.
//
// The lock is flock(2)'s on DATA_DIR/latchkey.lock. The kernel gives it back when the process ends,
// however it ends, so a crashed server never stands in the way of the next one.
#pragma once

#include "protocol/result.hpp"

#include <string>

namespace latchkey {

class data_dir_lock {
public:
  data_dir_lock() = default;
  ~data_dir_lock();
  data_dir_lock(data_dir_lock&& other) noexcept;
  data_dir_lock& operator=(data_dir_lock&& other) noexcept;

  /// Locks the folder, which must be there, until this goes. CONFLICT when another server has it,
  /// with a sentence that names that one (host, process id, since when) and says what to do.
  static result<data_dir_lock> take(const std::string& data_dir);

private:
  int fd_ = -1;
};

/// This process, as the lock's sentence names it: "process PID on HOST, since TIME (UTC)".
std::string describe_this_process();

} // namespace latchkey
