// What every engine does with text that was written to hurt, and with text it cannot hold.
#include "tests/storage/engines.hpp"

namespace latchkey::test {

namespace {

using namespace storage;

class Text : public Contract {};
LATCHKEY_ON_EVERY_ENGINE(Text);

// Each means something to SQL, to an array literal, to bytea, or to a careless escape.
const std::vector<std::string> hostile{
    "'; DROP TABLE users; --",
    R"(back\slash and \\ two)",
    R"("quoted" 'twice' `thrice`)",
    "{curly,braces}",
    "a,b,,c",
    "NULL",
    "null",
    R"(\x00ff)",
    R"(\N)",
    "$1 $2 :name ?",
    "line\nbreak\r\ttab",
    "\x01\x7f",
    "smile \xF0\x9F\x99\x82 and \xE2\x82\xAC and e\xCC\x81",
    "%s %d %%",
    " leading and trailing ",
};

TEST_P(Text, SurvivesABatchUnchanged) {
  std::vector<unit> batch;
  std::vector<user_id> users;
  std::vector<session_id> sessions;
  for (std::size_t i = 0; i < hostile.size(); ++i) {
    auto u = make_user("user" + std::to_string(i));
    u.user.username = u.user.first_name = u.user.last_name = u.user.full_name = hostile[i];
    u.username_key = hostile[i];
    u.user.subscription_tier = u.user.client_id = hostile[i];
    u.user.password_hash = secret(hostile[i]);
    auto s = make_session(u.user.id);
    s.user_agent = s.address = s.salt = hostile[i];
    auto entry = make_audit(hostile[i]);
    entry.reason = entry.request_id = hostile[i];
    users.push_back(u.user.id);
    sessions.push_back(s.id);
    batch.push_back({{u, create_session{s}, add_audit{entry}}});
  }
  for (const auto& answer : writer_->commit(batch))
    ASSERT_TRUE(answer) << name_of(answer.error().code) << " " << answer.error().field;
  for (std::size_t i = 0; i < hostile.size(); ++i) {
    const auto found = user(users[i]);
    EXPECT_EQ(found.username, hostile[i]);
    EXPECT_EQ(found.first_name, hostile[i]);
    EXPECT_EQ(found.full_name, hostile[i]);
    EXPECT_EQ(found.subscription_tier, hostile[i]);
    EXPECT_EQ(found.client_id, hostile[i]);
    EXPECT_EQ(found.password_hash.reveal(), hostile[i]);
    EXPECT_EQ(session(sessions[i]).user_agent, hostile[i]);
    EXPECT_EQ(session(sessions[i]).salt, hostile[i]);
    EXPECT_EQ(reader_->find_login(hostile[i]).value(), users[i]);
  }
}

TEST_P(Text, ThatCannotBeHeldFailsAloneAndSaysWhere) {
  struct bad_case {
    std::string field;
    std::string text;
  };
  const std::vector<bad_case> cases{
      {"first_name", std::string("a\0b", 3)},
      {"first_name", "bad \xff utf8"},
      {"first_name", "\xED\xA0\x80"},
      {"first_name", std::string(101, 'a')},
      {"email", std::string(256, 'a')},
      {"role", std::string(51, 'r')},
      {"password_hash", std::string(256, 'p')},
      {"client_id", std::string(101, 'c')},
      {"subscription_tier", std::string(51, 't')},
  };
  std::vector<unit> batch{{{make_user("good0")}}};
  for (std::size_t i = 0; i < cases.size(); ++i) {
    auto u = make_user("bad" + std::to_string(i));
    const auto& [field, text] = cases[i];
    (field == "first_name"  ? u.user.first_name
     : field == "email"     ? u.user.email
     : field == "role"      ? u.user.role
     : field == "client_id" ? u.user.client_id
                            : u.user.subscription_tier) = text;
    if (field == "password_hash") {
      u.user.subscription_tier = "free";
      u.user.password_hash = secret(text);
    }
    batch.push_back({{u}});
  }
  batch.push_back({{make_user("good1")}});
  const auto answers = writer_->commit(batch);
  EXPECT_TRUE(answers.front());
  EXPECT_TRUE(answers.back());
  for (std::size_t i = 0; i < cases.size(); ++i)
    EXPECT_TRUE(failed_with(answers[i + 1], error_code::validation_error, cases[i].field)) << i;
  EXPECT_EQ(reader_->count_users().value(), 2);
}

TEST_P(Text, OfTheLongestLengthFitsInCharactersNotBytes) {
  auto u = make_user("ann");
  u.user.first_name.clear();
  for (int i = 0; i < 100; ++i)
    u.user.first_name += "\xF0\x9F\x99\x82";
  EXPECT_EQ(add(u).first_name.size(), 400u);
}

TEST_P(Text, WithANulIsNobodysLogin) {
  add(make_user("ann"));
  EXPECT_EQ(reader_->find_login(std::string("ann\0", 4)).value(), std::nullopt);
  EXPECT_EQ(reader_->find_login("ann\xff").value(), std::nullopt);
  EXPECT_EQ(reader_->find_login("").value(), std::nullopt);
}

TEST_P(Text, IsNotTheOnlyThingThatIsChecked) {
  const auto ann = add(make_user("ann"));
  EXPECT_TRUE(failed_with(commit({add_audit{}}), error_code::validation_error, "id"));
  EXPECT_TRUE(failed_with(commit({rotate_session{session_id{make_uuid(noon)}, ~0ull, noon}}),
                          error_code::validation_error, "counter"));
  EXPECT_TRUE(failed_with(commit({touch_login{ann.id, time_point::max()}}),
                          error_code::validation_error, "at"));
  auto negative = make_user("bob");
  negative.user.number = -1;
  EXPECT_TRUE(failed_with(commit({negative}), error_code::validation_error, "number"));
}

} // namespace

} // namespace latchkey::test
