// signals_test.cpp — what an operator says by signals, and how quickly the server ends.
#include "tests/product/product.hpp"
#include "tests/support/ws_client.hpp"

#include <csignal>
#include <filesystem>
#include <fstream>
#include <sstream>

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

TEST_F(Signals, OfNoMeaningAreIgnored) {
  for (const int one : {SIGUSR1, SIGUSR2, SIGPIPE, SIGXFSZ})
    tell(one);
  const auto user = one_.sign_in_new_user();
  EXPECT_EQ(one_.status_of_me(user.access), 200);
  EXPECT_EQ(one_.server->stop(), 0);
}

TEST_F(Signals, ToEndAreNotHeldUpByASocketThatDoesNotClose) {
  const auto user = one_.sign_in_new_user();
  ws_client socket{one_.server->port(), user.access};
  one_.server->ask_to_stop();
  // Its close frame is not answered: five seconds were waited for that once.
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
