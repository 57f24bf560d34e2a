// `users import` and `users export`: what is refused and why, whose passwords go on working, and
// that nothing is lost on the way.
#include "tests/product/commands/user_transfer.hpp"

#include <csignal>
#include <fstream>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>

namespace latchkey::test {
namespace {

class ImportExport : public UserTransfer {};
LATCHKEY_ON_BOTH_ENGINES(ImportExport);

const std::string bcrypt_U_U = "$2a$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW";

TEST_P(ImportExport, RefusesEachBadLineWithItsReasonAndTakesTheRest) {
  struct bad_line {
    std::string line, reason;
  };
  const auto with = [](const std::string& name, const std::string& more) {
    return R"({"username":")" + name + R"(","email":")" + name + R"(@example.com")" + more + "}";
  };
  const std::vector<bad_line> bad = {
      {"not json", "body: "},
      {"[]", "body: "},
      {R"({"username":"a1"})", "email: is required"},
      {R"({"email":"a2@example.com"})", "username: is required"},
      {R"({"username":"a3","email":"nobody"})", "email: "},
      {R"({"username":"a@b","email":"a4@example.com"})", "username: "},
      {with("a5", R"(,"is_superuser":true)"), "is_superuser: "},
      {with("a6", R"(,"email":"twice@example.com")"), "email: is given twice"},
      {with("a7", R"(,"is_active":"yes")"), "is_active: "},
      {with("a8", R"(,"number":0)"), "number: "},
      {with("d1", R"(,"number":4503599627370497)"),
       "number: must be an integer from 1 to 4503599627370496"},
      {with("d2", R"(,"number":"4503599627370497")"), "number: must be an integer from 1 to "},
      {with("d3", R"(,"number":41.5)"), "number: must be an integer"},
      {with("d4", R"(,"number":"forty")"), "number: must be an integer"},
      {with("d5", R"(,"number":true)"), "number: must be an integer"},
      {with("a9", R"(,"id":"17")"), "id: must be a UUID"},
      {with("b1", R"(,"created_at":"yesterday")"), "created_at: "},
      {with("b2", R"(,"role":"astronaut")"), "role: no such role exists"},
      {with("b3", R"(,"password_hash":"plain text")"), "password_hash: must be a hash"},
      {with("b4", R"(,"password_hash":"$argon2id$v=19$m=4194304,t=3,p=1$c29tZXNhbHRzb21lc2FsdA)"
                  R"($Va8xEDQOpUnv4qNcJ1+rUqq9xNDCSu7DfHi7pzyCEwI")"),
       "password_hash: must be a hash"},
      {with("b5", R"(,"first_name":"a\u0007b")"), "first_name: "},
      {with("b6", R"(,"preferences":[])"), "preferences: "},
      {with("b7", ",\"company\":\"\xff\""), "body: "},
      {with("b8", R"(,"company":")" + std::string(200'000, 'x') + "\""), "line: is longer than"},
      {with("b9", R"(,"company":")" + std::string(256, 'x') + "\""), "company: "},
      {with("c1", R"(,"avatar_url":"javascript:x")"), "avatar_url: "},
      {with("c2", R"(,"client_id":")" + std::string(101, 'x') + "\""), "client_id: "},
  };
  std::string lines;
  for (const auto& example : bad)
    lines += example.line + "\n";
  lines += "\n" + with("good", "") + "\r\n" + with("last", ""); // without an end of the line
  const auto done = import(lines);
  EXPECT_EQ(done.exit_code, 1) << done.out;
  for (std::size_t i = 0; i < bad.size(); ++i)
    EXPECT_TRUE(says(done.err, "line " + std::to_string(i + 1) + ": " + bad[i].reason))
        << bad[i].line.substr(0, 100) << "\n"
        << done.err;
  EXPECT_EQ(done.out,
            "2 users imported, 0 existed already, " + std::to_string(bad.size()) + " refused\n");
  EXPECT_EQ(store_.count("SELECT count(*) FROM users"), 2);
  EXPECT_EQ(store_.count("SELECT count(*) FROM audit_log WHERE action = 'user.imported'"), 2);
}

TEST_P(ImportExport, ReportsUsersThatAreThereAndChangesNothingOfThem) {
  const std::string ada = R"({"username":"ada","email":"ada@example.com","company":"One"})";
  ASSERT_EQ(import(ada).exit_code, 0);
  const std::string again = R"({"username":"ADA","email":"other@example.com","company":"Two"})"
                            "\n"
                            R"({"username":"other","email":"ada@example.com"})"
                            "\n"
                            R"({"username":"new","email":"new@example.com"})";
  const auto failed = import(again);
  EXPECT_EQ(failed.exit_code, 1);
  EXPECT_TRUE(says(failed.err, "line 1: username: belongs to another user (ADA)")) << failed.err;
  EXPECT_TRUE(says(failed.err, "line 2: email: exists already (other)")) << failed.err;
  EXPECT_EQ(failed.out, "1 users imported, 1 existed already, 1 refused\n");
  // Whoever has the username alone is somebody else, and the one in the file would be lost.
  const auto skipped = import(again, {"--on-conflict", "skip"});
  EXPECT_EQ(skipped.exit_code, 1) << skipped.err;
  EXPECT_EQ(skipped.out, "0 users imported, 2 existed already (skipped), 1 refused\n");
  const auto same = import(again.substr(again.find('\n') + 1), {"--on-conflict", "skip"});
  EXPECT_EQ(same.exit_code, 0) << same.err;
  EXPECT_EQ(same.out, "0 users imported, 2 existed already (skipped), 0 refused\n");
  EXPECT_EQ(store_.count("SELECT count(*) FROM users"), 2);
  EXPECT_EQ(store_.count("SELECT count(*) FROM user_profiles WHERE company = 'One'"), 1);
  EXPECT_EQ(store_.count("SELECT count(*) FROM user_profiles WHERE company = 'Two'"), 0);
}

TEST_P(ImportExport, WritesNothingInADryRun) {
  ASSERT_EQ(import(R"({"username":"ada","email":"ada@example.com"})").exit_code, 0);
  const auto done = import(R"({"username":"bob","email":"bob@example.com"})"
                           "\n"
                           R"({"username":"eve","email":"ADA@example.com"})"
                           "\n{}\n"
                           R"({"username":"cat","email":"cat@example.com","client_id":")" +
                               std::string(101, 'x') + "\"}\n",
                           {"--dry-run"});
  EXPECT_EQ(done.exit_code, 1);
  EXPECT_EQ(done.out, "1 users would be imported, 0 existed already, 3 refused\n");
  EXPECT_EQ(store_.count("SELECT count(*) FROM users"), 1);
}

TEST_P(ImportExport, ListsInItsHelpEveryFieldThatAnExportHas) {
  const auto help = run(store_, {"import", "--help"});
  EXPECT_EQ(help.exit_code, 0);
  for (const auto* field : {"id",
                            "number",
                            "username",
                            "email",
                            "password_hash",
                            "first_name",
                            "last_name",
                            "full_name",
                            "role",
                            "client_id",
                            "is_active",
                            "email_verified",
                            "created_at",
                            "updated_at",
                            "last_login_at",
                            "recovery_passphrase_hash",
                            "company",
                            "phone",
                            "avatar_url",
                            "preferences",
                            "totp",
                            "passkeys",
                            "recovery_code_hashes"})
    EXPECT_TRUE(says(help.out, field)) << field;
}

TEST_P(ImportExport, TellsAFileThatIsNotThere) {
  const auto done = run(store_, {"import", "nothing-here.jsonl"});
  EXPECT_EQ(done.exit_code, 1);
  EXPECT_TRUE(says(done.err, "nothing-here.jsonl: No such file")) << done.err;
  const auto out = run(store_, {"export", "no/such/folder/out.jsonl"});
  EXPECT_EQ(out.exit_code, 1);
  EXPECT_TRUE(says(out.err, "No such file")) << out.err;
  EXPECT_EQ(run(store_, {"import", store_.folder()}).exit_code, 1);
  EXPECT_EQ(run(store_, {"import"}).exit_code, 2);
  EXPECT_EQ(run(store_, {"import", "-", "--on-conflict", "overwrite"}).exit_code, 2);
}

TEST_P(ImportExport, SignsInByTheHashOfAnotherSystemAndReplacesIt) {
  struct foreign_user {
    std::string name, password, hash;
  };
  const std::vector<foreign_user> users = {
      {"bcrypt", "U*U", bcrypt_U_U},
      {"django", "l\u00e8tmein",
       "pbkdf2_sha256$100000$seasalt$BNZ6eyaNc8qFTJPjrAq99hSYb73EgAdytAtdBg2Sdcc="},
      {"werkzeug", "tide pool 1843 x",
       "pbkdf2:sha1:1000$Zk3vQ1pL$904f75e12548cf5e2302fd82c38f9a06db9aab04"},
      {"djargon", "correct horse",
       "argon2$argon2i$v=19$m=128,t=3,p=2$c2FsdHNhbHRzYWx0c2FsdA"
       "$3ZcGFw5sGuhzXfKZEGlD8oGWuq51Bpfjd3MgwEWyvqk"},
      {"passlib", "pleaseletmein",
       "$scrypt$ln=14,r=8,p=1$U29kaXVtQ2hsb3JpZGU"
       "$cCO9yzr9c0hGHAbNgf046/2o+7qQT44+qbVD9lRdofLVQylVYT8Pz2LUlwUkKpr55h6F3A1lHkDfzwF7RVdYhw"},
      {"lanes", "correct horse",
       "$argon2id$v=19$m=128,t=3,p=4$c2FsdHNhbHRzYWx0c2FsdA"
       "$EYvnjMcYPK/aJH0qpfNCwVCag7AsEqQemDBauz0meHE"},
      {"argon2i", "correct horse",
       "$argon2i$v=19$m=128,t=3,p=2$c2FsdHNhbHRzYWx0c2FsdA"
       "$3ZcGFw5sGuhzXfKZEGlD8oGWuq51Bpfjd3MgwEWyvqk"}};
  std::string lines;
  for (const auto& user : users)
    lines += json{{"username", user.name},
                  {"email", user.name + "@example.com"},
                  {"password_hash", user.hash}}
                 .dump() +
             "\n";
  lines += R"({"username":"none","email":"none@example.com"})";
  product instance{std::move(store_)};
  const auto path = instance.store.folder() + "/in.jsonl";
  std::ofstream(path) << lines;
  const auto done = run(instance.store, {"import", path}); // beside the running server
  ASSERT_EQ(done.exit_code, 0) << done.err;
  const auto status = [&](const std::string& name, const std::string& with) {
    return instance.call(post_json("/auth/token", credentials(name, with).dump())).status;
  };
  for (const auto& user : users) {
    EXPECT_EQ(status(user.name, user.password + "x"), 401) << user.name;
    EXPECT_EQ(instance.store.query("SELECT password_hash FROM users WHERE username = '" +
                                   user.name + "'")[0][0],
              user.hash);
    EXPECT_EQ(status(user.name, user.password), 200) << user.name;
    EXPECT_TRUE(eventually([&] {
      return instance.store
          .query("SELECT password_hash FROM users WHERE username = '" + user.name + "'")[0][0]
          .starts_with("$argon2id$v=19$m=1024,t=1,p=1$");
    })) << user.name;
    EXPECT_EQ(status(user.name, user.password), 200) << user.name;
    EXPECT_EQ(status(user.name, user.password + "x"), 401) << user.name;
  }
  EXPECT_EQ(status("none", ""), 400);
  EXPECT_EQ(status("none", "anything"), 401);
  EXPECT_EQ(instance.server->stop(), 0);
}

TEST_P(ImportExport, GivesTheSameUsersInAnEmptyStore) {
  const std::string everything =
      R"({"id":"0190c0de-0000-7000-8000-0000000000aa","number":41,"username":"ada",)"
      R"("email":"Ada@Example.com","password_hash":")" +
      bcrypt_U_U +
      R"(","first_name":"Ada","last_name":"\"L\"","full_name":"Ada Lüv","role":"admin",)"
      R"("client_id":"client-1","is_active":false,"email_verified":true,)"
      R"("created_at":"2020-01-02T03:04:05.000006Z","updated_at":"2021-01-02T03:04:05.000007Z",)"
      R"("last_login_at":"2022-01-02T03:04:05.000008Z","recovery_passphrase_hash":")" +
      bcrypt_U_U +
      R"(","company":"Example","phone":"+49 30 1","avatar_url":"https://example.com/a.png",)"
      R"("preferences":{"theme":"dark","list":[1,null]}})";
  const std::string least = R"({"username":"bob","email":"bob@example.com"})";
  ASSERT_EQ(import(everything + "\n" + least + "\n").exit_code, 0);

  const auto first = run(store_, {"export", "first.jsonl", "--with-password-hashes"});
  ASSERT_EQ(first.exit_code, 0) << first.err;
  const auto exported = contents(store_.folder() + "/first.jsonl");
  EXPECT_EQ(exported.substr(0, exported.find('\n')), everything) << exported;
  struct stat about {};
  ASSERT_EQ(stat((store_.folder() + "/first.jsonl").c_str(), &about), 0);
  EXPECT_EQ(about.st_mode & 0777U, 0600U);

  const test_store empty{GetParam()};
  const auto path = empty.folder() + "/in.jsonl";
  std::ofstream(path) << exported;
  const auto done = run(empty, {"import", path});
  EXPECT_EQ(done.exit_code, 0) << done.err;
  const auto second = run(empty, {"export", "-", "--with-password-hashes"});
  EXPECT_EQ(second.exit_code, 0) << second.err;
  EXPECT_EQ(second.out, exported);

  // Numbers go on behind the imported ones.
  const auto later = run(empty, {"import", "-"}, R"({"username":"eve","email":"eve@example.com"})");
  EXPECT_EQ(later.exit_code, 0) << later.err;
  EXPECT_GT(empty.count("SELECT number FROM users WHERE username = 'eve'"), 42);
}

TEST_P(ImportExport, LeavesHashesOutUnlessAsked) {
  ASSERT_EQ(import(R"({"username":"ada","email":"ada@example.com","password_hash":")" + bcrypt_U_U +
                   R"(","recovery_passphrase_hash":")" + bcrypt_U_U + "\"}")
                .exit_code,
            0);
  const auto plain = run(store_, {"export", "-"});
  EXPECT_EQ(plain.exit_code, 0) << plain.err;
  EXPECT_TRUE(says(plain.out, "\"ada\"")) << plain.out;
  EXPECT_FALSE(says(plain.out, "hash")) << plain.out;
  EXPECT_FALSE(says(plain.out, "$2a$")) << plain.out;
  const auto whole = run(store_, {"export", "-", "--with-password-hashes"});
  EXPECT_TRUE(says(whole.out, "\"password_hash\":\"$2a$")) << whole.out;
  EXPECT_TRUE(says(whole.out, "\"recovery_passphrase_hash\":\"$2a$")) << whole.out;
  EXPECT_EQ(store_.count("SELECT count(*) FROM audit_log WHERE action = 'users.exported'"), 2);
}

// -- many of them -----------------------------------------------------------------------------

/// The most memory that the command had resident, in KiB; -1 when it failed.
long peak_kib(const test_store& store, const std::vector<std::string>& words) {
  // A child of its own waits for the command, so that no other child counts.
  std::array<int, 2> ends{};
  if (pipe(ends.data()) != 0) return -1;
  const auto watcher = fork();
  if (watcher == 0) {
    close(ends[0]);
    const auto done = run_latchkey(words, store.settings(), store.folder());
    struct rusage used {};
    getrusage(RUSAGE_CHILDREN, &used);
    const long kib = done.exit_code == 0 ? used.ru_maxrss : -1;
    const auto written = write(ends[1], &kib, sizeof kib);
    _exit(written == sizeof kib ? 0 : 1);
  }
  close(ends[1]);
  long kib = -1;
  if (read(ends[0], &kib, sizeof kib) != sizeof kib) kib = -1;
  close(ends[0]);
  waitpid(watcher, nullptr, 0);
  return kib;
}

TEST_P(ImportExport, TakesTwentyThousandUsersWithTheMemoryOfAThousand) {
  const auto write_users = [&](const std::string& file, int from, int to) {
    std::ofstream out(store_.folder() + "/" + file);
    for (int i = from; i < to; ++i)
      out << R"({"username":"user)" << i << R"(","email":"user)" << i
          << R"(@example.com","password_hash":")" << bcrypt_U_U << R"(","company":")"
          << std::string(200, 'c') << "\"}\n";
  };
  write_users("few.jsonl", 0, 1000);
  write_users("many.jsonl", 1000, 21'000);
  const auto few = peak_kib(store_, {"users", "import", "few.jsonl"});
  const auto many = peak_kib(store_, {"users", "import", "many.jsonl"});
  const auto out = peak_kib(store_, {"users", "export", "out.jsonl"});
  ASSERT_GT(few, 0);
  ASSERT_GT(many, 0);
  ASSERT_GT(out, 0);
  EXPECT_EQ(store_.count("SELECT count(*) FROM users"), 21'000);
  std::size_t lines = 0;
  for (const char c : contents(store_.folder() + "/out.jsonl"))
    lines += c == '\n' ? 1 : 0;
  EXPECT_EQ(lines, 21'000u);
#ifndef __SANITIZE_ADDRESS__              // which keeps freed memory for a while
  constexpr long more_kib_max = 8 * 1024; // the file has 6.5 MiB, its records several times that
  EXPECT_LT(many, few + more_kib_max);
  EXPECT_LT(out, few + more_kib_max);
#endif
  RecordProperty("peak_kib_of_1000", std::to_string(few));
  RecordProperty("peak_kib_of_20000", std::to_string(many));
  std::cout << "peak: " << few << " KiB for 1,000, " << many << " KiB for 20,000, " << out
            << " KiB for the export\n";
}

} // namespace
} // namespace latchkey::test
