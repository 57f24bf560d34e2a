// Passwords on every path that sets one: compared to the last byte, never one of the commonest, and
// kept as today's settings want them.
#include "tests/product/accounts/recovery.hpp"
#include "tests/product/pages/browser.hpp"
#include "tests/product/routes.hpp"

#include <fstream>
#include <functional>

namespace latchkey::test {
namespace {

/// Gives the account of that name that password; an account that is there already has `password`
/// until then.
struct way_to_set {
  std::string route;
  bool registers; // an account that is not there yet
  std::function<http_reply(const std::string& name, const std::string& word)> set;
};

class Passwords : public Recovery {
protected:
  std::vector<way_to_set> ways_to_set() const {
    const auto registering = [this](const std::string& path) {
      return [this, path](const std::string& name, const std::string& word) {
        auto body = registration(name);
        body["password"] = word;
        return call(post_json(path, body.dump()));
      };
    };
    return {
        {"POST /auth/register", true, registering("/auth/register")},
        {"POST /api/v1/auth/register", true, registering("/api/v1/auth/register")},
        {"POST /users/register", true, registering("/users/register")},
        {"POST /register", true,
         [this](const auto& name, const auto& word) {
           browser person{on()};
           person.open("/register");
           return person.answer_to(
               "/register",
               {{"username", name}, {"email", name + "@example.com"}, {"password", word}});
         }},
        {"PUT /account/change-password", false,
         [this](const auto& name, const auto& word) {
           const json body{{"current_password", password}, {"new_password", word}};
           return call(
               put_json("/account/change-password", body.dump()).as(on().sign_in(name).access));
         }},
        {"POST /account/password", false,
         [this](const auto& name, const auto& word) {
           browser person{on()};
           person.sign_in(name);
           return person.answer_to("/account/password",
                                   {{"current_password", password}, {"new_password", word}});
         }},
        {"POST /recovery/reset-password", false,
         [this](const auto& name, const auto& word) { return reset(token_by_mail(name), word); }},
        {"POST /reset-password", false,
         [this](const auto& name, const auto& word) {
           browser person{on()};
           person.open("/reset-password?token=" + token_by_mail(name));
           return person.answer_to("/reset-password", {{"new_password", word}});
         }},
    };
  }
  std::string name_for(const way_to_set& way) const {
    const auto name = new_name();
    if (!way.registers) on().add_user(name);
    return name;
  }
  int status_of_form(const std::string& name, const std::string& word) const {
    browser person{on()};
    person.open("/sign-in");
    return person.answer_to("/sign-in", {{"username", name}, {"password", word}}).status;
  }
  long users() const { return on().store.count("SELECT count(*) FROM users"); }
};
LATCHKEY_ON_BOTH_ENGINES(Passwords);

TEST_P(Passwords, AreSetByWaysThatAreAllHere) {
  std::set<std::string> written, described{operations_with("new_password", on())};
  for (const auto& name : operations_with("password", on()))
    if (says(name, "register")) described.insert(name);
  for (const auto& way : ways_to_set())
    written.insert(way.route);
  for (const auto* page : {"POST /register", "POST /account/password", "POST /reset-password"})
    described.insert(page);
  EXPECT_EQ(written, described);
}

TEST_P(Passwords, ThatEverybodyTriesFirstAreSetNowhere) {
  for (const auto& way : ways_to_set()) {
    const auto name = name_for(way);
    const auto before = users();
    for (const auto& weak : {std::string{"iloveyou"}, std::string{"PassWord"}, name, name + "!1",
                             name + "@example.com", std::string{"seven77"}}) {
      const auto reply = way.set(name, weak);
      const bool is_page = reply.status == 422 && says(reply.body, "<form");
      EXPECT_TRUE(is_page || is_error(reply, 400, "USER003")) << way.route << " " << weak;
    }
    EXPECT_EQ(users(), before) << way.route;
    const int as_before = way.registers ? 401 : 200;
    EXPECT_EQ(status_of_sign_in(name, password), as_before) << way.route;
  }
}

TEST_P(Passwords, AreThemselvesToTheLastByte) {
  const auto of_length = [](std::size_t length) {
    std::string word(length, ' ');
    for (std::size_t i = 0; i < length; ++i)
      word[i] = static_cast<char>('a' + i * 7 % 23);
    return word;
  };
  const auto with = [](std::string word, std::size_t at) {
    word[at] = '#';
    return word;
  };
  const auto w64 = of_length(64), w128 = of_length(128), w1024 = of_length(1024);
  const std::vector<std::pair<std::string, std::vector<std::string>>> words{
      {w64, {with(w64, 63), w64.substr(0, 63), w64 + "a"}},
      {w128, {with(w128, 72), with(w128, 127), w64}},
      {w1024, {with(w1024, 72), with(w1024, 1023), w128}},
      {std::string("before\0after it", 15), {"before", std::string("before\0After it", 15)}},
      {"\u00fcber \U0001F511 \u674e und Schl\u00fcssel", {"uber \U0001F511 \u674e und Schlussel"}}};
  for (const auto& way : ways_to_set())
    for (const auto& [right, wrong] : words) {
      const auto trace = way.route + " " + std::to_string(right.size()) + " bytes";
      const auto name = name_for(way);
      const auto reply = way.set(name, right);
      EXPECT_LT(reply.status, 400) << trace << reply.body;
      EXPECT_EQ(status_of_sign_in(name, right), 200) << trace;
      EXPECT_EQ(status_of_form(name, right), 303) << trace;
      for (const auto& other : wrong)
        EXPECT_EQ(status_of_sign_in(name, other), 401) << trace << " " << other;
      EXPECT_EQ(status_of_form(name, wrong.front()), 422) << trace;
    }
}

// -- what is stored -------------------------------------------------------------------------------

class StoredPassword : public testing::TestWithParam<std::string> {
protected:
  static std::string hash_of(const product& at, const std::string& name) {
    return at.store.query("SELECT password_hash FROM users WHERE username = '" + name + "'")
        .at(0)
        .at(0);
  }
  static http_reply sign_in(const product& at, const std::string& name,
                            const std::string& word = password) {
    return at.call(post_json("/auth/token", credentials(name, word).dump()));
  }
  static void restart_with(product& at, const environment& more) {
    at.server->stop();
    for (const auto& [name, value] : more)
      at.settings[name] = value;
    at.start();
  }
};
LATCHKEY_ON_BOTH_ENGINES(StoredPassword);

TEST_P(StoredPassword, OfALowerCostThanTodaysIsHashedAnewByARightSignInAlone) {
  product own{GetParam()};
  const auto name = new_name();
  own.add_user(name);
  const auto cheap = hash_of(own, name);
  ASSERT_TRUE(says(cheap, "$m=1024,t=1,p=1$")) << cheap;
  restart_with(own, {{"ARGON2_MEMORY_KIB", "2048"}, {"ARGON2_ITERATIONS", "2"}});
  EXPECT_EQ(sign_in(own, name, "not the password").status, 401);
  EXPECT_EQ(hash_of(own, name), cheap);
  EXPECT_EQ(sign_in(own, name).status, 200);
  ASSERT_TRUE(eventually([&] { return hash_of(own, name) != cheap; }));
  const auto dear = hash_of(own, name);
  EXPECT_TRUE(says(dear, "$m=2048,t=2,p=1$")) << dear;
  EXPECT_EQ(sign_in(own, name, "not the password").status, 401);
  const auto hashes = [&] { return own.metric("hashing_duration_seconds_count"); };
  const auto before = hashes();
  EXPECT_EQ(sign_in(own, name).status, 200);
  EXPECT_EQ(hashes() - before, 1) << "it is of today's cost";
  EXPECT_EQ(hash_of(own, name), dear);
}

/// The most memory that the process ever had, in KiB.
long peak_memory_kib(pid_t process) {
  std::ifstream status{"/proc/" + std::to_string(process) + "/status"};
  for (std::string line; std::getline(status, line);)
    if (line.starts_with("VmHWM:")) return std::stol(line.substr(6));
  return -1;
}

TEST_P(StoredPassword, ThatAsksForFourGibibytesIsRefusedLikeAWrongOne) {
  product own{GetParam()};
  const std::vector<std::string> greedy{
      "$argon2id$v=19$m=4194304,t=1,p=1$c2FsdHNhbHRzYWx0c2FsdA$" + std::string(43, 'A'),
      "$argon2id$v=19$m=1024,t=4294967295,p=1$c2FsdHNhbHRzYWx0c2FsdA$" + std::string(43, 'A'),
      "$scrypt$ln=31,r=8,p=1$c2FsdHNhbHRzYWx0c2FsdA$" + std::string(43, 'A'),
      "$2b$31$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW",
      "pbkdf2_sha256$4294967295$seasalt$BNZ6eyaNc8qFTJPjrAq99hSYb73EgAdytAtdBg2Sdcc="};
  std::vector<std::string> names;
  for (std::size_t i = 0; i <= greedy.size(); ++i)
    own.add_user(names.emplace_back(new_name()));
  own.server->stop();
  for (std::size_t i = 0; i < greedy.size(); ++i)
    own.store.query("UPDATE users SET password_hash = '" + greedy[i] + "' WHERE username = '" +
                    names[i] + "'");
  own.start();
  const auto wrong = sign_in(own, names.back(), "not the password");
  EXPECT_TRUE(is_error(wrong, 401, "AUTH001"));
  const auto compared = [&] {
    return own.metric(R"(password_checks_total{against="stored"})") +
           own.metric(R"(password_checks_total{against="nothing"})");
  };
  for (std::size_t i = 0; i < greedy.size(); ++i) {
    const auto before = compared();
    const auto reply = sign_in(own, names[i]);
    EXPECT_EQ(visible_of(reply), visible_of(wrong)) << greedy[i] << reply.body;
    EXPECT_EQ(compared() - before, 1) << greedy[i];
  }
  EXPECT_EQ(sign_in(own, names.back()).status, 200) << "the others are as they were";
  EXPECT_LT(peak_memory_kib(own.server->id()), 1024 * 1024);
}

} // namespace
} // namespace latchkey::test
