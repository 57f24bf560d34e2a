// only_server_test.cpp — one server on a store, and what a start says of a store that it cannot
// use.
#include "tests/product/product.hpp"

namespace latchkey::test {
namespace {

class OnlyServer : public testing::TestWithParam<std::string> {
protected:
  product one_{GetParam()};
  /// Another server on the same store: on PostgreSQL with a DATA_DIR of its own.
  environment of_another() const {
    environment all = one_.settings;
    all["HTTP_PORT"] = all["INTERNAL_PORT"] = "0";
    if (GetParam() == "postgresql") all["DATA_DIR"] = one_.store.folder() + "/data of another";
    return all;
  }
};
LATCHKEY_ON_BOTH_ENGINES(OnlyServer);

TEST_P(OnlyServer, IsNamedToASecondThatIsRefused) {
  const auto held = one_.sign_in_new_user();
  const auto refused = run_latchkey({"serve"}, of_another(), one_.store.folder());
  EXPECT_EQ(refused.exit_code, 1);
  EXPECT_TRUE(says(refused.err, "another server uses ")) << refused.err;
  EXPECT_TRUE(says(refused.err, "process " + std::to_string(one_.server->id()))) << refused.err;
  EXPECT_FALSE(says(refused.out, "ready")) << refused.out;
  EXPECT_EQ(one_.status_of_me(held.access), 200) << "the first goes on";
  // Commands are not servers.
  for (const auto& words :
       std::vector<std::vector<std::string>>{{"service-key", "list"}, {"users", "export", "-"}})
    EXPECT_EQ(run_latchkey(words, of_another(), one_.store.folder()).exit_code, 0) << words[0];
  EXPECT_EQ(one_.server->stop(), 0);
}

TEST_P(OnlyServer, IsInNobodysWayOnceItHasCrashed) {
  one_.server->kill();
  const server_process second{of_another(), one_.store.folder()};
  EXPECT_EQ(exchange(second.port(), get("/health")).status, 200);
}

// Whatever is logged, the operator reads why it does not start.
TEST(StartOnPostgres, SaysWhyItCannotWhateverLogLevel) {
  const test_store store{"postgresql"};
  auto settings = store.settings();
  auto& url = settings["DATABASE_URL"];
  const auto at = url.find("//") + 2;
  url = url.substr(0, at) + "nobody-of-this-name" + url.substr(url.find('@', at));
  for (const auto* level : {"debug", "critical"}) {
    settings["LOG_LEVEL"] = level;
    const auto refused = run_latchkey({"serve"}, settings, store.folder());
    EXPECT_EQ(refused.exit_code, 1);
    EXPECT_TRUE(says(refused.err, "latchkey: the database does not answer: ")) << refused.err;
    EXPECT_TRUE(says(refused.err, "What to do: make the user (CREATE ROLE")) << refused.err;
  }
}

} // namespace
} // namespace latchkey::test
