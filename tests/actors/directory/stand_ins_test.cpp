// What an unknown name's password or passphrase is compared with, for nothing: the share that each
// kind of hash has among the users, always the same for one name. The work is counted, not timed.
#include "actors/directory/stand_ins.hpp"
#include "tests/actors/user/one_user.hpp"

#include <algorithm>
#include <map>
#include <ranges>

namespace latchkey::test {
namespace {

const std::string of_another_system = "old:imported";

struct unknown_names : actor_fixture {
  std::vector<user_record> users;

  /// Of every ten, so many came with another system's hash.
  void add(std::size_t count, std::size_t foreign_of_ten) {
    for (std::size_t i = 0; i < count; ++i)
      users.push_back(add_user("user" + std::to_string(users.size()),
                               i % 10 < foreign_of_ten ? of_another_system : "plain:ours"));
  }
  void give_passphrase(const user_record& user, const std::string& phc) {
    write({{storage::set_recovery{user.id, secret{phc}, clock.now()}}});
  }
  /// What that name is compared with.
  std::string compared_with(const std::string& name, bool is_passphrase = false) {
    messages::compare_with_nothing question;
    question.is_passphrase = is_passphrase;
    question.password = secret{"a guess"s};
    question.deadline = soon();
    question.name = name;
    EXPECT_TRUE(ask(env().directories.front(), question));
    const auto& asked = hashes.question<messages::verify_password>(hashes.seen() - 1);
    EXPECT_TRUE(asked.is_for_nothing);
    EXPECT_FALSE(asked.rehashes);
    return std::string{asked.phc.reveal()};
  }
  std::map<std::string, std::string> compared(std::size_t names, bool is_passphrase = false) {
    std::map<std::string, std::string> out;
    for (std::size_t i = 0; i < names; ++i) {
      const auto name = "nobody" + std::to_string(i);
      out[name] = compared_with(name, is_passphrase);
    }
    return out;
  }
  static std::size_t foreign_in(const std::map<std::string, std::string>& compared) {
    return static_cast<std::size_t>(std::ranges::count_if(
        compared, [](const auto& comparison) { return comparison.second == of_another_system; }));
  }
};

TEST(StandIns, TakeTheWorkOfEachKindOfHashInItsShareOfTheUsers) {
  for (const std::size_t of_ten : {0u, 3u, 7u, 10u}) {
    unknown_names f;
    f.add(200, of_ten);
    const auto foreign = f.foreign_in(f.compared(400));
    // Four standard deviations of a draw of 400, and those of which users are drawn.
    EXPECT_GE(foreign + 60, of_ten * 40) << of_ten;
    EXPECT_LE(foreign, of_ten * 40 + 60) << of_ten;
    if (of_ten == 0) {
      EXPECT_EQ(foreign, 0u);
    } else if (of_ten == 10) {
      EXPECT_EQ(foreign, 400u);
    }
  }
}

TEST(StandIns, TakeTodaysCostWhereThereIsNobody) {
  unknown_names f;
  EXPECT_EQ(f.compared_with("nobody"), "");
}

TEST(StandIns, AreTheSameForANameWhateverBecomesOfOthers) {
  unknown_names f;
  f.add(100, 5);
  const auto first = f.compared(200);
  EXPECT_EQ(f.compared(200), first);
  f.add(10, 5);
  f.advance(directory_state::stand_ins_good_for);
  f.compared_with("nobody"); // they are read anew
  const auto later = f.compared(200);
  std::size_t others = 0;
  for (const auto& [name, phc] : first)
    others += later.at(name) == phc ? 0 : 1;
  EXPECT_LE(others, 40u) << "ten of a hundred and ten are new, and half of them are as before";
}

TEST(StandIns, FollowTheUsersWhoseHashesAreReplaced) {
  unknown_names f;
  f.add(50, 10);
  ASSERT_EQ(f.foreign_in(f.compared(50)), 50u);
  for (const auto& user : f.users)
    f.write({{storage::set_password_hash{user.id, user.version, secret{"plain:ours"s},
                                         f.clock.now()}}});
  EXPECT_EQ(f.foreign_in(f.compared(50)), 50u) << "they are not read each time";
  f.advance(directory_state::stand_ins_good_for);
  f.compared_with("nobody");
  EXPECT_EQ(f.foreign_in(f.compared(50)), 0u);
}

TEST(StandIns, OfAPassphraseTakeTheWorkOfEachKindOfHashInItsShareOfTheUsers) {
  unknown_names f;
  f.add(200, 0);
  for (std::size_t i = 0; i < f.users.size(); ++i)
    if (i % 2 == 0) f.give_passphrase(f.users[i], i % 10 < 6 ? of_another_system : "plain:ours");
  const auto compared = f.compared(400, true);
  // Of ten users, three have a passphrase of another system, two one of ours, five none.
  const auto share = [&compared](const std::string& phc) {
    return std::ranges::count(compared | std::views::values, phc);
  };
  EXPECT_NEAR(static_cast<double>(share(of_another_system)), 120, 60);
  EXPECT_NEAR(static_cast<double>(share("plain:ours")), 80, 60);
  EXPECT_NEAR(static_cast<double>(share("")), 200, 60);
  EXPECT_EQ(f.compared(400, true), compared) << "always the same for one name";
}

TEST(StandIns, OfANamesPasswordAndPassphraseAreOneUsers) {
  unknown_names f;
  f.add(50, 5);
  for (const auto& user : f.users)
    f.give_passphrase(user, std::string{user.password_hash.reveal()});
  EXPECT_EQ(f.compared(100, true), f.compared(100));
}

TEST(StandIns, AreReadInPagesOfWhichThereAreNeverTooMany) {
  for (const std::int64_t total : {1, 16, 17, 512, 513, 100'000, 100'000'000}) {
    stand_ins all;
    std::int64_t after = 0;
    std::size_t pages = 0;
    while (!all.is_full()) {
      storage::hashes_after::answer page;
      for (auto n = after + 1; n <= total && page.size() < stand_ins::page_rows; ++n) {
        stand_ins::hashes user;
        user.user = user_id{make_uuid(*parse_time("2026-01-02T03:04:05Z"))};
        user.number = n;
        page.push_back(user);
      }
      const auto next = all.add(page, after, total);
      EXPECT_GT(next, after);
      after = next;
      ++pages;
    }
    EXPECT_LE(pages, stand_ins::pages_max) << total;
    EXPECT_GE(after, total) << "the last of them are asked for too";
  }
}

TEST(StandIns, KeepNobodyFromAnAnswerWhenTheStoreDoesNotSay) {
  unknown_names f;
  f.add(10, 10);
  f.store.set_down(true);
  EXPECT_EQ(f.compared_with("nobody"), "");
  f.store.set_down(false);
  f.compared_with("nobody");
  EXPECT_EQ(f.compared_with("nobody"), of_another_system);
}

} // namespace
} // namespace latchkey::test
