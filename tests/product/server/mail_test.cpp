// Mail by SMTP from the outside: a real mail server that refuses, comes late or goes away, and
// a latchkey that is killed meanwhile.
#include "tests/product/product.hpp"
#include "tests/support/smtp_server.hpp"

#include <filesystem>
#include <fstream>
#include <regex>
#include <sstream>

namespace latchkey::test {
namespace {

std::string token_in(const received_mail& mail) {
  static const std::regex form{R"(rt_[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+)"};
  std::smatch found;
  const auto body = mail.body();
  return std::regex_search(body, found, form) ? found.str() : "";
}

class Mail : public testing::TestWithParam<std::string> {
protected:
  void SetUp() override {
    one_.add_user(name_);
    ASSERT_TRUE(mails_.received().empty());
  }
  void TearDown() override { EXPECT_EQ(one_.server->stop(), 0) << one_.server->log(); }

  void ask_for_a_reset() const {
    const auto reply = one_.call(
        post_json("/recovery/request-reset", json{{"email", name_ + "@example.com"}}.dump()));
    ASSERT_EQ(reply.status, 200) << reply.body;
  }
  double mails(const std::string& outcome) const {
    return one_.metric("mails_total{outcome=\"" + outcome + "\"}");
  }
  bool is_one_settled(const std::string& column) const {
    return one_.store.count("SELECT count(*) FROM mails WHERE sealed = '' AND " + column +
                            " IS NOT NULL") == 1;
  }

  smtp_server mails_;
  product one_{GetParam(),
               {{"SMTP_URL", mails_.url()},
                {"MAIL_FROM", "auth@example.com"},
                {"EMAIL_VERIFICATION", "off"}}};
  std::string name_ = new_name();
};
LATCHKEY_ON_BOTH_ENGINES(Mail);

TEST_P(Mail, IsGivenUpWhenTheServerRefusesItForGood) {
  mails_.plan("rcpt", "550 5.1.1 no such user");
  ask_for_a_reset();
  EXPECT_TRUE(eventually([&] { return is_one_settled("given_up_at"); }));
  EXPECT_TRUE(mails_.received().empty());
  EXPECT_EQ(one_.store.count("SELECT count(*) FROM audit_log WHERE action = 'mail.given_up'"), 1);
  EXPECT_EQ(mails("given_up"), 1);
  EXPECT_TRUE(
      eventually([&] { return one_.server->log().find("gave up mail") != std::string::npos; }));
}

TEST_P(Mail, IsTriedAgainAfterATemporaryRefusalAndComesOnce) {
  mails_.plan("data", "451 4.3.0 try again later");
  ask_for_a_reset();
  ASSERT_TRUE(eventually([&] { return is_one_settled("sent_at"); }));
  EXPECT_EQ(mails("failed"), 1);
  EXPECT_EQ(mails("sent"), 1);
  const auto got = mails_.received();
  ASSERT_EQ(got.size(), 1u);
  EXPECT_EQ(got[0].from, "auth@example.com");
  EXPECT_EQ(got[0].to, std::vector<std::string>{name_ + "@example.com"});
  EXPECT_EQ(got[0].header("To"), name_ + "@example.com");
  EXPECT_EQ(got[0].header("From"), "auth@example.com");
  EXPECT_NE(got[0].header("Message-ID"), "");
  const std::string next = "another horse battery";
  const auto reply =
      one_.call(post_json("/recovery/reset-password",
                          json{{"reset_token", token_in(got[0])}, {"new_password", next}}.dump()));
  EXPECT_EQ(reply.status, 200) << reply.body << got[0].data;
  EXPECT_FALSE(one_.sign_in(name_, next).access.empty());
  // And the owner hears of it.
  ASSERT_TRUE(eventually([&] { return mails_.received().size() == 2; }));
  EXPECT_EQ(mails_.received()[1].header("Subject"), "Your password was changed");
}

TEST_P(Mail, WaitsForAServerThatIsDownAtFirst) {
  mails_.stop();
  ask_for_a_reset();
  ASSERT_TRUE(eventually([&] { return mails("failed") >= 1; }));
  EXPECT_EQ(one_.status_of_me(one_.sign_in(name_).access), 200); // all else goes on
  mails_.start();
  EXPECT_TRUE(eventually([&] { return is_one_settled("sent_at"); }));
  EXPECT_EQ(mails_.received().size(), 1u);
}

TEST_P(Mail, IsSentByTheNextRunWhenThisOneIsKilled) {
  mails_.plan("mail", "hang");
  ask_for_a_reset();
  ASSERT_TRUE(eventually([&] { return mails_.is_hanging(); }));
  one_.server->kill();
  mails_.stop();
  mails_.start();
  // What the killed one had in hand is leased for longer than a test waits.
  one_.store.query("UPDATE mails SET next_attempt_at = created_at");
  one_.start();
  EXPECT_TRUE(eventually([&] { return is_one_settled("sent_at"); }));
  EXPECT_EQ(mails_.received().size(), 1u);
}

TEST_P(Mail, KeepsNobodyFromStopping) {
  mails_.plan("mail", "hang");
  ask_for_a_reset();
  ASSERT_TRUE(eventually([&] { return mails_.is_hanging(); }));
  const auto started = std::chrono::steady_clock::now();
  EXPECT_EQ(one_.server->stop(), 0);
  EXPECT_LT(std::chrono::steady_clock::now() - started, patience / 2);
  // What was under way is still due: it was given to nobody.
  EXPECT_EQ(one_.store.count("SELECT count(*) FROM mails WHERE sent_at IS NULL "
                             "AND given_up_at IS NULL AND sealed <> ''"),
            1);
  one_.start();
}

class MailFiles : public Mail {};
INSTANTIATE_TEST_SUITE_P(Product, MailFiles, testing::Values("sqlite"), name_of_engine);

TEST_P(MailFiles, HoldNoTokenThatWorks) {
  ask_for_a_reset();
  ASSERT_TRUE(eventually([&] { return mails_.received().size() == 1; }));
  const auto token = token_in(mails_.received()[0]);
  ASSERT_NE(token, "");
  std::size_t bytes = 0;
  for (const auto& entry : std::filesystem::directory_iterator(one_.store.folder() + "/data")) {
    std::ostringstream all;
    all << std::ifstream(entry.path(), std::ios::binary).rdbuf();
    bytes += all.str().size();
    EXPECT_EQ(all.str().find(token), std::string::npos) << entry.path();
    EXPECT_EQ(all.str().find("Reset your password"), std::string::npos) << entry.path();
  }
  EXPECT_GT(bytes, 4096u);
  EXPECT_EQ(one_.server->log().find(token), std::string::npos);
}

} // namespace
} // namespace latchkey::test
