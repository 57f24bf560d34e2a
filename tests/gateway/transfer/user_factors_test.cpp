// Second factors in each form that an import understands, and what is refused of them.
#include "gateway/transfer/user_factors.hpp"

#include "protocol/text/text_codec.hpp"
#include "protocol/tokens/totp.hpp"
#include "tests/support/soft_key.hpp"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace latchkey::test {
namespace {

using gateway::user_factors;
using json = nlohmann::json;

const time_point now = std::chrono::sys_days(std::chrono::year(2026) / 3 / 1);

result<user_factors> read(const json& line, bool keeps_id = true) {
  auto in = gateway::input::of_object(line.dump());
  auto out = gateway::read_user_factors(in, keeps_id, now);
  if (auto sound = in.done(); !sound) return fail(sound.error());
  return out;
}

/// "field: reason", or "taken".
std::string import_refusal(const json& line) {
  const auto done = read(line);
  return done ? "taken" : done.error().field + ": " + done.error().reason;
}

std::string with_padding(std::string base64url) {
  for (auto& c : base64url)
    c = c == '-' ? '+' : c == '_' ? '/' : c;
  while (base64url.size() % 4 != 0)
    base64url += '=';
  return base64url;
}

/// Bytes whose base64 has characters that base64url has not.
const std::string id_bytes = "\xfb\xff\xfe-of-a-credential";
const std::string cose = soft_key::make(webauthn::cose_algorithm::es256).cose();

// -- our own form -----------------------------------------------------------------------------

json own_app() {
  return {{"name", "Phone"}, {"secret", "JBSWY3DPEHPK3PXP"}};
}
json own_passkey() {
  return {{"name", "Laptop"},
          {"credential_id", base64url_encode(id_bytes)},
          {"public_key", base64url_encode(cose)},
          {"sign_count", 7},
          {"aaguid", base64url_encode("soft-authenticat")},
          {"transports", {"internal", "hybrid"}},
          {"backup_eligible", true},
          {"backed_up", true},
          {"second_factor", false},
          {"created_at", "2025-01-02T03:04:05.000000Z"}};
}

TEST(UserFactors, AreReadInOurOwnForm) {
  const std::string hash(43, 'A');
  const auto found = read(
      {{"totp", {own_app()}}, {"passkeys", {own_passkey()}}, {"recovery_code_hashes", {hash}}});
  ASSERT_TRUE(found) << found.error().field << found.error().reason;
  ASSERT_EQ(found->totp.size(), 1u);
  EXPECT_EQ(found->totp[0].name, "Phone");
  EXPECT_EQ(found->totp[0].key.reveal(), "Hello!\xde\xad\xbe\xef");
  EXPECT_EQ(found->totp[0].created_at, now);
  ASSERT_EQ(found->passkeys.size(), 1u);
  const auto& key = found->passkeys[0];
  EXPECT_EQ(key.name, "Laptop");
  EXPECT_EQ(key.credential_id, base64url_encode(id_bytes));
  EXPECT_EQ(key.public_key, base64url_encode(cose));
  EXPECT_EQ(key.sign_count, 7u);
  EXPECT_EQ(key.transports, (std::vector<std::string>{"hybrid", "internal"}));
  EXPECT_TRUE(key.is_backup_eligible);
  EXPECT_TRUE(key.is_backed_up);
  EXPECT_FALSE(key.is_second_factor);
  EXPECT_FALSE(key.is_foreign);
  EXPECT_LT(key.created_at, now);
  EXPECT_EQ(found->recovery_code_hashes, std::vector<std::string>{hash});
}

TEST(UserFactors, AreWrittenAsTheyAreRead) {
  const auto found = read({{"totp", {own_app(), own_app()}},
                           {"passkeys", {own_passkey()}},
                           {"recovery_code_hashes", {std::string(43, 'A')}}});
  ASSERT_TRUE(found);
  const auto written = [](const user_factors& factors) {
    std::string out;
    json_writer line(out);
    line.begin_object();
    gateway::write_user_factors(line, factors);
    line.end_object();
    return out;
  };
  const auto once = written(*found);
  const auto again = read(json::parse(once));
  ASSERT_TRUE(again) << again.error().field << again.error().reason;
  EXPECT_EQ(written(*again), once);
  EXPECT_EQ(written({}), "{}");
}

TEST(UserFactors, RememberTheLastCodeOfAnApp) {
  auto app = own_app();
  app["last_used_at"] = "2025-03-02T03:04:05Z";
  app["last_step"] = 57'000'000;
  const auto found = read({{"totp", {app}}});
  ASSERT_TRUE(found) << found.error().field << found.error().reason;
  EXPECT_EQ(found->totp[0].last_step, 57'000'000);
  EXPECT_EQ(to_rfc3339_seconds(found->totp[0].last_used_at.value()), "2025-03-02T03:04:05Z");
  app["last_step"] = totp_step_at(now) + 1; // of a clock that is ahead
  EXPECT_EQ(import_refusal({{"totp", {app}}}), "taken");
  app["last_step"] = totp_step_at(now) + 2;
  EXPECT_EQ(import_refusal({{"totp", {app}}}).find("totp[0].last_step: must be an integer from 0"),
            0u);
}

TEST(UserFactors, OfAUserWithANewIdAreForeign) {
  const auto found = read({{"passkeys", {own_passkey()}}}, false);
  ASSERT_TRUE(found);
  EXPECT_TRUE(found->passkeys[0].is_foreign) << "its authenticator knows the id of before";
}

TEST(UserFactors, AreAbsentOrNull) {
  EXPECT_TRUE(read(json::object())->empty());
  EXPECT_TRUE(
      read({{"totp", nullptr}, {"credentials", nullptr}, {"mfa_factors", nullptr}})->empty());
}

TEST(UserFactors, OfAnAppMustBeWhatAVerifierComputes) {
  const auto app = [](const char* field, const json& value) {
    auto one = own_app();
    one[field] = value;
    return import_refusal({{"totp", {own_app(), one}}});
  };
  for (const auto* good : {"SHA1", "sha1", "HmacSHA1", "SHA-1"})
    EXPECT_EQ(app("algorithm", good), "taken");
  EXPECT_EQ(app("algorithm", "SHA256").find("totp[1].algorithm: must be SHA1"), 0u);
  EXPECT_EQ(app("digits", 8).find("totp[1].digits: must be 6"), 0u);
  EXPECT_EQ(app("period", 60).find("totp[1].period: must be 30 seconds"), 0u);
  EXPECT_EQ(app("secret", "JBSW Y3DP-ehpk 3pxp===="), "taken");
  EXPECT_EQ(app("secret", "JBSWY3DPEHPK3PX1"), "totp[1].secret: is not base32");
  EXPECT_EQ(app("secret", "JBSWY3DP"), "totp[1].secret: must be of 10 to 64 bytes");
  EXPECT_EQ(app("secret", 5), "totp[1].secret: must be a string");
  EXPECT_EQ(app("name", "a\u0007").find("totp[1].name: "), 0u);
  EXPECT_EQ(app("code", "x").find("totp[1].code: "), 0u) << "is no field";
  EXPECT_EQ(import_refusal({{"totp", "x"}}), "totp: must be a list of objects");
  EXPECT_EQ(import_refusal({{"totp", {{{"secret", "1"}}}}, {"passkeys", {own_passkey()}}}),
            "totp[0].secret: is not base32");
  EXPECT_EQ(import_refusal({{"totp", {"x"}}}), "totp: must be a list of objects");
  EXPECT_EQ(import_refusal({{"totp", json::array({json::object()})}}),
            "totp[0].secret: is required");
}

TEST(UserFactors, OfAPasskeyMustBeWhatASignInVerifies) {
  const auto key = [](const char* field, const json& value) {
    auto one = own_passkey();
    one[field] = value;
    return import_refusal({{"passkeys", {one}}});
  };
  EXPECT_EQ(key("public_key", "AAAA").find("passkeys[0].public_key: must be a COSE key"), 0u);
  EXPECT_EQ(key("public_key", "!"), "passkeys[0].public_key: is not base64");
  EXPECT_EQ(key("credential_id", ""), "passkeys[0].credential_id: must not be empty");
  EXPECT_EQ(key("credential_id", "===").find("passkeys[0].credential_id: "), 0u);
  EXPECT_EQ(key("aaguid", "AAAA"), "passkeys[0].aaguid: must be of 16 bytes");
  EXPECT_EQ(key("sign_count", -1).find("passkeys[0].sign_count: "), 0u);
  EXPECT_EQ(key("sign_count", 4294967296).find("passkeys[0].sign_count: "), 0u);
  EXPECT_EQ(key("backup_eligible", false).find("passkeys[0].backed_up: "), 0u);
}

TEST(UserFactors, AreNoMoreThanAUserMayHave) {
  const json app = own_app();
  EXPECT_EQ(import_refusal({{"totp", json(5, app)}}), "taken");
  EXPECT_EQ(import_refusal({{"totp", json(6, app)}}), "totp: must have at most 5 items");
  EXPECT_EQ(import_refusal({{"passkeys", json(21, own_passkey())}}),
            "passkeys: must have at most 20 items");
  const json factor{{"totp", {{"secret", "JBSWY3DPEHPK3PXP"}}}};
  EXPECT_EQ(import_refusal({{"totp", json(3, app)}, {"mfa_factors", json(3, factor)}}),
            "totp: must be at most 5");
}

TEST(UserFactors, TakeRecoveryCodesOnlyBesideAFactorThatIsAskedFor) {
  const json hashes = {std::string(43, 'A')};
  EXPECT_EQ(
      import_refusal({{"recovery_code_hashes", hashes}}).find("recovery_code_hashes: are of no"),
      0u);
  EXPECT_EQ(import_refusal({{"recovery_code_hashes", hashes}, {"passkeys", {own_passkey()}}})
                .find("recovery_code_hashes: are of no"),
            0u);
  EXPECT_EQ(import_refusal({{"recovery_code_hashes", {"k7f2-9m4x"}}, {"totp", {own_app()}}})
                .find("recovery_code_hashes: must be hashes"),
            0u);
}

// -- Keycloak ---------------------------------------------------------------------------------

json keycloak_otp(const json& changes = json::object(), const std::string& value = {}) {
  json data{{"subType", "totp"},
            {"digits", 6},
            {"counter", 0},
            {"period", 30},
            {"algorithm", "HmacSHA1"}};
  data.update(changes);
  return {{"id", "8d5a2d9e-6c4c-4a3a-9d3a-0a6d3f2d7c10"},
          {"type", "otp"},
          {"userLabel", "Pixel"},
          {"createdDate", 1735787045000},
          {"secretData", json{{"value", value.empty() ? "q3JvT8yLmW0ZxB5kNc7d" : value}}.dump()},
          {"credentialData", data.dump()}};
}
json keycloak_passkey(const std::string& type) {
  const json data{{"aaguid", "adce0002-35bc-c60a-648b-0b25f1f05503"},
                  {"credentialId", with_padding(base64url_encode(id_bytes))},
                  {"counter", 12},
                  {"credentialPublicKey", base64url_encode(cose)},
                  {"attestationStatementFormat", "none"},
                  {"transports", {"internal", "smart-card", "unheard-of"}}};
  return {{"type", type},
          {"userLabel", "MacBook"},
          {"createdDate", 1735787045000},
          {"secretData", "{}"},
          {"credentialData", data.dump()}};
}
json keycloak(const json& credential) {
  const json password{{"type", "password"}, {"secretData", "{}"}, {"credentialData", "{}"}};
  return {{"credentials", {password, credential}}};
}

TEST(KeycloakFactors, HaveASecretThatIsTheTextItself) {
  const auto found = read(keycloak(keycloak_otp()));
  ASSERT_TRUE(found) << found.error().field << found.error().reason;
  ASSERT_EQ(found->totp.size(), 1u);
  EXPECT_EQ(found->totp[0].name, "Pixel");
  EXPECT_EQ(found->totp[0].key.reveal(), "q3JvT8yLmW0ZxB5kNc7d");
  EXPECT_EQ(to_rfc3339_seconds(found->totp[0].created_at), "2025-01-02T03:04:05Z");
}

TEST(KeycloakFactors, MayHaveASecretInBase32) {
  const auto found =
      read(keycloak(keycloak_otp({{"secretEncoding", "BASE32"}}, "JBSWY3DPEHPK3PXP")));
  ASSERT_TRUE(found) << found.error().field << found.error().reason;
  EXPECT_EQ(found->totp[0].key.reveal(), "Hello!\xde\xad\xbe\xef");
}

TEST(KeycloakFactors, AreRefusedWhereCodesWouldDiffer) {
  const std::string data = "credentials[1].credentialData.";
  const auto refused = [](const json& changes) {
    return import_refusal(keycloak(keycloak_otp(changes)));
  };
  EXPECT_EQ(refused({{"subType", "hotp"}}).find(data + "subType: must be totp"), 0u);
  EXPECT_EQ(refused({{"digits", 8}}).find(data + "digits: "), 0u);
  EXPECT_EQ(refused({{"period", 60}}).find(data + "period: "), 0u);
  EXPECT_EQ(refused({{"algorithm", "HmacSHA256"}}).find(data + "algorithm: "), 0u);
  EXPECT_EQ(refused({{"secretEncoding", "HEX"}}).find(data + "secretEncoding: "), 0u);
  EXPECT_EQ(import_refusal(keycloak(keycloak_otp({{"secretEncoding", "BASE32"}}, "not base 32!"))),
            "credentials[1].secretData.value: is not base32");
  EXPECT_EQ(import_refusal(keycloak({{"type", "otp"}})),
            "credentials[1].credentialData: is required");
  EXPECT_EQ(
      import_refusal(keycloak({{"type", "otp"}, {"credentialData", "x"}, {"secretData", "{}"}}))
          .find("credentials[1].credentialData: "),
      0u);
  EXPECT_EQ(import_refusal(keycloak({{"type", "x509"}})).find("credentials[1].type: must be otp"),
            0u);
}

TEST(KeycloakFactors, HavePasskeysInBase64) {
  for (const auto* type : {"webauthn", "webauthn-passwordless"}) {
    const auto found = read(keycloak(keycloak_passkey(type)));
    ASSERT_TRUE(found) << found.error().field << found.error().reason;
    ASSERT_EQ(found->passkeys.size(), 1u);
    const auto& key = found->passkeys[0];
    EXPECT_EQ(key.name, "MacBook");
    EXPECT_EQ(key.credential_id, base64url_encode(id_bytes));
    EXPECT_EQ(key.public_key, base64url_encode(cose));
    EXPECT_EQ(key.aaguid, "rc4AAjW8xgpkiwsl8fBVAw");
    EXPECT_EQ(key.sign_count, 12u);
    EXPECT_EQ(key.is_second_factor, std::string{type} == "webauthn")
        << "a passwordless one is another way in";
    EXPECT_TRUE(key.is_foreign);
    EXPECT_EQ(key.transports, (std::vector<std::string>{"smart-card", "internal"}));
  }
}

TEST(KeycloakFactors, PassOverRecoveryCodesBesideOthersAlone) {
  const json codes{{"type", "recovery-authn-codes"}};
  EXPECT_EQ(
      import_refusal(keycloak(codes)).find("credentials: recovery-authn-codes would be the only"),
      0u);
  const auto found = read({{"credentials", {codes, keycloak_otp()}}});
  ASSERT_TRUE(found) << found.error().field << found.error().reason;
  EXPECT_EQ(found->passed_over, std::vector<std::string>{"recovery-authn-codes"});
  EXPECT_EQ(found->totp.size(), 1u);
}

// -- Ory Kratos -------------------------------------------------------------------------------

json kratos_totp(const std::string& url) {
  return {{"credentials",
           {{"password", {{"config", {{"hashed_password", "$2a$…"}}}}},
            {"totp", {{"type", "totp"}, {"config", {{"totp_url", url}}}}}}}};
}
json kratos_passkey(const char* kind) {
  const json credential{{"id", with_padding(base64url_encode(id_bytes))},
                        {"public_key", with_padding(base64url_encode(cose))},
                        {"attestation_type", "none"},
                        {"authenticator",
                         {{"aaguid", with_padding(base64url_encode(std::string(16, '\0')))},
                          {"sign_count", 3},
                          {"clone_warning", false}}},
                        {"display_name", "YubiKey"},
                        {"added_at", "0001-01-01T00:00:00Z"},
                        {"is_passwordless", false},
                        {"flags", {{"backup_eligible", true}, {"backup_state", true}}}};
  return {{"credentials",
           {{kind, {{"config", {{"credentials", {credential}}, {"user_handle", "AAAA"}}}}}}}};
}

TEST(KratosFactors, HaveTheAddressOfAnApp) {
  const auto found = read(kratos_totp("otpauth://totp/Example:ada@example.com?algorithm=SHA1&"
                                      "digits=6&issuer=Example&period=30&"
                                      "secret=JBSWY3DPEHPK3PXP"));
  ASSERT_TRUE(found) << found.error().field << found.error().reason;
  ASSERT_EQ(found->totp.size(), 1u);
  EXPECT_EQ(found->totp[0].key.reveal(), "Hello!\xde\xad\xbe\xef");
  EXPECT_EQ(found->totp[0].name, "Authenticator app");
}

TEST(KratosFactors, AreRefusedWhereCodesWouldDiffer) {
  const std::string url = "credentials.totp.config.totp_url";
  const auto refused = [](const std::string& parameters) {
    return import_refusal(kratos_totp("otpauth://totp/Example:ada?" + parameters));
  };
  const std::string good = "secret=JBSWY3DPEHPK3PXP";
  EXPECT_EQ(refused(good), "taken");
  EXPECT_EQ(refused(good + "&digits=8").find(url + ".digits: "), 0u);
  EXPECT_EQ(refused(good + "&digits=six").find(url + ".digits: "), 0u);
  EXPECT_EQ(refused(good + "&period=60").find(url + ".period: "), 0u);
  EXPECT_EQ(refused(good + "&algorithm=SHA512").find(url + ".algorithm: "), 0u);
  EXPECT_EQ(refused("issuer=Example").find(url + ": must have the parameter secret"), 0u);
  EXPECT_EQ(refused("secret=1"), url + ".secret: is not base32");
  EXPECT_EQ(import_refusal(kratos_totp("otpauth://hotp/x?" + good)).find(url + ": must begin with"),
            0u);
  EXPECT_EQ(import_refusal({{"credentials", {{"totp", {{"type", "totp"}}}}}}),
            "credentials.totp.config: is required");
}

TEST(KratosFactors, ThatCannotBeVerifiedArePassedOverBesideOthersAlone) {
  const json something{{"config", json::object()}};
  for (const auto* kind : {"code", "lookup_secret", "deviceauthn"}) {
    EXPECT_EQ(import_refusal({{"credentials", {{kind, something}}}})
                  .find(std::string{"credentials: "} + kind + " would be the only second factor"),
              0u);
    auto line = kratos_totp("otpauth://totp/x?secret=JBSWY3DPEHPK3PXP");
    line["credentials"][kind] = something;
    const auto found = read(line);
    ASSERT_TRUE(found) << found.error().field << found.error().reason;
    EXPECT_EQ(found->passed_over, std::vector<std::string>{kind});
    EXPECT_EQ(found->totp.size(), 1u);
  }
  auto way_in = own_passkey(); // which no sign-in asks for
  EXPECT_EQ(import_refusal({{"credentials", {{"code", something}}}, {"passkeys", {way_in}}})
                .find("credentials: code would be the only second factor"),
            0u);
  way_in["second_factor"] = true;
  EXPECT_EQ(import_refusal({{"credentials", {{"code", something}}}, {"passkeys", {way_in}}}),
            "taken");
}

TEST(KratosFactors, OfOtherKindsAreFirstFactorsOrRefused) {
  const json something{{"config", json::object()}};
  for (const auto* kind : {"password", "oidc", "saml", "profile"}) {
    const auto found = read({{"credentials", {{kind, something}}}});
    ASSERT_TRUE(found) << found.error().field << found.error().reason;
    EXPECT_TRUE(found->passed_over.empty());
  }
  EXPECT_EQ(import_refusal({{"credentials", {{"retina", something}}}}),
            "credentials.retina: is no kind of credential that is known here");
}

TEST(KratosFactors, AreNotLostToANull) {
  const auto of = [](const char* kind, const json& credential) {
    return import_refusal({{"credentials", {{kind, credential}}}});
  };
  for (const std::string kind : {"totp", "webauthn", "passkey"}) {
    EXPECT_EQ(of(kind.c_str(), nullptr), "credentials." + kind + ": is required");
    EXPECT_EQ(of(kind.c_str(), {{"config", nullptr}}),
              "credentials." + kind + ".config: is required");
  }
  for (const std::string kind : {"webauthn", "passkey"}) {
    const auto list = "credentials." + kind + ".config.credentials: ";
    EXPECT_EQ(of(kind.c_str(), {{"config", json::object()}}), list + "is required");
    EXPECT_EQ(of(kind.c_str(), {{"config", {{"credentials", nullptr}}}}), list + "is required");
    EXPECT_EQ(of(kind.c_str(), {{"config", {{"credentials", "x"}}}}),
              list + "must be a list of objects");
    EXPECT_EQ(of(kind.c_str(), {{"config", {{"credentials", json::array()}}}}), "taken");
  }
}

TEST(KratosFactors, HavePasskeysOfTwoKinds) {
  for (const auto* kind : {"webauthn", "passkey"}) {
    const auto found = read(kratos_passkey(kind));
    ASSERT_TRUE(found) << found.error().field << found.error().reason;
    ASSERT_EQ(found->passkeys.size(), 1u);
    const auto& key = found->passkeys[0];
    EXPECT_EQ(key.name, "YubiKey");
    EXPECT_EQ(key.credential_id, base64url_encode(id_bytes));
    EXPECT_EQ(key.sign_count, 3u);
    EXPECT_EQ(key.created_at, now);
    EXPECT_TRUE(key.is_foreign);
    EXPECT_EQ(key.is_second_factor, std::string{kind} == "webauthn");
    EXPECT_TRUE(key.is_backup_eligible);
    EXPECT_TRUE(key.is_backed_up);
  }
  auto passwordless = kratos_passkey("webauthn");
  passwordless["credentials"]["webauthn"]["config"]["credentials"][0]["is_passwordless"] = true;
  const auto way_in = read(passwordless);
  ASSERT_TRUE(way_in) << way_in.error().field << way_in.error().reason;
  EXPECT_FALSE(way_in->passkeys[0].is_second_factor);
  auto copied = kratos_passkey("webauthn");
  copied["credentials"]["webauthn"]["config"]["credentials"][0]["authenticator"]["clone_warning"] =
      true;
  EXPECT_EQ(import_refusal(copied).find(
                "credentials.webauthn.config.credentials[0].authenticator.clone_warning: says"),
            0u);
  auto bad = kratos_passkey("webauthn");
  bad["credentials"]["webauthn"]["config"]["credentials"][0]["public_key"] = "AAAA";
  EXPECT_EQ(import_refusal(bad).find(
                "credentials.webauthn.config.credentials[0].public_key: must be a COSE"),
            0u);
}

TEST(ForeignFactors, WithALabelThatIsNoNameHaveAnotherName) {
  const auto named = [](const std::string& label) {
    auto otp = keycloak_otp();
    auto key = keycloak_passkey("webauthn");
    otp["userLabel"] = key["userLabel"] = label;
    auto kratos = kratos_passkey("webauthn");
    kratos["credentials"]["webauthn"]["config"]["credentials"][0]["display_name"] = label;
    const auto first = read({{"credentials", {otp, key}}});
    const auto second = read(kratos);
    if (!first || !second) return std::vector<std::string>{"refused"};
    return std::vector{first->totp.at(0).name, first->passkeys.at(0).name,
                       second->passkeys.at(0).name};
  };
  const std::vector<std::string> defaults{"Authenticator app", "Passkey", "Passkey"};
  EXPECT_EQ(named("a\u0007b"), defaults);
  EXPECT_EQ(named("a\u200bb"), defaults) << "a space without width";
  EXPECT_EQ(named(" "), defaults);
  std::string hundred;
  for (int i = 0; i < 100; ++i)
    hundred += "\u00e9";
  EXPECT_EQ(named("  " + hundred + "\u00e9"), std::vector<std::string>(3, hundred));
  EXPECT_EQ(named(hundred + std::string(1000, 'x')), std::vector<std::string>(3, hundred));
}

// -- Auth0 ------------------------------------------------------------------------------------

TEST(Auth0Factors, AreAppsAlone) {
  const json app{{"totp", {{"secret", "JBSWY3DPEHPK3PXP"}}}};
  const auto found = read({{"mfa_factors", {app}}});
  ASSERT_TRUE(found) << found.error().field << found.error().reason;
  EXPECT_EQ(found->totp[0].key.reveal(), "Hello!\xde\xad\xbe\xef");
  const json phone{{"phone", {{"value", "+15551234567"}}}};
  EXPECT_EQ(import_refusal({{"mfa_factors", {app, phone}}}).find("mfa_factors[1].phone: "), 0u);
  const json wrong{{"totp", {{"secret", "0189"}}}};
  EXPECT_EQ(import_refusal({{"mfa_factors", {wrong}}}),
            "mfa_factors[0].totp.secret: is not base32");
  for (const json& nothing : {json{{"totp", nullptr}}, json::object()})
    EXPECT_EQ(import_refusal({{"mfa_factors", json::array({nothing})}}),
              "mfa_factors[0].totp: is required");
  EXPECT_EQ(import_refusal({{"mfa_factors", json::array({json{{"totp", "x"}}})}}),
            "mfa_factors[0].totp: must be an object");
}

} // namespace
} // namespace latchkey::test
