// signals_test.cpp — what an operator says by signals, and how quickly the server ends.
#include "tests/product/product.hpp"
#include "tests/support/ws_client.hpp"

#include <array>
#include <csignal>
#include <cstdlib>
#include <fcntl.h>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <unistd.h>
#include <utility>

namespace latchkey::test {
namespace {

std::string text_of(const std::string& path) {
  std::ostringstream out;
  out << std::ifstream{path}.rdbuf();
  return out.str();
}

class Signals : public testing::Test {
protected:
  void tell(int signal) const { ASSERT_EQ(::kill(one_.server->id(), signal), 0); }
  static test_store with_folder(std::string& log) {
    test_store store{"sqlite"};
    log = store.folder() + "/latchkey.log";
    return store;
  }

  std::string log_;
  product one_ = [this] {
    auto store = with_folder(log_);
    return product{std::move(store), {{"LOG_FILE", log_}, {"LOG_LEVEL", "debug"}}};
  }();
};

TEST_F(Signals, ToHangUpLetTheLogGoOnInANewFile) {
  const auto user = one_.sign_in_new_user();
  ws_client socket{one_.server->port(), user.access};
  std::filesystem::rename(log_, log_ + ".1");
  tell(SIGHUP);
  EXPECT_TRUE(eventually([&] { return text_of(log_).find("SIGHUP") != std::string::npos; }));
  EXPECT_EQ(text_of(log_ + ".1").find("SIGHUP"), std::string::npos);
  socket.say({{"type", "ping"}, {"id", "1"}});
  EXPECT_EQ(socket.hear()["type"], "pong") << "live sockets stay open";
  EXPECT_EQ(one_.status_of_me(user.access), 200);
  EXPECT_EQ(one_.server->stop(), 0);
}

/// A terminal whose window can be closed.
class terminal_window {
public:
  terminal_window() : master_(posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC)) {
    std::array<char, 64> name{};
    if (master_ < 0 || grantpt(master_) != 0 || unlockpt(master_) != 0 ||
        ptsname_r(master_, name.data(), name.size()) != 0)
      throw std::runtime_error{"there is no terminal to be had"};
    name_ = name.data();
  }
  ~terminal_window() { shut(); }
  terminal_window(const terminal_window&) = delete;
  terminal_window& operator=(const terminal_window&) = delete;

  const std::string& name() const { return name_; }
  /// As when the window is closed: from now on reading gets the end, and writing an error.
  void shut() {
    if (master_ >= 0) ::close(std::exchange(master_, -1));
  }

private:
  int master_;
  std::string name_;
};

TEST(SignalsOfAWindow, ThatWasClosedDoNotEndTheServer) {
  test_store store{"sqlite"};
  const auto log = store.folder() + "/latchkey.log";
  terminal_window shown;
  // Its input and its log are the window's.
  server_process server{store.settings({{"LOG_FILE", log}, {"LOG_LEVEL", "debug"}}),
                        store.folder(),
                        {"/bin/sh", "-c", R"(exec "$@" < "$0" 2> "$0")", shown.name()}};
  const auto is_well = [&] { return exchange(server.port(), get("/health")).status == 200; };
  EXPECT_TRUE(is_well());
  shown.shut();
  for (int times = 1; times <= 2; ++times) {
    std::filesystem::rename(log, log + "." + std::to_string(times));
    ASSERT_EQ(::kill(server.id(), SIGHUP), 0);
    EXPECT_TRUE(eventually([&] { return text_of(log).find("SIGHUP") != std::string::npos; }))
        << "the log goes on under its name";
    EXPECT_TRUE(is_well());
  }
  EXPECT_EQ(server.stop(), 0);
  EXPECT_NE(text_of(log).find("stopped"), std::string::npos) << "the file misses no line";
}

TEST_F(Signals, OfNoMeaningAreIgnored) {
  for (const int signal : {SIGUSR1, SIGUSR2, SIGPIPE, SIGXFSZ})
    tell(signal);
  const auto user = one_.sign_in_new_user();
  EXPECT_EQ(one_.status_of_me(user.access), 200);
  EXPECT_EQ(one_.server->stop(), 0);
}

TEST_F(Signals, ToEndAreNotHeldUpByASocketThatDoesNotClose) {
  const auto user = one_.sign_in_new_user();
  ws_client socket{one_.server->port(), user.access};
  one_.server->ask_to_stop();
  // Its close frame is not answered: five seconds were waited for that once.
  EXPECT_EQ(socket.hear()["type"], "server_stopping");
  EXPECT_EQ(socket.hear(), nullptr);
  EXPECT_EQ(socket.close_code(), 1001u);
  EXPECT_EQ(one_.server->wait(), 0);
  const auto text = text_of(log_);
  const auto at = [&](const char* word) {
    const auto found = text.find(word);
    if (found == std::string::npos) throw std::runtime_error{std::string{"no line: "} + word};
    const auto line = text.rfind('\n', found) + 1;
    return std::stod(text.substr(line + 14, 2)) * 60 + std::stod(text.substr(line + 17, 2)) +
           std::stod(text.substr(line + 20, 3)) / 1000;
  };
  auto took = at("stopped") - at("draining");
  if (took < 0) took += 3600;
  EXPECT_LT(took, 4.0) << "it is a second; without it five";
}

} // namespace
} // namespace latchkey::test
