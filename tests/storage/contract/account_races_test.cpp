// What holds of users however many change them at once.
#include "tests/storage/racing.hpp"

#include <algorithm>

namespace latchkey::test {

namespace {

using namespace storage;
using namespace std::chrono_literals;

constexpr int rounds = 5; // a race may miss its moment once

class AccountRaces : public Contract {
protected:
  user_record add_admin(const std::string& name) {
    auto made = make_user(name);
    made.user.role = "admin";
    return add(made);
  }
  static unit change(const user_record& user, const user_changes& changes) {
    return {{update_user{user.id, user.version, changes, noon}}};
  }
  static unit demote(const user_record& user) {
    user_changes c;
    c.role = "user";
    return change(user, c);
  }
  static unit deactivate(const user_record& user) {
    user_changes c;
    c.is_active = false;
    auto made = change(user, c);
    made.facts.push_back(end_sessions_of{user.id, {}, noon + 1s, "deactivated"});
    return made;
  }
};
LATCHKEY_ON_EVERY_ENGINE(AccountRaces);

TEST_P(AccountRaces, LeaveOneAdministrator) {
  for (int round = 0; round < rounds; ++round) {
    const auto n = std::to_string(round);
    // The administrator that the round before left makes four.
    std::vector<user_record> admins;
    const auto before = reader_->answer_to(list_users{true, 0, 100}).value().users;
    for (const auto& u : before)
      if (is_admin_role(u.role)) admins.push_back(u);
    while (admins.size() < 4)
      admins.push_back(add_admin("admin" + n + "-" + std::to_string(admins.size())));
    const auto answers =
        race(*store_, {demote(admins[0]), deactivate(admins[1]),
                       unit{{delete_user{admins[2].id, noon}}}, demote(admins[3])});
    EXPECT_EQ(winners(answers, error_code::conflict), 3u);
    const auto left = reader_->answer_to(list_users{true, 0, 100}).value().users;
    EXPECT_EQ(std::count_if(left.begin(), left.end(),
                            [](const auto& u) { return is_admin_role(u.role); }),
              1);
  }
}

TEST_P(AccountRaces, GiveANameToOneOfTen) {
  for (int round = 0; round < rounds; ++round) {
    const auto wanted = "wanted" + std::to_string(round);
    std::vector<unit> units;
    for (int i = 0; i < 10; ++i) {
      const auto name = "r" + std::to_string(round) + "-" + std::to_string(i);
      user_changes c;
      c.username = c.username_key = wanted;
      units.push_back(i == 0 ? unit{{make_user(wanted)}} : change(add(make_user(name)), c));
    }
    EXPECT_EQ(winners(race(*store_, units), error_code::user_exists), 1u);
  }
}

TEST_P(AccountRaces, LeaveNoSessionOfThePasswordBefore) {
  for (int round = 0; round < 40; ++round) {
    const auto ann = add(make_user("ann" + std::to_string(round)));
    const unit change{{set_password_hash{ann.id, ann.version, secret(std::string("new")), noon},
                       end_sessions_of{ann.id, {}, noon + 1s, "password_changed"}}};
    std::vector<unit> units{change};
    for (int i = 0; i < 3; ++i)
      units.push_back({{create_session{make_session(ann.id), ann.version}}});
    const auto answers = race(*store_, units);
    ASSERT_TRUE(answers.front());
    for (std::size_t i = 1; i < answers.size(); ++i)
      EXPECT_TRUE(answers[i] || failed_with(answers[i], error_code::conflict, "version"));
    const auto live = reader_->answer_to(list_sessions{ann.id, noon + 2s, 10}).value();
    EXPECT_TRUE(live.empty()) << "round " << round;
  }
}

TEST_P(AccountRaces, ChangeAVersionOnce) {
  const auto ann = add(make_user("ann"));
  std::vector<unit> units;
  for (int i = 0; i < 8; ++i) {
    user_changes c;
    c.first_name = "name" + std::to_string(i);
    units.push_back(change(ann, c));
  }
  EXPECT_EQ(winners(race(*store_, units), error_code::conflict), 1u);
  EXPECT_EQ(user(ann.id).version, ann.version + 1);
}

TEST_P(AccountRaces, LeaveNoSessionOfAnInactiveUser) {
  for (int round = 0; round < rounds; ++round) {
    const auto u = add(make_user("user" + std::to_string(round)));
    std::vector<unit> units{deactivate(u)};
    for (int i = 0; i < 6; ++i) {
      const auto s = make_session(u.id);
      units.push_back(i % 2 == 0 ? unit{{create_session{s}}} : unit{{upsert_session{s}}});
    }
    const auto answers = race(*store_, units);
    EXPECT_TRUE(answers[0]);
    EXPECT_TRUE(reader_->answer_to(list_sessions{u.id, noon}).value().empty());
  }
}

TEST_P(AccountRaces, LeaveNothingOfARemovedUser) {
  for (int round = 0; round < rounds; ++round) {
    const auto u = add(make_user("user" + std::to_string(round)));
    reset_token_record t;
    t.id = static_cast<std::uint64_t>(round) + 1;
    t.user = u.id;
    t.secret_hash = "hash";
    const auto answers =
        race(*store_, {unit{{delete_user{u.id, noon}}}, unit{{create_session{make_session(u.id)}}},
                       unit{{add_reset_token{t}}},
                       unit{{set_recovery{u.id, secret(std::string("phc")), noon}}}});
    EXPECT_TRUE(answers[0]) << name_of(answers[0].error().code);
    EXPECT_FALSE(reader_->answer_to(find_recovery{u.id}).value());
    EXPECT_FALSE(reader_->answer_to(find_reset_token{t.id}).value());
    EXPECT_FALSE(reader_->find_user(u.id).value());
  }
}

} // namespace

} // namespace latchkey::test
