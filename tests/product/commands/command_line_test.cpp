// command_line_test.cpp — what an operator types and reads.
#include "tests/product/product.hpp"

#include <filesystem>
#include <fstream>
#include <sstream>
#include <sys/stat.h>

namespace latchkey::test {
namespace {

/// The line of `config check` about a setting.
std::string line_of(const std::string& text, const std::string& name) {
  const auto at = ("\n" + text).find("\n" + name + " ");
  return at == std::string::npos ? "" : text.substr(at, text.find('\n', at) - at);
}

class CommandLine : public testing::TestWithParam<std::string> {
protected:
  test_store store_{GetParam()};
  program_result run(std::vector<std::string> arguments, const environment& more = {},
                     const std::string& standard_input = {}) const {
    return run_latchkey(std::move(arguments), store_.settings(more), store_.folder(),
                        standard_input);
  }
};
LATCHKEY_ON_BOTH_ENGINES(CommandLine);

TEST_P(CommandLine, BringsTheSchemaUpToDateOnce) {
  const auto first = run({"migrate"});
  EXPECT_EQ(first.exit_code, 0) << first.err;
  EXPECT_TRUE(says(first.out, "applied 0001_")) << first.out;
  EXPECT_EQ(store_.count("SELECT count(*) FROM users"), 0);
  const auto second = run({"migrate"});
  EXPECT_EQ(second.exit_code, 0) << second.err;
  EXPECT_TRUE(says(second.out, "\nthe schema is up to date\n")) << second.out;
  const auto store =
      GetParam() == "sqlite" ? "store: SQLite, " + store_.folder() : "store: Postgre";
  EXPECT_EQ(second.out.rfind(store, 0), 0u) << second.out;
}

TEST_P(CommandLine, CreatesAnAdministratorBesideARunningServer) {
  product one{std::move(store_)};
  const auto create = [&](std::vector<std::string> more, const std::string& standard_input) {
    std::vector<std::string> words{"admin", "create"};
    words.insert(words.end(), more.begin(), more.end());
    return run_latchkey(words, one.settings, one.store.folder(), standard_input);
  };
  const auto made = create({"--username", "second", "--email", "second@example.com"}, "");
  EXPECT_EQ(made.exit_code, 0) << made.err;
  const std::string mark = "password, shown once: ";
  const auto at = made.out.find(mark);
  ASSERT_NE(at, std::string::npos) << made.out;
  const auto shown = made.out.substr(at + mark.size(), made.out.find('\n', at) - at - mark.size());
  const auto held = one.sign_in("second", shown);
  EXPECT_EQ(json_of(one.call(get("/auth/me").as(held.access)))["is_superuser"], true);

  const auto given =
      create({"--username", "third", "--email", "third@example.com", "--password-stdin"},
             "from standard input\r\n");
  EXPECT_EQ(given.exit_code, 0) << given.err;
  EXPECT_FALSE(says(given.out, "standard input")) << given.out;
  EXPECT_FALSE(one.sign_in("third@example.com", "from standard input").access.empty());

  const auto taken = create({"--username", "SECOND", "--email", "x@example.com"}, "");
  EXPECT_EQ(taken.exit_code, 1);
  EXPECT_TRUE(says(taken.err, "username")) << taken.err;
  const auto weak = create(
      {"--username", "fourth", "--email", "fourth@example.com", "--password-stdin"}, "password\n");
  EXPECT_EQ(weak.exit_code, 1);
  EXPECT_TRUE(says(weak.err, "most common")) << weak.err;
  EXPECT_EQ(one.store.count("SELECT count(*) FROM users"), 3);
  const std::string audited = "SELECT count(*) FROM audit_log WHERE action = 'user.admin_created' ";
  EXPECT_EQ(one.store.count(audited + "AND actor = 'cli'"), 2);
  EXPECT_EQ(one.store.count(audited + "AND actor = 'settings'"), 1);
  EXPECT_EQ(one.server->stop(), 0);
}

TEST_P(CommandLine, ShowsTheFirstAdministratorsPasswordOnceAndOnlyOnce) {
  product one{std::move(store_), {{"ADMIN_PASSWORD", ""}}};
  const std::string mark = "password, shown this once: ";
  const auto banner = one.server->banner();
  const auto at = banner.find(mark);
  ASSERT_NE(at, std::string::npos) << banner;
  EXPECT_TRUE(says(banner, "created the administrator admin")) << banner;
  const auto shown = banner.substr(at + mark.size(), banner.find('\n', at) - at - mark.size());
  EXPECT_GE(shown.size(), 20u);
  const auto held = one.sign_in("admin", shown);
  EXPECT_EQ(json_of(one.call(get("/auth/me").as(held.access)))["is_superuser"], true);
  EXPECT_EQ(one.server->stop(), 0);
  EXPECT_FALSE(says(one.server->log(), shown)) << "it belongs to the terminal, not into a log";

  one.start();
  EXPECT_FALSE(says(one.server->banner(), "password, shown")) << one.server->banner();
  EXPECT_FALSE(says(one.server->banner(), "First start")) << one.server->banner();
  EXPECT_FALSE(one.sign_in("admin", shown).access.empty());
  EXPECT_EQ(one.server->stop(), 0);
}

TEST_P(CommandLine, DoesNotShowAPasswordThatWasGiven) {
  product one{std::move(store_)};
  EXPECT_FALSE(says(one.server->banner(), admin_password)) << one.server->banner();
  EXPECT_FALSE(one.sign_in("admin", admin_password).access.empty());
  EXPECT_EQ(one.server->stop(), 0);
}

TEST_P(CommandLine, PrintsFirstStepsThatWork) {
  product one{std::move(store_)};
  // The lines as they are printed, in one shell, each to end with a good status.
  std::string script = "set -eu\n";
  std::size_t lines = 0;
  std::istringstream banner{one.server->banner()};
  for (std::string line; std::getline(banner, line);) {
    if (!says(line, "curl ")) continue;
    for (std::size_t at = 0; (at = line.find("curl ", at)) != std::string::npos; at += 12)
      line.insert(at + 5, "--fail ");
    script += line + "\necho\n";
    ++lines;
  }
  EXPECT_EQ(lines, 5u);
  child_process shell{{"/bin/bash", "-c", script}, {{"PATH", "/usr/bin:/bin"}}, one.store.folder()};
  const auto output = shell.out();
  EXPECT_EQ(shell.wait(), 0) << script << output << shell.err();
  std::istringstream answers{output};
  std::vector<json> given;
  for (std::string line; std::getline(answers, line);)
    if (!line.empty()) given.push_back(json::parse(line, nullptr, false));
  ASSERT_EQ(given.size(), 4u) << output; // the sign-in's answer goes into TOKEN
  EXPECT_EQ(given[0]["username"], "ada");
  EXPECT_EQ(given[1], given[0]);
  EXPECT_TRUE(given[2]["access_token"].is_string()) << output;
  EXPECT_EQ(given[3], (json{{"message", "Logout successful"}}));
  EXPECT_EQ(one.server->stop(), 0);
}

TEST_P(CommandLine, TellsTheFirstPasswordByTheFirstStartThatSucceeds) {
  product other{"sqlite"};
  const auto taken = run({"serve"}, {{"HTTP_PORT", std::to_string(other.server->port())},
                                     {"INTERNAL_PORT", "0"},
                                     {"ADMIN_PASSWORD", ""}});
  EXPECT_EQ(taken.exit_code, 1);
  EXPECT_EQ(store_.count("SELECT count(*) FROM users"), 0);
  product one{std::move(store_), {{"ADMIN_PASSWORD", ""}}};
  EXPECT_TRUE(says(one.server->banner(), "password, shown this once: ")) << one.server->banner();
  EXPECT_EQ(one.server->stop(), 0);
}

// -- what needs no store -------------------------------------------------------------------------

class Config : public CommandLine {};
INSTANTIATE_TEST_SUITE_P(Product, Config, testing::Values("sqlite"), name_of_engine);

TEST_P(Config, IsShownWithOriginsAndMaskedSecrets) {
  std::ofstream(store_.folder() + "/.env") << "LOG_LEVEL=warning\nACCESS_TOKEN_TTL=1\n";
  std::ofstream(store_.folder() + "/settings.json")
      << R"({"AUDIENCE":"from-file","LOG_LEVEL":"debug"})";
  const auto result = run({"config", "check", "--config", store_.folder() + "/settings.json"},
                          {{"ACCESS_TOKEN_TTL", "900"},
                           {"DATABASE_URL", "postgresql://u:s3cret-of-the-url@127.0.0.1/x"},
                           {"AUTH_DB_PASSWORD", "s3cret-of-the-database"},
                           {"REDIS_URL", "redis://u:s3cret-of-redis@127.0.0.1:1"}});
  EXPECT_EQ(result.exit_code, 0) << result.err;
  const auto shows = [&](const std::string& name, const std::string& value,
                         const std::string& origin) {
    const auto line = line_of(result.out, name);
    EXPECT_TRUE(says(line, " " + value + " (" + origin + ")")) << name << ": " << line;
  };
  shows("ACCESS_TOKEN_TTL", "900", "environment");
  shows("LOG_LEVEL", "warning", ".env");
  shows("AUDIENCE", "from-file", "file");
  shows("REQUEST_TIMEOUT", "30", "default");
  for (const auto* name :
       {"DATABASE_URL", "AUTH_DB_PASSWORD", "JWT_SECRET_KEY", "ADMIN_PASSWORD", "REDIS_URL"})
    shows(name, "***", "environment");
  for (const auto& hidden :
       {std::string{"s3cret"}, std::string{signing_secret}, std::string{admin_password}})
    EXPECT_FALSE(says(result.out + result.err, hidden)) << hidden;
  for (const auto* name : {"HTTP_HOST", "HTTP_PORT", "INTERNAL_HOST", "INTERNAL_PORT", "DATA_DIR",
                           "ALLOWED_ORIGINS", "CORE_MANAGER_URL", "ADMIN_EMAIL", "TLS_CERT",
                           "TLS_KEY", "LOG_FILE", "WORKERS", "HASH_WORKERS"})
    EXPECT_FALSE(line_of(result.out, name).empty()) << name;
  // The program says which of the two pages it was built with.
  const bool has_viewer = says(result.out, "page at /docs: Swagger UI\n");
  EXPECT_NE(says(result.out, "page at /docs: the plain page; "), has_viewer) << result.out;
}

struct wrong_setting {
  std::string name;
  std::string value;
  std::string right; // a part of what is said to be right
};

TEST_P(Config, StopsTheStartWithNameValueAndWhatWouldBeRight) {
  const std::vector<wrong_setting> cases = {
      {"HTTP_PORT", "99999", "65535"},
      {"HTTP_PORT", "http", "a port"},
      {"ACCESS_TOKEN_TTL", "0", "1 second to 1 day"},
      {"ALLOWED_ORIGINS", "https://app.example.com/path", "no path"},
      {"ALLOWED_ORIGINS", "*", "origins such as"},
      {"LOG_LEVEL", "loud", "debug, info, warning"},
      {"TLS_CERT", "/nothing/here.pem", "PEM file"},
      {"ADMIN_EMAIL", "nobody", "email address"},
      {"WORKERS", "-1", "1 to 256"},
  };
  for (const auto& one : cases)
    for (const auto& command :
         {std::vector<std::string>{"serve"}, {"config", "check"}, {"migrate"}}) {
      const auto result = run(command, {{one.name, one.value}});
      EXPECT_EQ(result.exit_code, 2) << one.name << result.out;
      for (const auto& part : {one.name, "\"" + one.value + "\"", one.right})
        EXPECT_TRUE(says(result.err, part)) << part << " is not in: " << result.err;
      EXPECT_EQ(result.out, "");
    }
}

TEST_P(Config, NeverRepeatsASecretThatIsWrong) {
  for (const auto& [name, value] : std::vector<std::pair<std::string, std::string>>{
           {"JWT_SECRET_KEY", "sh0rt-one"},
           {"ADMIN_PASSWORD", "p4ssw"},
           {"ADMIN_PASSWORD", "password1"},
           {"DATABASE_URL", "mysql://u:p4ssw@h/d"},
           {"DATABASE_URL", "postgresql://u:p4ssw/x@h/d"},
           {"DATABASE_URL", "postgresql://u:p4ssw%zz@h/d"},
           {"DATABASE_URL", "postgresql://u:p4ssw@x@h/d"},
           {"REDIS_URL", "http://:p4ssw@h"},
           {"REDIS_URL", "redis://:p4ssw%zz@h"}}) {
    const auto result = run({"serve"}, {{name, value}});
    EXPECT_EQ(result.exit_code, 2) << name << result.out;
    EXPECT_TRUE(says(result.err, name)) << result.err;
    EXPECT_FALSE(says(result.err, value)) << result.err;
    EXPECT_FALSE(says(result.err, "p4ssw")) << result.err;
  }
}

TEST_P(Config, ChecksAllThatAStartWouldRefuse) {
  const auto broken = store_.folder() + "/broken.pem";
  std::ofstream(broken) << "no certificate";
  const std::vector<environment> cases = {
      {{"PROXY_ROUTES", R"({"routes":[{"path":"/x"}]})"}},
      {{"PROXY_ROUTES",
        R"({"upstreams":[{"name":"a","url":"http://127.0.0.1:1"}],"routes":[)"
        R"({"methods":["GET"],"path":"/auth/me","upstream":"a","signed_in":true}]})"}},
      {{"STRIPE_PRICES", "price_1=nothing"}},
      {{"TLS_CERT", broken}, {"TLS_KEY", broken}},
      {{"ARGON2_MEMORY_KIB", "524288"}},
      {{"ARGON2_ITERATIONS", "17"}},
      {{"TIERS", "pro:projects=1"}},
      {{"SMTP_HELO", "3f9ab1c2"}},
      {{"HTTP_HOST", "no-such-host.invalid"}},
      {{"DATA_DIR", "/proc/latchkey"}}, // which takes no folder, whatever its mode says
      {{"DATA_DIR", "/proc"}},
      {{"LOG_FILE", "/proc/latchkey.log"}}};
  for (const auto& wrong : cases) {
    const auto checked = run({"config", "check"}, wrong);
    EXPECT_EQ(checked.exit_code, 2) << wrong.begin()->first << checked.out;
    const auto started = run({"serve"}, wrong);
    EXPECT_EQ(started.exit_code, 2) << wrong.begin()->first;
    EXPECT_EQ(checked.err, started.err);
    EXPECT_TRUE(says(checked.err, "latchkey: ")) << checked.err;
  }
  EXPECT_EQ(run({"config", "check"}, {}).exit_code, 0);
}

TEST_P(Config, WarnsOfAPlaceholderAsAStartDoes) {
  const environment placeholder{{"JWT_SECRET_KEY", std::string(64, 'x')}};
  const std::string warning = "JWT_SECRET_KEY looks like a placeholder";
  const auto checked = run({"config", "check"}, placeholder);
  EXPECT_EQ(checked.exit_code, 0) << checked.err;
  EXPECT_TRUE(says(checked.err, "warning: " + warning)) << checked.err;
  product one{std::move(store_), placeholder};
  EXPECT_EQ(one.server->stop(), 0);
  EXPECT_TRUE(says(one.server->log(), "WARNING - " + warning)) << one.server->log();
}

TEST_P(Config, LeavesNothingWhereItHasLooked) {
  EXPECT_EQ(run({"config", "check"}).exit_code, 0);
  for (const auto& file : std::filesystem::directory_iterator(store_.folder()))
    EXPECT_TRUE(file.path().filename().string().starts_with("stderr-")) << file;
}

TEST_P(Config, TellsOfNamesInTheEnvFileThatLookLikeASetting) {
  std::ofstream(store_.folder() + "/.env") << "HTTP_PROT=81\nCOLOUR_OF_THE_SKY=blue\n";
  const auto result = run({"config", "check"}, {});
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_TRUE(
      says(result.err, "line 1: there is no setting \"HTTP_PROT\"; did you mean HTTP_PORT?"))
      << result.err;
  EXPECT_FALSE(says(result.err, "COLOUR")) << result.err;
}

TEST_P(Config, SaysEverythingThatIsWrongAtOnce) {
  const auto result = run({"serve"}, {{"HTTP_PORT", "99999"}, {"WORKERS", "none"}});
  EXPECT_TRUE(says(result.err, "HTTP_PORT")) << result.err;
  EXPECT_TRUE(says(result.err, "WORKERS")) << result.err;
}

TEST_P(Config, RefusesToServeOtherMachinesWithGeneratedSecrets) {
  for (const auto* listener : {"HTTP_HOST", "INTERNAL_HOST"}) {
    for (const auto& key : {std::string{}, std::string(64, 'x')}) {
      const auto result = run({"serve"}, {{listener, "0.0.0.0"}, {"JWT_SECRET_KEY", key}});
      EXPECT_EQ(result.exit_code, 2) << listener;
      EXPECT_TRUE(says(result.err, "set JWT_SECRET_KEY")) << result.err;
    }
    const auto result = run({"serve"}, {{listener, "0.0.0.0"}, {"ADMIN_PASSWORD", ""}});
    EXPECT_NE(result.exit_code, 0) << listener;
    EXPECT_TRUE(says(result.err, "set ADMIN_PASSWORD")) << result.err;
    EXPECT_FALSE(says(result.out, "ready"));
  }
}

TEST_P(Config, LetsSecretsOfTheOperatorsOwnServeOtherMachines) {
  product one{std::move(store_), {{"HTTP_HOST", "0.0.0.0"}}};
  const auto reply =
      one.call(post_json("/auth/token", credentials("admin", admin_password).dump()));
  EXPECT_EQ(reply.status, 200);
  // Secure is left off on loopback alone.
  EXPECT_TRUE(says(reply.header("Set-Cookie"), "; Secure")) << reply.header("Set-Cookie");
  EXPECT_EQ(one.server->stop(), 0);
}

TEST_P(Config, KeepsAGeneratedSecretToItself) {
  product one{std::move(store_), {{"JWT_SECRET_KEY", ""}}};
  const auto held = one.sign_in_new_user();
  struct stat about {};
  ASSERT_EQ(stat((one.store.folder() + "/data/jwt_secret").c_str(), &about), 0);
  EXPECT_EQ(about.st_mode & 0777u, 0600u);
  ASSERT_EQ(stat((one.store.folder() + "/data").c_str(), &about), 0);
  EXPECT_EQ(about.st_mode & 0777u, 0700u);
  EXPECT_EQ(one.server->stop(), 0);
  one.start();
  EXPECT_EQ(one.status_of_me(held.access), 200);
  EXPECT_EQ(one.server->stop(), 0);
}

TEST_P(Config, LogsNeitherPasswordsNorTokensNorLineBreaks) {
  product one{std::move(store_), {{"LOG_LEVEL", "debug"}}};
  const auto name = new_name();
  one.add_user(name);
  const auto held = one.sign_in(name);
  one.call(post("/auth/token/refresh").cookie(held.refresh));
  one.call(get("/auth/me?token=" + held.access).as(held.access).with("User-Agent", "x\ty"));
  EXPECT_EQ(one.server->stop(), 0);
  const auto log = one.server->log();
  EXPECT_TRUE(says(log, "/auth/me")) << log;
  for (const auto& hidden : {std::string{password}, held.access, held.refresh,
                             std::string{signing_secret}, std::string{admin_password}})
    EXPECT_FALSE(says(log, hidden)) << log;
}

TEST_P(Config, IsKnownToEveryCommandsHelp) {
  const auto version = run({"version"});
  EXPECT_EQ(version.exit_code, 0);
  EXPECT_EQ(version.out, "latchkey " LATCHKEY_VERSION "\n");
  const std::vector<std::pair<std::vector<std::string>, std::string>> commands = {
      {{}, "register, sign in"},
      {{"serve"}, "Run the server"},
      {{"migrate"}, "schema"},
      {{"admin"}, "Administrators"},
      {{"admin", "create"}, "--username"},
      {{"service-key"}, "Keys of the services"},
      {{"service-key", "create"}, "--scope"},
      {{"service-key", "list"}, "--json"},
      {{"service-key", "revoke"}, "KEY"},
      {{"users"}, "Users, many"},
      {{"users", "import"}, "--dry-run"},
      {{"users", "export"}, "--with-password-hashes"},
      {{"config"}, "Settings"},
      {{"config", "check"}, "origin"},
      {{"version"}, "Print the version"},
  };
  for (auto [words, part] : commands) {
    words.push_back("--help");
    const auto help = run(words, {{"HTTP_PORT", "wrong"}});
    EXPECT_EQ(help.exit_code, 0) << part;
    EXPECT_TRUE(says(help.out, "Usage: ")) << help.out;
    EXPECT_TRUE(says(help.out, part)) << help.out;
    EXPECT_EQ(help.err, "");
  }
}

TEST_P(CommandLine, FailsWhenItsWordsCannotBeWritten) {
  ASSERT_EQ(run({"migrate"}).exit_code, 0);
  for (const std::string words :
       {"migrate", "config check", "version", "help", "users import --help", "routes",
        "users import /dev/null", "service-key list", "service-key create reports",
        "admin create --username ada --email ada@example.com", "audit"}) {
    child_process shell{
        {"/bin/sh", "-c", "exec \"$0\" " + words + " > /dev/full", latchkey_program()},
        store_.settings(),
        store_.folder()};
    EXPECT_EQ(shell.wait(), 1) << words;
    EXPECT_TRUE(says(shell.err(), "latchkey: the output could not be written")) << shell.err();
  }
}

TEST_P(Config, TellsAWrongCommandFromARightOne) {
  for (const auto& words :
       std::vector<std::vector<std::string>>{{},
                                             {"server"},
                                             {"admin"},
                                             {"admin", "create"},
                                             {"serve", "--port", "1"},
                                             {"serve", "--config", "/nothing/here.json"},
                                             {"version", "extra"}}) {
    const auto result = run(words);
    EXPECT_EQ(result.exit_code, 2) << testing::PrintToString(words);
    EXPECT_NE(result.err, "") << testing::PrintToString(words);
  }
}

} // namespace
} // namespace latchkey::test
