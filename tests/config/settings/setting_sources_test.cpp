// setting_sources_test.cpp — the files and the environment: what is read, and which wins.
#include "tests/config/settings/loading.hpp"
#include "tests/config/temporary_folder.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace latchkey {
namespace {

using test::load;
using test::only;
using test::origin_of;
using test::refuse;
using test::temporary_folder;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

// -- the JSON file ----------------------------------------------------------------------

setting_problems refuse_json(std::string_view json) {
  temporary_folder folder;
  return refuse({{}, "", folder.write("c.json", json)});
}

TEST(ConfigFile, RefusesAnUnknownKeyAndSuggestsTheNearest) {
  EXPECT_THAT(refuse_json(R"({"HTTP_PROT": 1})"),
              ElementsAre(AllOf(HasSubstr("\"HTTP_PROT\""), HasSubstr("mean HTTP_PORT?"))));
  EXPECT_THAT(refuse_json(R"({"http-port": 1})"), ElementsAre(HasSubstr("mean HTTP_PORT?")));
  EXPECT_THAT(refuse_json(R"({"COLOUR_OF_THE_SKY": 1})"),
              ElementsAre(AllOf(HasSubstr("config check"), Not(HasSubstr("did you mean")))));
}

TEST(ConfigFile, RefusesWhatIsNotOneObjectOfPlainValues) {
  EXPECT_THAT(refuse_json(R"({"HTTP_PORT": )"), ElementsAre(HasSubstr("is not JSON")));
  EXPECT_THAT(refuse_json("[]"), ElementsAre(HasSubstr("one JSON object")));
  EXPECT_THAT(refuse_json(R"({"HTTP_PORT": {}})"), ElementsAre(HasSubstr("HTTP_PORT must be")));
  EXPECT_THAT(refuse_json(R"({"HTTP_PORT": [80]})"), ElementsAre(HasSubstr("HTTP_PORT must be")));
  EXPECT_THAT(refuse_json(R"({"HTTP_PORT": 1.5})"), ElementsAre(HasSubstr("\"1.5\" (file)")));
  EXPECT_THAT(refuse_json(std::string((1 << 20) + 1, ' ')), ElementsAre(HasSubstr("1 MiB")));
}

TEST(ConfigFile, MustExistWhenItIsNamed) {
  temporary_folder folder;
  const auto missing = folder / "missing.json";
  EXPECT_THAT(refuse({{}, "", missing}), ElementsAre(HasSubstr("cannot read " + missing)));
  EXPECT_THAT(refuse(only({{"LATCHKEY_CONFIG", missing}})), ElementsAre(HasSubstr("cannot read")));
  EXPECT_THAT(refuse({{}, "", folder / ""}), ElementsAre(HasSubstr("not a file")));
}

TEST(ConfigFile, HoldsTextNumbersNullsAndLists) {
  temporary_folder folder;
  const auto values = load({{}, "", folder.write("c.json", R"({"HTTP_PORT": 81, "SESSION_TTL": "2d",
      "AUDIENCE": null, "ALLOWED_ORIGINS": ["https://a.example", "http://b.example:81"]})")});
  EXPECT_EQ(values.http_port, 81);
  EXPECT_EQ(values.session_ttl_s, 2u * 86400);
  EXPECT_EQ(values.audience, "latchkey");
  EXPECT_THAT(values.allowed_origins, ElementsAre("https://a.example", "http://b.example:81"));
  EXPECT_EQ(origin_of(values, "HTTP_PORT"), setting_origin::config_file);
  EXPECT_EQ(origin_of(values, "AUDIENCE"), setting_origin::fallback);
}

// -- .env and precedence ---------------------------------------------------------------

TEST(EnvFile, RefusesLinesThatCannotBeReadByTheirNumber) {
  temporary_folder folder;
  auto sources = only({});
  sources.env_file = folder.write("env", "# fine\n\nHTTP_PORT\nISSUER='a\nISSUER=\"a\" b\n");
  EXPECT_THAT(refuse(sources), ElementsAre(HasSubstr("line 3"), HasSubstr("line 4 (ISSUER)"),
                                           HasSubstr("line 5 (ISSUER)")));
}

TEST(EnvFile, UnderstandsCommentsQuotesExportAndOtherProgramsNames) {
  temporary_folder folder;
  auto sources = only({});
  sources.env_file = folder.write("env", "export HTTP_PORT=81 # ours\r\n"
                                         "SOMETHING_ELSE=\"open\"\n"
                                         "AUTH_DB_PASSWORD='a\\n#\" b'\n"
                                         "ADMIN_PASSWORD=\"c \\\"d\\\" #\\$e\\\\\" # comment\n"
                                         " AUDIENCE = spaced \n"
                                         "ISSUER=\n");
  const auto values = load(sources);
  EXPECT_EQ(values.http_port, 81);
  EXPECT_EQ(values.auth_db_password.reveal(), "a\\n#\" b");
  EXPECT_EQ(values.admin_password.reveal(), "c \"d\" #$e\\");
  EXPECT_EQ(values.audience, "spaced");
  EXPECT_EQ(origin_of(values, "ISSUER"), setting_origin::fallback);
}

TEST(EnvFile, MayBeMissing) {
  temporary_folder folder;
  EXPECT_EQ(load({{}, folder / "none", std::nullopt}).http_port, 8000);
}

TEST(Settings, TakeTheEnvironmentBeforeEnvBeforeTheFileBeforeTheDefault) {
  temporary_folder folder;
  setting_sources sources;
  sources.environment = {{"HTTP_PORT", "1"}, {"ISSUER", ""}};
  sources.env_file = folder.write("env", "HTTP_PORT=2\nINTERNAL_PORT=2\nISSUER=from-env-file\n");
  sources.config_file =
      folder.write("c.json", R"({"HTTP_PORT": 3, "INTERNAL_PORT": 3, "DB_READERS": 3})");
  const auto values = load(sources);
  EXPECT_EQ(values.http_port, 1);
  EXPECT_EQ(values.internal_port, 2);
  EXPECT_EQ(values.issuer, "from-env-file"); // an empty value is an unset one
  EXPECT_EQ(values.db_readers, 3u);
  EXPECT_EQ(values.db_writers, 2u);
  EXPECT_EQ(origin_of(values, "HTTP_PORT"), setting_origin::environment);
  EXPECT_EQ(origin_of(values, "INTERNAL_PORT"), setting_origin::env_file);
  EXPECT_EQ(origin_of(values, "DB_READERS"), setting_origin::config_file);
  EXPECT_EQ(origin_of(values, "DB_WRITERS"), setting_origin::fallback);
}

TEST(Settings, FindTheFileByItsOptionBeforeTheEnvironment) {
  temporary_folder folder;
  const auto a = folder.write("a.json", R"({"HTTP_PORT": 1})");
  const auto b = folder.write("b.json", R"({"HTTP_PORT": 2})");
  EXPECT_EQ(load(only({{"LATCHKEY_CONFIG", a}})).http_port, 1);
  EXPECT_EQ(load({{{"LATCHKEY_CONFIG", a}}, "", b}).http_port, 2);
  EXPECT_EQ(load({{}, folder.write("env", "LATCHKEY_CONFIG=" + a), std::nullopt}).http_port, 1);
}

TEST(Settings, ComeFromTheProcessItself) {
  ASSERT_EQ(::setenv("AUDIENCE", "of-this-process", 1), 0);
  auto sources = process_sources("some.json");
  ::unsetenv("AUDIENCE");
  EXPECT_EQ(sources.environment["AUDIENCE"], "of-this-process");
  EXPECT_EQ(sources.environment.count("PATH"), 0u); // nothing that is not ours is kept
  EXPECT_EQ(sources.env_file, ".env");
  EXPECT_EQ(sources.config_file, "some.json");
}

// -- encodings and strangers --------------------------------------------------------------

TEST(EnvFile, AndTheConfigFileMayBeginWithAByteOrderMark) {
  temporary_folder folder;
  const std::string mark = "\xEF\xBB\xBF";
  EXPECT_EQ(load({{}, folder.write(".env", mark + "HTTP_PORT=81\r\n"), std::nullopt}).http_port,
            81);
  EXPECT_EQ(load({{}, "", folder.write("c.json", mark + R"({"HTTP_PORT":82})")}).http_port, 82);
}

TEST(EnvFile, AndTheConfigFileInUtf16AreRefusedByThatName) {
  temporary_folder folder;
  const auto in_utf16 = [](std::string_view ascii, bool is_marked) {
    std::string out = is_marked ? "\xFF\xFE" : "";
    for (const char c : ascii)
      (out += c) += '\0';
    return out;
  };
  for (const bool is_marked : {true, false}) {
    const auto env = folder.write(".env", in_utf16("HTTP_PORT=81\n", is_marked));
    EXPECT_THAT(refuse({{}, env, std::nullopt}), ElementsAre(HasSubstr("is in UTF-16")));
    const auto json = folder.write("c.json", in_utf16(R"({"HTTP_PORT":82})", is_marked));
    EXPECT_THAT(refuse({{}, "", json}), ElementsAre(HasSubstr("is in UTF-16")));
  }
}

TEST(EnvFile, TellsOfNamesThatLookLikeASettingAndOfNoOthers) {
  temporary_folder folder;
  const auto values =
      load({{},
            folder.write(".env", "HTTP_PROT=81\nCOLOUR_OF_THE_SKY=blue\nHTTP_PORT=82\n"),
            std::nullopt});
  EXPECT_THAT(values.likenesses, ElementsAre(AllOf(HasSubstr("line 1"), HasSubstr("\"HTTP_PROT\""),
                                                   HasSubstr("mean HTTP_PORT?"))));
  EXPECT_EQ(values.http_port, 82);
}

} // namespace
} // namespace latchkey
