// cutting_proxy.hpp — stands between libpq and the server on unix sockets and does one
// thing to the next COMMIT that passes.
#pragma once

#include <atomic>
#include <functional>
#include <string>
#include <thread>
#include <vector>

namespace latchkey::test {

enum class at_commit : int {
  pass,
  cut_before,       // the connection breaks, the server never sees the COMMIT
  cut_after,        // the server commits, its answer is lost
  swallow,          // the COMMIT vanishes, the connection stays open and silent
  cut_then_deliver, // the connection breaks, the COMMIT reaches the server later: `deliver`
};

class cutting_proxy {
public:
  /// Forwards to the server whose socket stands in `server_folder`.
  explicit cutting_proxy(const std::string& server_folder);
  ~cutting_proxy();
  cutting_proxy(const cutting_proxy&) = delete;
  cutting_proxy& operator=(const cutting_proxy&) = delete;

  /// The `host` to connect to.
  const std::string& socket_folder() const { return folder_; }
  void on_next_commit(at_commit action) { next_ = action; }
  /// Called just before a COMMIT is forwarded.
  void before_forwarding(std::function<void()> call) { before_ = std::move(call); }
  /// Sends the COMMIT that was held back; answers whether the server still took it.
  bool deliver();
  /// COMMITs seen so far.
  int commits() const { return commits_; }

private:
  void accept_all();
  void serve(int client);
  bool forward(int client, int server, const std::string& chunk);

  std::string server_path_;
  std::string folder_;
  int listener_ = -1;
  std::atomic<bool> stopping_ = false;
  std::atomic<at_commit> next_ = at_commit::pass;
  std::atomic<int> commits_ = 0;
  std::atomic<int> held_server_ = -1;
  std::string held_;
  std::function<void()> before_;
  std::thread acceptor_;
  std::vector<std::thread> conversations_; // the acceptor's own
};

} // namespace latchkey::test
