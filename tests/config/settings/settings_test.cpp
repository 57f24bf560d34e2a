// settings_test.cpp — where settings come from, what is refused, and in which words.
#include "config/settings/settings.hpp"

#include "config/settings/setting_table.hpp"
#include "tests/config/settings/loading.hpp"
#include "tests/config/temporary_folder.hpp"

#include <filesystem>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <thread>

namespace latchkey {
namespace {

using test::temporary_folder;
using testing::AllOf;
using testing::Each;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

using test::load;
using test::only;
using test::refuse;

constexpr auto good_key = "0123456789abcdefghijklmnopqrstuvwxyz";

// -- what is wrong --------------------------------------------------------------------

TEST(Settings, ReportEveryWrongValueAtOnceWithNameValueOriginAndWhatIsRight) {
  const auto problems = refuse(only({{"HTTP_PORT", "80x"}, {"LOG_LEVEL", "loud"}}));
  EXPECT_THAT(problems,
              ElementsAre("HTTP_PORT is \"80x\" (environment): expected a port, 0 (any free one) "
                          "to 65535",
                          "LOG_LEVEL is \"loud\" (environment): expected debug, info, warning, "
                          "error or critical"));
}

// Both listeners share their ports with their like, so the system itself would not refuse.
TEST(Settings, RefuseOnePortForBothListenersWhereTheyWouldMeet) {
  const auto with = [](const char* http, const char* internal, const char* port) {
    setting_sources sources;
    sources.env_file.clear();
    sources.environment = {{"HTTP_PORT", "8000"},
                           {"INTERNAL_PORT", port},
                           {"HTTP_HOST", http},
                           {"INTERNAL_HOST", internal},
                           {"JWT_SECRET_KEY", "0123456789abcdefghijklmnopqrstuvwxyz"}};
    return load_settings(sources).has_value();
  };
  EXPECT_FALSE(with("127.0.0.1", "127.0.0.1", "8000"));
  EXPECT_FALSE(with("0.0.0.0", "127.0.0.1", "8000"));
  EXPECT_FALSE(with("127.0.0.1", "::", "8000"));
  EXPECT_FALSE(with("localhost", "127.0.0.1", "8000"));
  EXPECT_TRUE(with("127.0.0.1", "127.0.0.2", "8000"));
  EXPECT_TRUE(with("127.0.0.1", "127.0.0.1", "8001"));
}

TEST(Settings, NeverShowAWrongSecret) {
  temporary_folder folder;
  for (const auto& name : {"JWT_SECRET_KEY", "DATABASE_URL", "REDIS_URL", "ADMIN_PASSWORD"}) {
    const auto problems = refuse(only({{name, "hunt3r"}}));
    EXPECT_THAT(problems, ElementsAre(AllOf(HasSubstr(name), Not(HasSubstr("hunt3r")))));
  }
  auto sources = only({});
  sources.env_file = folder.write("env", "JWT_SECRET_KEY=\"hunt3r\nADMIN_PASSWORD hunt3r\n");
  EXPECT_THAT(refuse(sources), AllOf(testing::SizeIs(2), Each(Not(HasSubstr("hunt3r")))));
}

TEST(Settings, RefuseADatabaseUrlInWhichAPasswordIsMistakenForSomethingElse) {
  for (const auto& url :
       {"postgresql://bob:hunt3r/secret@h/d", "postgresql://bob:hunt3r?secret@h/d",
        "postgresql://bob:hunt%zzr@h/d", "postgresql://bob:hunt3r%@h/d",
        "postgresql://bob:hunt%00r@h/d", "postgresql://bob:hunt3r@x@h/d",
        "postgresql://bob:1234/secret@h/d", "postgresql://h:hunt3r/d", "postgresql://h:0/d",
        "postgresql://h/d?password=hunt&3r", "postgresql://h/d?password=hunt=3r",
        "postgresql://h/d?password=hunt3r@x", "postgresql://h/d?pass%77ord=hunt3r",
        "postgresql://h1,hunt3r$/d", "POSTGRESQL://bob:hunt3r@h/d"}) {
    const auto problems = refuse(only({{"DATABASE_URL", url}}));
    EXPECT_THAT(problems, ElementsAre(HasSubstr("DATABASE_URL is not acceptable"))) << url;
    EXPECT_THAT(problems, Each(AllOf(Not(HasSubstr("hunt")), Not(HasSubstr("secret"))))) << url;
  }
}

TEST(Settings, TakeEveryDatabaseUrlThatHasOneMeaning) {
  for (const auto& url :
       {"postgresql://", "postgres:///d?host=/run/postgresql", "postgresql://?host=/run/pg&port=1",
        "postgresql://bob@/d?host=/run/pg", "postgresql://bob%40x:p%2F%3A%25w@h.example:5433/d",
        "postgresql://bob:p:w@[::1]:5432/d", "postgresql://h1:1,h2,[::1]:3/d",
        "postgresql://%2Frun%2Fpg/d", "postgresql://bob:pw@%2Frun%2Fpg:5432/d?sslmode=require"})
    EXPECT_EQ(load(only({{"DATABASE_URL", url}})).database_url.reveal(), url);
}

TEST(Settings, HideAPasswordInsideAWrongUrlAndEscapeControlCharacters) {
  EXPECT_THAT(refuse(only({{"CORE_MANAGER_URL", "http://me:hunt3r@host"}})),
              ElementsAre(AllOf(HasSubstr("http://***@host"), Not(HasSubstr("hunt3r")))));
  EXPECT_THAT(refuse(only({{"HTTP_HOST", "a\nb\x1b[2J"}})),
              ElementsAre(HasSubstr("\"a\\nb\\x1b[2J\"")));
}

struct wrong_value {
  const char* name;
  const char* value;
};

void PrintTo(const wrong_value& of, std::ostream* out) {
  *out << of.name << '=' << of.value;
}

class WrongValue : public testing::TestWithParam<wrong_value> {};

TEST_P(WrongValue, IsRefusedByItsName) {
  const auto problems = refuse(only({{GetParam().name, GetParam().value}}));
  EXPECT_THAT(problems, ElementsAre(testing::StartsWith(GetParam().name)));
}

INSTANTIATE_TEST_SUITE_P(
    Settings, WrongValue,
    testing::Values(
        wrong_value{"UPSTREAM_CONNECTIONS_MAX", "0"}, wrong_value{"UPSTREAM_STREAMS_MAX", "x"},
        wrong_value{"WORKFLOW_SILENCE_MAX", "0"}, wrong_value{"HTTP_PORT", "65536"},
        wrong_value{"HTTP_PORT", "-1"}, wrong_value{"HTTP_PORT", " 80"},
        wrong_value{"HTTP_PORT", "0x50"}, wrong_value{"HTTP_PORT", "99999999999999999999"},
        wrong_value{"HTTP_HOST", "256.1.1.1"}, wrong_value{"HTTP_HOST", "[127.0.0.1]"},
        wrong_value{"HTTP_HOST", "[::1"}, wrong_value{"HTTP_HOST", "::g"},
        wrong_value{"HTTP_HOST", "a b"}, wrong_value{"HTTP_HOST", "-a"},
        wrong_value{"HTTP_HOST", "a..b"}, wrong_value{"INTERNAL_HOST", "*"},
        wrong_value{"ACCESS_TOKEN_TTL", "0"}, wrong_value{"ACCESS_TOKEN_TTL", "2d"},
        wrong_value{"ACCESS_TOKEN_TTL", "1.5h"}, wrong_value{"ACCESS_TOKEN_TTL", "10 m"},
        wrong_value{"ACCESS_TOKEN_TTL", "m"}, wrong_value{"SESSION_TTL", "4294967295d"},
        wrong_value{"SESSION_IDLE_TTL", "31d"}, wrong_value{"BODY_BYTES_MAX", "1023"},
        wrong_value{"BODY_BYTES_MAX", "1MB"}, wrong_value{"BODY_BYTES_MAX", "4194304KiB"},
        wrong_value{"ARGON2_MEMORY_KIB", "8"}, wrong_value{"ARGON2_MEMORY_KIB", "262145"},
        wrong_value{"ARGON2_ITERATIONS", "17"}, wrong_value{"SMTP_HELO", "3f9ab1c2"},
        wrong_value{"ALLOWED_ORIGINS", "*"}, wrong_value{"ALLOWED_ORIGINS", "null"},
        wrong_value{"ALLOWED_ORIGINS", "https://a.example/"},
        wrong_value{"ALLOWED_ORIGINS", "https://a.example,"},
        wrong_value{"ALLOWED_ORIGINS", "https://*.example"},
        wrong_value{"ALLOWED_ORIGINS", "https://me@a.example"},
        wrong_value{"ALLOWED_ORIGINS", "ftp://a.example"},
        wrong_value{"ALLOWED_ORIGINS", "wss://a.example"},
        wrong_value{"ALLOWED_ORIGINS", "capacitor://"},
        wrong_value{"ALLOWED_ORIGINS", "capacitor://localhost/"},
        wrong_value{"ALLOWED_ORIGINS", "capacitor://*"},
        wrong_value{"ALLOWED_ORIGINS", "1app://localhost"}, wrong_value{"CORS_HEADERS", "X-One,"},
        wrong_value{"CORS_HEADERS", "*"}, wrong_value{"CORS_HEADERS", "X-One, *"},
        wrong_value{"CORS_HEADERS", "X One"}, wrong_value{"CORS_HEADERS", "X-One:"},
        wrong_value{"KEEP_ALIVE", "0"}, wrong_value{"KEEP_ALIVE", "2d"},
        wrong_value{"ISSUER", "auth.example.com:8443"},
        wrong_value{"ISSUER", "https:/auth.example.com"},
        wrong_value{"ISSUER", "https://auth.example.com/?x"},
        wrong_value{"ISSUER", "https://me@auth.example.com"}, wrong_value{"ISSUER", "ftp://a"},
        wrong_value{"ISSUER", "//auth.example.com"},
        wrong_value{"ALLOWED_ORIGINS", "https://a.example:0"},
        wrong_value{"ALLOWED_ORIGINS", "https://[::1"},
        wrong_value{"DATABASE_URL", "mysql://host/db"}, wrong_value{"DATABASE_URL", "host/db"},
        wrong_value{"REDIS_URL", "redis://"}, wrong_value{"REDIS_URL", "redis://h/x"},
        wrong_value{"REDIS_URL", "redis://user@h"}, wrong_value{"REDIS_URL", "redis://h:0"},
        wrong_value{"REDIS_URL", "redis://:a%zz@h"}, wrong_value{"REDIS_URL", "REDIS://h"},
        wrong_value{"REDIS_URL", "redis://h:99999"}, wrong_value{"REDIS_URL", "redis://[::1"},
        wrong_value{"REDIS_URL", "unix://relative"}, wrong_value{"ADMIN_EMAIL", "admin"},
        wrong_value{"ADMIN_USERNAME", "a@b"}, wrong_value{"ADMIN_PASSWORD", "short"},
        wrong_value{"ADMIN_PASSWORD", "password123"}, wrong_value{"JWT_SECRET_KEY", "too short"},
        wrong_value{"ISSUER", "a b"}, wrong_value{"CORE_MANAGER_URL", "core-manager:8088"},
        wrong_value{"CORE_MANAGER_URL", "http://h/?q"},
        wrong_value{"CORE_MANAGER_URL", "http://h:99999"}, wrong_value{"LOG_LEVEL", "INFO"},
        wrong_value{"LOG_FILE", "/no/such/folder/x.log"}, wrong_value{"DATA_DIR", "/dev/null"}));

TEST(Settings, TakeOriginsOfPackagedAppsAsTheyAreWritten) {
  const auto values =
      load(only({{"ALLOWED_ORIGINS", "https://App.example:443, capacitor://localhost,"
                                     "chrome-extension://AbCdef,tauri://localhost:1420"},
                 {"CORS_HEADERS", "X-Client-Version, If-None-Match"},
                 {"KEEP_ALIVE", "10m"}}));
  EXPECT_THAT(values.allowed_origins,
              ElementsAre("https://app.example", "capacitor://localhost",
                          "chrome-extension://AbCdef", "tauri://localhost:1420"));
  EXPECT_THAT(values.cors_headers, ElementsAre("X-Client-Version", "If-None-Match"));
  EXPECT_EQ(values.keep_alive_s, 600u);
}

TEST(Settings, KnowOurOwnOriginByAnIssuerThatIsAUrl) {
  const auto own = [](const char* issuer) { return load(only({{"ISSUER", issuer}})).own_origin; };
  EXPECT_EQ(own("https://Auth.example.com:443/tenant/"), "https://auth.example.com");
  EXPECT_EQ(own("http://[::1]:8000"), "http://[::1]:8000");
  EXPECT_EQ(own("accounts"), "");
  EXPECT_EQ(own("urn:example:accounts"), "");
  EXPECT_EQ(load(only({})).own_origin, "") << "the request's Host tells";
  EXPECT_EQ(load(only({{"ISSUER", "https://Auth.example.com/"}})).issuer,
            "https://Auth.example.com/")
      << "`iss` is what was set, to the letter";
}

TEST(Settings, LeadMailsToOurOwnPagesWhereThoseCanBeFound) {
  const auto leads_to = [](std::map<std::string, std::string, std::less<>> set) {
    const auto values = load(only(std::move(set)));
    return values.password_reset_url + " " + values.email_verification_url;
  };
  EXPECT_EQ(leads_to({}), "http://127.0.0.1:8000/reset-password?token={token} "
                          "http://127.0.0.1:8000/verify-email?token={token}");
  EXPECT_EQ(leads_to({{"ISSUER", "https://auth.example.com/a/path"}}),
            "https://auth.example.com/reset-password?token={token} "
            "https://auth.example.com/verify-email?token={token}");
  EXPECT_EQ(leads_to({{"PASSWORD_RESET_URL", "https://a.example/{token}"}}),
            "https://a.example/{token} http://127.0.0.1:8000/verify-email?token={token}");
  EXPECT_EQ(leads_to({{"PAGES", "off"}}), " ");
  EXPECT_EQ(leads_to({{"HTTP_PORT", "0"}}), " ") << "nobody knows where they are yet";
  EXPECT_EQ(leads_to({{"ISSUER", "an-issuer-that-is-no-url"}}), " ");
}

TEST(Settings, LeadNoMailToALoopbackThatOthersDoNotReach) {
  const auto leads_to = [](const char* host, const char* issuer) {
    const auto values =
        load(only({{"HTTP_HOST", host}, {"JWT_SECRET_KEY", good_key}, {"ISSUER", issuer}}));
    return values.password_reset_url + " " + values.email_verification_url;
  };
  for (const auto* host : {"0.0.0.0", "::", "192.0.2.1", "example.org"}) {
    EXPECT_EQ(leads_to(host, ""), " ") << host;
    EXPECT_EQ(leads_to(host, "https://auth.example.com"),
              "https://auth.example.com/reset-password?token={token} "
              "https://auth.example.com/verify-email?token={token}")
        << host;
  }
  for (const auto* host : {"127.0.0.1", "localhost", "::1"})
    EXPECT_NE(leads_to(host, ""), " ") << host;
}

TEST(Settings, TakeABrandThatCanBeShown) {
  for (const auto* color : {"#1f5fbf", "#FFFFFF"})
    EXPECT_EQ(load(only({{"BRAND_COLOR", color}})).brand_color, color);
  for (const auto* color : {"1f5fbf", "#12345", "#1234567", "red", "#12345g"})
    EXPECT_NE(refuse(only({{"BRAND_COLOR", color}})).front().find("BRAND_COLOR"), std::string::npos)
        << color;
  for (const auto& [name, value] : std::map<std::string, std::string, std::less<>>{
           {"BRAND_NAME", std::string(61, 'a')}, {"BRAND_LOGO", "logo.gif"}, {"PAGES", "yes"}})
    EXPECT_NE(refuse(only({{name, value}})).front().find(name), std::string::npos) << value;
}

TEST(Settings, RefuseHalfOfATlsPair) {
  temporary_folder folder;
  const auto file = folder.write("a.pem", "x");
  EXPECT_THAT(refuse(only({{"TLS_CERT", file}})),
              ElementsAre("TLS_CERT is set and TLS_KEY is not: expected both or neither"));
  EXPECT_THAT(refuse(only({{"TLS_KEY", file}})),
              ElementsAre("TLS_KEY is set and TLS_CERT is not: expected both or neither"));
  EXPECT_THAT(refuse(only({{"TLS_KEY", "/no/such/file"}, {"TLS_CERT", file}})),
              ElementsAre(HasSubstr("TLS_KEY is \"/no/such/file\"")));
  EXPECT_TRUE(load(only({{"TLS_KEY", file}, {"TLS_CERT", file}})).uses_tls());
}

TEST(Settings, RefuseAListenerOthersCanReachWithoutASecretOfOnesOwn) {
  for (const auto& name : {"HTTP_HOST", "INTERNAL_HOST"}) {
    for (const auto& host : {"0.0.0.0", "::", "[::]", "192.0.2.1", "example.org"}) {
      EXPECT_THAT(refuse(only({{name, host}})),
                  ElementsAre(AllOf(HasSubstr(name), HasSubstr("set JWT_SECRET_KEY"))));
      EXPECT_THAT(load_settings(only({{name, host}, {"JWT_SECRET_KEY", good_key}})).has_value(),
                  true);
    }
  }
  EXPECT_THAT(refuse(only({{"HTTP_HOST", "0.0.0.0"}, {"JWT_SECRET_KEY", std::string(40, 'x')}})),
              ElementsAre(HasSubstr("placeholder")));
}

TEST(Settings, RefuseAGeneratedAdminPasswordOnlyWhenOthersCanReachAListener) {
  EXPECT_EQ(refuse_generated_admin_password(load(only({}))), std::nullopt);
  std::map<std::string, std::string, std::less<>> exposed = {{"INTERNAL_HOST", "::"},
                                                             {"JWT_SECRET_KEY", good_key}};
  EXPECT_THAT(refuse_generated_admin_password(load(only(exposed))).value(),
              AllOf(HasSubstr("INTERNAL_HOST ::"), HasSubstr("set ADMIN_PASSWORD")));
  exposed["ADMIN_PASSWORD"] = "correct horse battery";
  EXPECT_EQ(refuse_generated_admin_password(load(only(exposed))), std::nullopt);
}

// -- values ----------------------------------------------------------------------------

TEST(Settings, HaveTheDocumentedDefaults) {
  const auto values = load(only({}));
  EXPECT_EQ(values.http_host, "127.0.0.1");
  EXPECT_EQ(values.http_port, 8000);
  EXPECT_EQ(values.internal_host, "127.0.0.1");
  EXPECT_EQ(values.internal_port, 9090);
  EXPECT_FALSE(values.uses_postgres());
  EXPECT_EQ(values.sqlite_path(), "./data/latchkey.db");
  EXPECT_EQ(values.access_token_ttl_s, 3600u);
  EXPECT_EQ(values.session_ttl_s, 30u * 86400);
  EXPECT_EQ(values.session_idle_ttl_s, 14u * 86400);
  EXPECT_EQ(values.refresh_grace_s, 10u);
  EXPECT_EQ(values.refresh_unseen_max_s, 86400u);
  EXPECT_FALSE(values.cookie_same_site_none);
  EXPECT_EQ(values.argon2_memory_kib, 19456u);
  EXPECT_EQ(values.argon2_iterations, 2u);
  EXPECT_EQ(values.request_timeout_s, 30u);
  EXPECT_EQ(values.body_bytes_max, 1048576u);
  EXPECT_EQ(values.issuer, "http://127.0.0.1:8000");
  EXPECT_EQ(values.log_from, log_level::info);
  EXPECT_THAT(values.allowed_origins, IsEmpty());
  EXPECT_THAT(values.origins,
              AllOf(testing::SizeIs(setting_table().size()), Each(setting_origin::fallback)));
}

TEST(Settings, GiveWorkersTheMachine) {
  const auto cores = std::max(1u, std::thread::hardware_concurrency());
  const auto values = load(only({}));
  EXPECT_EQ(values.workers, cores);
  EXPECT_EQ(values.hash_workers, std::max(1u, cores / 2));
  EXPECT_EQ(load(only({{"HASH_WORKERS", "256"}})).hash_workers, cores);
  EXPECT_EQ(load(only({{"WORKERS", "7"}})).workers, 7u);
}

TEST(Settings, TakeDurationsAndSizesWithUnits) {
  const auto values = load(only({{"ACCESS_TOKEN_TTL", "15m"},
                                 {"SESSION_TTL", "12h"},
                                 {"REFRESH_GRACE", "20s"},
                                 {"BODY_BYTES_MAX", "64KiB"}}));
  EXPECT_EQ(values.access_token_ttl_s, 900u);
  EXPECT_EQ(values.session_ttl_s, 43200u);
  EXPECT_EQ(values.session_idle_ttl_s, 43200u); // unset: never longer than the session
  EXPECT_EQ(values.refresh_grace_s, 20u);
  EXPECT_EQ(values.body_bytes_max, 65536u);
}

TEST(Settings, NormaliseHostsAndUrls) {
  const auto values = load(only({{"HTTP_HOST", "[::1]"},
                                 {"INTERNAL_HOST", "LOCALHOST"},
                                 {"ALLOWED_ORIGINS", " HTTPS://App.Example:443 , http://[::1]:3000,"
                                                     "https://app.example,http://localhost:3000"},
                                 {"CORE_MANAGER_URL", "http://core-manager:8088//"}}));
  EXPECT_EQ(values.http_host, "::1");
  EXPECT_EQ(values.internal_host, "localhost");
  EXPECT_EQ(values.issuer, "http://[::1]:8000");
  EXPECT_THAT(values.allowed_origins,
              ElementsAre("https://app.example", "http://[::1]:3000", "http://localhost:3000"));
  EXPECT_EQ(values.core_manager_url, "http://core-manager:8088");
}

TEST(Settings, PutThePasswordIntoADatabaseUrlThatHasNone) {
  const auto url = [](const char* text) {
    const auto values = load(only({{"DATABASE_URL", text}, {"AUTH_DB_PASSWORD", "p/w 1"}}));
    return std::string(values.database_url.reveal());
  };
  EXPECT_EQ(url("postgresql://u@h/d"), "postgresql://u@h/d?password=p%2Fw%201");
  EXPECT_EQ(url("postgres://h?sslmode=require"), "postgres://h?sslmode=require&password=p%2Fw%201");
  EXPECT_EQ(url("postgresql://u:@h/d"), "postgresql://u:@h/d?password=p%2Fw%201");
  EXPECT_EQ(url("postgresql://u:own@h/d"), "postgresql://u:own@h/d");
  EXPECT_EQ(url("postgresql://h/d?password=own"), "postgresql://h/d?password=own");
  EXPECT_EQ(url("postgresql:///d?host=/run/pg"), "postgresql:///d?host=/run/pg&password=p%2Fw%201");
}

TEST(Settings, SayWhichStoreTheyNameWithoutItsPassword) {
  EXPECT_EQ(describe_store(load(only({{"DATA_DIR", "/a/./b"}}))), "SQLite, /a/b/latchkey.db");
  EXPECT_EQ(describe_store(load(only({{"DATA_DIR", "b"}}))),
            "SQLite, " + (std::filesystem::current_path() / "b/latchkey.db").string());
  const auto url = [](const std::string& text) {
    return describe_store(load(only({{"DATABASE_URL", text}, {"AUTH_DB_PASSWORD", "hunt3r"}})));
  };
  EXPECT_EQ(url("postgresql://bob:hunt4r@h:5433/d"), "PostgreSQL, h:5433/d");
  EXPECT_EQ(url("postgresql://bob@h/d"), "PostgreSQL, h/d");
  EXPECT_EQ(url("postgresql:///d?sslmode=prefer&host=/run/pg"), "PostgreSQL, /d host=/run/pg");
}

TEST(Settings, AreDescribedWithOriginsAndWithoutSecrets) {
  const auto text = describe(load(only({{"JWT_SECRET_KEY", good_key},
                                        {"DATABASE_URL", "postgresql://u:hunt3r@h/d"},
                                        {"REDIS_URL", "redis://u:hunt3r@h"},
                                        {"AUTH_DB_PASSWORD", "hunt3r"},
                                        {"ADMIN_PASSWORD", "hunt3r hunt3r"},
                                        {"HTTP_PORT", "81"}})));
  EXPECT_THAT(text, Not(HasSubstr("hunt3r")));
  EXPECT_THAT(text, Not(HasSubstr(good_key)));
  EXPECT_THAT(text, HasSubstr("HTTP_PORT           81 (environment): its port\n"));
  EXPECT_THAT(text, HasSubstr("JWT_SECRET_KEY      *** (environment): signs access tokens"));
  EXPECT_THAT(text, HasSubstr("INTERNAL_PORT       9090 (default): its port\n"));
  EXPECT_THAT(text, HasSubstr("TLS_CERT            - (default): certificate chain"));
  for (const auto& row : setting_table())
    EXPECT_THAT(text, HasSubstr(std::string(row.name) + " "));
}

TEST(LoopbackHost, IsOneThatNoOtherMachineReaches) {
  for (const auto& host : {"127.0.0.1", "127.9.9.9", "::1", "localhost", "::ffff:127.0.0.1"})
    EXPECT_TRUE(is_loopback_host(host)) << host;
  for (const auto& host : {"0.0.0.0", "::", "192.0.2.1", "::ffff:192.0.2.1", "::2", "a.example", "",
                           "128.0.0.1", "localhost.example"})
    EXPECT_FALSE(is_loopback_host(host)) << host;
}

} // namespace
} // namespace latchkey
