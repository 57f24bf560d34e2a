// register_test.cpp — POST /auth/register: who gets in, whose name is whose, which passwords
// are refused.
#include "tests/product/product.hpp"

namespace latchkey::test {
namespace {

class Register : public Product {
protected:
  http_reply ask(const json& body) const { return call(post_json("/auth/register", body.dump())); }
  long users() const { return on().store.count("SELECT count(*) FROM users"); }
};
LATCHKEY_ON_BOTH_ENGINES(Register);

// "Auth Service API Documentation", POST /auth/register
TEST_P(Register, AnswersTheUserAsDocumented) {
  const auto name = new_name();
  auto body = registration(name);
  body["first_name"] = "Test";
  body["last_name"] = "User";
  const auto reply = ask(body);
  EXPECT_EQ(reply.status, 201);
  EXPECT_EQ(reply.reason, "Created");
  EXPECT_FALSE(reply.has("Set-Cookie"));
  const auto user = json_of(reply);
  EXPECT_EQ(keys_of(user), (keys{"id", "username", "email", "first_name", "last_name", "is_active",
                                 "is_superuser"}));
  EXPECT_TRUE(user["id"].is_number_unsigned()) << reply.body;
  EXPECT_EQ(user["username"], name);
  EXPECT_EQ(user["email"], name + "@example.com");
  EXPECT_EQ(user["first_name"], "Test");
  EXPECT_EQ(user["last_name"], "User");
  EXPECT_EQ(user["is_active"], true);
  EXPECT_EQ(user["is_superuser"], false);
}

TEST_P(Register, NeedsNeitherFirstNorLastName) {
  for (const bool as_null : {false, true}) {
    auto body = registration(new_name());
    if (as_null) body["first_name"] = body["last_name"] = nullptr;
    const auto reply = ask(body);
    EXPECT_EQ(reply.status, 201);
    const auto user = json_of(reply);
    EXPECT_EQ(keys_of(user), (keys{"id", "username", "email", "first_name", "last_name",
                                   "is_active", "is_superuser"}));
    EXPECT_EQ(user["first_name"], nullptr);
    EXPECT_EQ(user["last_name"], nullptr);
  }
}

TEST_P(Register, KeepsNamesAsTheyWereWrittenInAnyScript) {
  auto body = registration(new_name());
  body["first_name"] = "Łukasz \"Z\" \\ 李";
  body["last_name"] = "O'Нил \U0001F511";
  const auto user = json_of(ask(body));
  EXPECT_EQ(user["first_name"], body["first_name"]);
  EXPECT_EQ(user["last_name"], body["last_name"]);
}

TEST_P(Register, GivesEveryUserANumberOfTheirOwnThatRises) {
  const auto first = json_of(ask(registration(new_name())));
  const auto second = json_of(ask(registration(new_name())));
  EXPECT_GT(second["id"].get<long>(), first["id"].get<long>());
}

// -- names that are somebody's --------------------------------------------------------------

TEST_P(Register, RefusesATakenUsernameInEveryDisguise) {
  const auto name = new_name();
  on().add_user(name);
  std::string upper = name;
  upper[0] = 'U';
  upper[2] = 'E';
  const auto before = users();
  const std::vector<std::string> disguises = {
      name,
      upper,
      name + " ",
      "\u3000" + name,
      "\uFF55" + name.substr(1), // FULLWIDTH LATIN SMALL LETTER U
  };
  for (const auto& disguise : disguises) {
    auto body = registration(new_name());
    body["username"] = disguise;
    EXPECT_TRUE(is_error(ask(body), 409, "USER002", "username")) << disguise;
  }
  EXPECT_EQ(users(), before);
}

TEST_P(Register, RefusesATakenEmailInAnyCase) {
  const auto name = new_name();
  on().add_user(name);
  const auto before = users();
  for (const auto& email : {name + "@example.com", name + "@EXAMPLE.com",
                            "U" + name.substr(1) + "@Example.Com", " " + name + "@example.com "}) {
    auto body = registration(new_name());
    body["email"] = email;
    EXPECT_TRUE(is_error(ask(body), 409, "USER002", "email")) << email;
  }
  EXPECT_EQ(users(), before);
}

TEST_P(Register, LetsNobodyTakeAUsernameThatIsSomebodyElsesEmail) {
  const auto name = new_name();
  on().add_user(name);
  const auto before = users();
  for (const auto& taken : {name + "@example.com", name + "@EXAMPLE.COM"}) {
    auto body = registration(new_name());
    body["username"] = taken;
    const auto reply = ask(body);
    EXPECT_GE(reply.status, 400) << reply.body;
    EXPECT_LT(reply.status, 500) << reply.body;
    EXPECT_EQ(json_of(reply)["error"]["details"]["field"], "username") << reply.body;
  }
  EXPECT_EQ(users(), before);
}

TEST_P(Register, LetsAUserHaveTheirOwnEmailAsUsername) {
  const auto email = new_name() + "@example.com";
  const json body{{"username", email}, {"email", email}, {"password", password}};
  EXPECT_EQ(ask(body).status, 201);
  EXPECT_TRUE(is_error(ask(body), 409, "USER002"));
  EXPECT_FALSE(on().sign_in(email).access.empty());
}

TEST_P(Register, MakesOneUserOfTwentyParallelRequestsForOneName) {
  const auto name = new_name();
  const std::vector<http_call> calls(20, post_json("/auth/register", registration(name).dump()));
  int made = 0;
  for (const auto& answer : in_parallel(on().server->port(), calls)) {
    if (answer.reply.status == 201)
      ++made;
    else
      EXPECT_TRUE(is_error(answer.reply, 409, "USER002"));
  }
  EXPECT_EQ(made, 1);
  EXPECT_EQ(on().store.count("SELECT count(*) FROM users WHERE username = '" + name + "'"), 1);
}

// -- passwords --------------------------------------------------------------------------------

TEST_P(Register, RefusesAWeakPasswordAndSaysWhy) {
  const auto name = new_name();
  const auto before = users();
  const std::vector<std::pair<std::string, std::string>> weak = {
      {"", "at least 8 characters"},
      {"seven77", "at least 8 characters"},
      {std::string(1025, 'x'), "at most 1024 bytes"},
      {"password", "most common"},
      {"PassWord", "most common"},
      {"iloveyou", "most common"},
      {name, "username"},
      {name + "!1", "username"},
      {name + "@example.com", "email"},
      {"1" + name + "@EXAMPLE.com", "email"},
  };
  for (const auto& [attempt, reason] : weak) {
    auto body = registration(name);
    body["password"] = attempt;
    EXPECT_TRUE(is_error(ask(body), 400, "USER003", "password", reason)) << attempt;
  }
  EXPECT_EQ(users(), before);
}

TEST_P(Register, TakesEveryByteOfAPassword) {
  const std::string nul("before\0after and on", 19);
  std::string long_one(1024, 'x');
  for (std::size_t i = 0; i < long_one.size(); ++i)
    long_one[i] = static_cast<char>('a' + i % 23);
  auto differs_at_73 = long_one;
  differs_at_73[72] = '#';
  auto differs_at_the_end = long_one;
  differs_at_the_end.back() = '#';
  const std::vector<std::pair<std::string, std::vector<std::string>>> cases = {
      {"8 bytes!", {"8 bytes", "8 bytes! ", "8 Bytes!"}},
      {nul, {"before", std::string("before\0After and on", 19)}},
      {long_one, {differs_at_73, differs_at_the_end, long_one.substr(0, 72)}},
  };
  for (const auto& [right, wrong] : cases) {
    const auto name = new_name();
    auto body = registration(name);
    body["password"] = right;
    ASSERT_EQ(ask(body).status, 201);
    EXPECT_FALSE(on().sign_in(name, right).access.empty());
    for (const auto& attempt : wrong)
      EXPECT_TRUE(is_error(call(post_json("/auth/token", credentials(name, attempt).dump())), 401,
                           "AUTH001"));
  }
}

TEST_P(Register, StoresNoPasswordAndNoPlainHash) {
  const auto name = new_name();
  on().add_user(name);
  const auto stored =
      on().store.query("SELECT password_hash FROM users WHERE username = '" + name + "'");
  ASSERT_EQ(stored.size(), 1u);
  EXPECT_EQ(stored.front().front().rfind("$argon2id$", 0), 0u) << stored.front().front();
}

} // namespace
} // namespace latchkey::test
