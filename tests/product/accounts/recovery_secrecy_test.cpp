// recovery_secrecy_test.cpp — Account Recovery tells nobody who has an account, and its tokens
// are of use to nobody who reads the store.
#include "tests/product/accounts/recovery.hpp"

namespace latchkey::test {
namespace {

class RecoverySecrecy : public Recovery {
protected:
  static std::string address_of(const std::string& name) { return name + "@example.com"; }
  std::string add_inactive_account() const {
    const auto name = add_account();
    const auto path = "/admin/users/" + on().id_of(name);
    EXPECT_EQ(call(put_json(path, R"({"is_active":false})").as(on().admin())).status, 200);
    return name;
  }
  std::string add_account_locked_for_passwords() const {
    const auto name = add_account();
    for (int i = 0; i < 10; ++i)
      EXPECT_EQ(status_of_sign_in(name, "not the password"), 401);
    return name;
  }
  std::string add_account_locked_for_words() const {
    const auto name = add_account();
    for (int i = 0; i < 10; ++i)
      EXPECT_EQ(verify(address_of(name), "three other words here").status, 401);
    return name;
  }
  double compared() const {
    return on().metric(R"(password_checks_total{against="stored"})") +
           on().metric(R"(password_checks_total{against="nothing"})");
  }
};
LATCHKEY_ON_BOTH_ENGINES(RecoverySecrecy);

TEST_P(RecoverySecrecy, AnswersTheSameWhoeverAsksForAMail) {
  const auto known = request_reset(address_of(add_account()));
  EXPECT_EQ(known.status, 200);
  for (const auto& login :
       {new_name(), add_inactive_account(), add_account_locked_for_passwords()}) {
    const auto reply = request_reset(address_of(login));
    EXPECT_EQ(visible_of(reply), visible_of(known)) << login << reply.body;
    EXPECT_EQ(reply.body, known.body) << login;
  }
}

TEST_P(RecoverySecrecy, SendsNoMailForAnythingButOneAddress) {
  const auto address = address_of(add_account());
  const auto mails_now = [&] {
    return on().store.query("SELECT id, recipient FROM mails ORDER BY id");
  };
  const auto before = mails_now();
  for (const json& email :
       {json(json::array({address})), json(address + ",other@example.com"),
        json(address + "\r\nBcc: other@example.com"), json("<" + address + ">"), json(nullptr)}) {
    const auto reply = call(post_json("/recovery/request-reset", json{{"email", email}}.dump()));
    EXPECT_TRUE(is_error(reply, 400, "VALIDATION_ERROR", "email")) << email;
  }
  EXPECT_EQ(mails_now(), before);
  EXPECT_EQ(request_reset(address).status, 200);
  EXPECT_EQ(mails_now().size(), before.size() + 1);
}

TEST_P(RecoverySecrecy, TellsWrongWordsFromNoSuchAddressByNothing) {
  const auto wrong = verify(address_of(add_account()), "three other words here");
  EXPECT_TRUE(is_error(wrong, 401, "AUTH001"));
  EXPECT_EQ(json_of(wrong)["error"]["details"], json::object());
  const auto bare = new_name();
  on().add_user(bare); // without a passphrase
  for (const auto& [login, words] : {std::pair(new_name(), passphrase),
                                     {bare, passphrase},
                                     {add_account_locked_for_words(), passphrase},
                                     {add_inactive_account(), passphrase},
                                     {add_inactive_account(), "three other words here"}}) {
    const auto before = compared();
    const auto reply = verify(address_of(login), words);
    EXPECT_EQ(visible_of(reply), visible_of(wrong)) << login << reply.body;
    EXPECT_EQ(compared() - before, 1) << login; // the same work
  }
}

TEST_P(RecoverySecrecy, KeepsTokensAsHashesAlone) {
  const auto name = add_account();
  EXPECT_EQ(request_reset(address_of(name)).status, 200);
  const auto mailed = mails().wait_for(address_of(name)).reset_token();
  const auto by_words = token_by_words(name);
  std::map<std::string, std::size_t> rows;
  for (const auto& table : on().store.tables()) {
    const auto found = on().store.query("SELECT * FROM " + table);
    rows[table] = found.size();
    for (const auto& token : {mailed, by_words}) {
      const auto secret_part = token.substr(token.find('.') + 1);
      ASSERT_EQ(secret_part.size(), 43u) << token;
      for (const auto& row : found)
        for (const auto& value : row)
          EXPECT_EQ(value.find(secret_part), std::string::npos) << table;
    }
  }
  EXPECT_GE(rows["reset_tokens"], 2u);
  EXPECT_GE(rows["mails"], 1u);
  EXPECT_EQ(reset(mailed).status, 200);
}

class RecoveryToken : public testing::TestWithParam<std::string> {};
LATCHKEY_ON_BOTH_ENGINES(RecoveryToken);

TEST_P(RecoveryToken, ExpiresWithItsTime) {
  const product instance{GetParam(), {{"RESET_TOKEN_TTL", "60"}, {"EMAIL_VERIFICATION", "off"}}};
  const auto name = new_name();
  const json body{{"email", name + "@example.com"},
                  {"username", name},
                  {"password", password},
                  {"recovery_passphrase", passphrase}};
  EXPECT_EQ(instance.call(post_json("/users/register", body.dump())).status, 201);
  const json words{{"email", name + "@example.com"}, {"passphrase", passphrase}};
  const auto granted = instance.call(post_json("/recovery/verify-passphrase", words.dump()));
  const json address{{"email", name + "@example.com"}};
  EXPECT_EQ(instance.call(post_json("/recovery/request-reset", address.dump())).status, 200);
  const auto mailed = outbox{instance.store.folder() + "/data/outbox"}.wait_for(
      name + "@example.com", "Reset your password");
  const std::string seconds = GetParam() == "sqlite"
                                  ? "strftime('%s', expires_at) - strftime('%s', created_at)"
                                  : "extract(epoch FROM expires_at - created_at)::bigint";
  EXPECT_EQ(instance.store.count("SELECT count(*) FROM reset_tokens WHERE " + seconds + " = 60"),
            2);
  // A minute later, as far as the store is concerned.
  instance.store.query("UPDATE reset_tokens SET expires_at = created_at");
  for (const auto& token : {json_of(granted).value("reset_token", ""), mailed.reset_token()}) {
    const json reset{{"reset_token", token}, {"new_password", next_password}};
    EXPECT_TRUE(is_error(instance.call(post_json("/recovery/reset-password", reset.dump())), 401,
                         "AUTH003", "reset_token"));
  }
}

} // namespace
} // namespace latchkey::test
