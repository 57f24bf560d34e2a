// `config check` and the settings of a start: what is shown, refused, warned of and kept secret.
#include "tests/product/commands/command_line.hpp"

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

class Config : public OnACommandLine {};
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
  for (const auto& example : cases)
    for (const auto& command :
         {std::vector<std::string>{"serve"}, {"config", "check"}, {"migrate"}}) {
      const auto result = run(command, {{example.name, example.value}});
      EXPECT_EQ(result.exit_code, 2) << example.name << result.out;
      for (const auto& part : {example.name, "\"" + example.value + "\"", example.right})
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
      {{"REDIS_URL", "rediss://127.0.0.1:1?ca=" + broken}},
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
  product instance{std::move(store_), placeholder};
  EXPECT_EQ(instance.server->stop(), 0);
  EXPECT_TRUE(says(instance.server->log(), "WARNING - " + warning)) << instance.server->log();
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
  product instance{std::move(store_), {{"HTTP_HOST", "0.0.0.0"}}};
  const auto reply =
      instance.call(post_json("/auth/token", credentials("admin", admin_password).dump()));
  EXPECT_EQ(reply.status, 200);
  // Secure is left off on loopback alone.
  EXPECT_TRUE(says(reply.header("Set-Cookie"), "; Secure")) << reply.header("Set-Cookie");
  EXPECT_EQ(instance.server->stop(), 0);
}

TEST_P(Config, KeepsAGeneratedSecretToItself) {
  product instance{std::move(store_), {{"JWT_SECRET_KEY", ""}}};
  const auto held = instance.sign_in_new_user();
  struct stat about {};
  ASSERT_EQ(stat((instance.store.folder() + "/data/jwt_secret").c_str(), &about), 0);
  EXPECT_EQ(about.st_mode & 0777u, 0600u);
  ASSERT_EQ(stat((instance.store.folder() + "/data").c_str(), &about), 0);
  EXPECT_EQ(about.st_mode & 0777u, 0700u);
  EXPECT_EQ(instance.server->stop(), 0);
  instance.start();
  EXPECT_EQ(instance.status_of_me(held.access), 200);
  EXPECT_EQ(instance.server->stop(), 0);
}

TEST_P(Config, LogsNeitherPasswordsNorTokensNorLineBreaks) {
  product instance{std::move(store_), {{"LOG_LEVEL", "debug"}}};
  const auto name = new_name();
  instance.add_user(name);
  const auto held = instance.sign_in(name);
  instance.call(post("/auth/token/refresh").cookie(held.refresh));
  instance.call(get("/auth/me?token=" + held.access).as(held.access).with("User-Agent", "x\ty"));
  EXPECT_EQ(instance.server->stop(), 0);
  const auto log = instance.server->log();
  EXPECT_TRUE(says(log, "/auth/me")) << log;
  for (const auto& hidden : {std::string{password}, held.access, held.refresh,
                             std::string{signing_secret}, std::string{admin_password}})
    EXPECT_FALSE(says(log, hidden)) << log;
}

TEST_P(Config, PrintsWhatAnAssuranceLevelDemandsAndWhereItIsKept) {
  const environment strict{{"ASSURANCE", "aal2"},
                           {"ISSUER", "https://auth.example.com"},
                           {"SMTP_URL", "smtp://127.0.0.1:25"}};
  const auto kept = run({"config", "check", "--assurance", "aal2"}, strict);
  EXPECT_EQ(kept.exit_code, 0) << kept.out << kept.err;
  for (const char* part :
       {"PASSWORD_LENGTH_MIN and ASSURANCE: 15", "SECOND_FACTOR=required", "SESSION_TTL=86400",
        "SESSION_IDLE_TTL=3600", "LOGIN_FAILURES_IN_A_ROW=100", "0 not kept by these settings"})
    EXPECT_TRUE(says(kept.out, part)) << part << "\n" << kept.out;
  const auto lax = run({"config", "check", "--assurance", "aal2"}, {});
  EXPECT_EQ(lax.exit_code, 1);
  EXPECT_TRUE(says(lax.out, "NOT KEPT     2.2.1"));
  EXPECT_TRUE(says(lax.out, "NOT KEPT     2.2.3"));
  const auto unknown = run({"config", "check", "--assurance", "aal9"}, {});
  EXPECT_EQ(unknown.exit_code, 2);
}

TEST_P(Config, RefusesSettingsThatAnAssuranceLevelForbids) {
  const std::vector<std::pair<std::string, std::string>> wrong{
      {"SECOND_FACTOR", "optional"},    {"SECOND_FACTOR_GRACE", "1d"},
      {"SESSION_TTL", "25h"},           {"SESSION_IDLE_TTL", "0"},
      {"SESSION_IDLE_TTL", "61m"},      {"RESET_TOKEN_TTL", "2d"},
      {"LOGIN_FAILURES_IN_A_ROW", "0"}, {"LOGIN_FAILURES_IN_A_ROW", "101"}};
  for (const auto& [name, value] : wrong) {
    const auto refused = run({"config", "check"}, {{"ASSURANCE", "aal2"}, {name, value}});
    EXPECT_EQ(refused.exit_code, 2) << name;
    EXPECT_TRUE(says(refused.err, "ASSURANCE is aal2 and " + name)) << name << refused.err;
    EXPECT_EQ(run({"config", "check"}, {{name, value}}).exit_code, 0) << name << " without it";
  }
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
      {{"users"}, "Import and export users"},
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
