// `users import`: which forms of numbers, names, hashes and files it takes, and how it names those
// that it does not.
#include "tests/product/commands/user_transfer.hpp"

namespace latchkey::test {
namespace {

class ImportedValue : public UserTransfer {};
LATCHKEY_ON_BOTH_ENGINES(ImportedValue);

TEST_P(ImportedValue, TakesANumberInEachFormThatIdsHave) {
  const auto done = import(R"({"username":"ada","email":"ada@example.com","number":41.0})"
                           "\n"
                           R"({"username":"bob","email":"bob@example.com","number":"42"})"
                           "\n"
                           R"({"username":"cat","email":"cat@example.com","number":4.3e1})"
                           "\n"
                           R"({"username":"dan","email":"dan@example.com","number":"41"})");
  EXPECT_TRUE(says(done.err, "line 4: number: belongs to another user (dan)")) << done.err;
  EXPECT_EQ(done.out, "3 users imported, 0 existed already, 1 refused\n");
  for (const auto& [name, number] : {std::pair{"ada", 41}, {"bob", 42}, {"cat", 43}})
    EXPECT_EQ(store_.count("SELECT number FROM users WHERE username = '" + std::string{name} + "'"),
              number);
}

TEST_P(ImportedValue, DoesNotNumberLaterUsersBehindAHugeNumber) {
  const auto user = [](const std::string& name, const std::string& more = {}) {
    return R"({"username":")" + name + R"(","email":")" + name + R"(@example.com")" + more + "}\n";
  };
  const auto number_of = [](const test_store& store, const std::string& name) {
    return store.count("SELECT number FROM users WHERE username = '" + name + "'");
  };
  ASSERT_EQ(import(user("near", R"(,"number":41)") + user("huge", R"(,"number":4503599627370496)") +
                   user("large", R"(,"number":2147483648)") + user("later"))
                .exit_code,
            0);
  EXPECT_GT(number_of(store_, "later"), 41);
  EXPECT_LT(number_of(store_, "later"), 2147483648L);
  // The last one that moves the numbering; whoever comes behind it comes in again, too.
  ASSERT_EQ(import(user("last", R"(,"number":2147483647)") + user("behind")).exit_code, 0);
  EXPECT_GT(number_of(store_, "behind"), 2147483648L) << "which is taken";
  const auto exported = run(store_, {"export", "-"});
  ASSERT_EQ(exported.exit_code, 0) << exported.err;
  const test_store empty{GetParam()};
  const auto again = run(empty, {"import", "-"}, exported.out);
  EXPECT_EQ(again.exit_code, 0) << again.err;
  EXPECT_EQ(run(empty, {"export", "-"}).out, exported.out);
}

TEST_P(ImportedValue, SaysThatANameLooksLikeAnothers) {
  ASSERT_EQ(import(R"({"username":"cope","email":"cope@example.com"})").exit_code, 0);
  // In Cyrillic letters.
  const std::string alike = "{\"username\":\"\u0441\u043e\u0440\u0435\","
                            "\"email\":\"other@example.com\"}";
  for (const auto& options : {std::vector<std::string>{}, {"--dry-run"}}) {
    const auto done = import(alike, options);
    EXPECT_EQ(done.exit_code, 1);
    EXPECT_TRUE(says(done.err, "line 1: username: looks like another's (")) << done.err;
    EXPECT_FALSE(says(done.err, "another user")) << done.err;
  }
  EXPECT_EQ(store_.count("SELECT count(*) FROM users"), 1);
}

TEST_P(ImportedValue, RefusesAnotherUserWhoseEmailDiffersByCaseAlone) {
  const std::string ann = R"({"username":"ann","email":"Ann@example.com"})";
  const std::string other = R"({"username":"anna","email":"ann@example.com"})";
  const std::string same = R"({"username":"ANN","email":"ANN@example.com"})";
  // Within one file, and against the store.
  const auto first = import(ann + "\n" + other, {"--on-conflict", "skip"});
  EXPECT_EQ(first.exit_code, 1) << first.err;
  EXPECT_TRUE(says(first.err, "line 2: email: differs from another user's only in the case"))
      << first.err;
  EXPECT_EQ(first.out, "1 users imported, 0 existed already (skipped), 1 refused\n");
  for (const auto& options : {std::vector<std::string>{"--on-conflict", "skip"},
                              {"--on-conflict", "skip", "--dry-run"}}) {
    EXPECT_EQ(import(other, options).exit_code, 1);
    EXPECT_EQ(import(same, options).exit_code, 0) << "the same person, by both names";
  }
  EXPECT_EQ(store_.count("SELECT count(*) FROM users"), 1);
}

TEST_P(ImportedValue, PassesOverAByteOrderMarkAndNamesOtherEncodings) {
  const std::string lines = R"({"username":"ada","email":"ada@example.com"})"
                            "\r\n"
                            R"({"username":"bob","email":"bob@example.com"})";
  ASSERT_EQ(import("").exit_code, 0); // which makes the store
  const auto marked = import("\xEF\xBB\xBF" + lines, {"--dry-run"});
  EXPECT_EQ(marked.out, "2 users would be imported, 0 existed already, 0 refused\n");
  for (const bool is_marked : {true, false}) {
    std::string wide = is_marked ? "\xFF\xFE" : "";
    for (const char c : lines)
      (wide += c) += '\0';
    const auto done = import(wide);
    EXPECT_EQ(done.exit_code, 1);
    EXPECT_TRUE(says(done.err, "the file is in UTF-16")) << done.err;
    EXPECT_FALSE(says(done.err, "line ")) << done.err;
  }
  EXPECT_EQ(import("\xEF\xBB\xBF" + lines).exit_code, 0);
}

TEST_P(ImportedValue, NamesTheFamilyOfAHashThatItDoesNotTake) {
  const auto with = [](const std::string& name, const std::string& hash) {
    return json{{"username", name}, {"email", name + "@example.com"}, {"password_hash", hash}}
               .dump() +
           "\n";
  };
  const auto done = import(with("wp", "$P$BabcdefghaxJJbhO7tFuoMXvvOqDeQ1") +
                           with("ldap", "{SSHA}2TFTjP+jXlWedIGrOY3Kocs+FbdTQUxU") +
                           with("linux", "$6$saltsalt$VFn88SKFRYWCcJUaBCQyFpKeGGtJIEw"));
  EXPECT_EQ(done.exit_code, 1);
  for (const auto* part : {"line 1: password_hash: must be a hash", "phpass", "line 2", "SSHA",
                           "line 3", "sha512crypt (crypt(3), $6$)"})
    EXPECT_TRUE(says(done.err, part)) << part << ": " << done.err;
  EXPECT_EQ(store_.count("SELECT count(*) FROM users"), 0);
}

} // namespace
} // namespace latchkey::test
