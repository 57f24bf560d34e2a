// Second factors that `users export` writes and `users import` reads: those of another server of
// ours, which has another secret, and those of other systems.
#include "protocol/text/text_codec.hpp"
#include "protocol/tokens/totp.hpp"
#include "tests/product/commands/user_transfer.hpp"
#include "tests/product/outbox.hpp"
#include "tests/product/second_factors.hpp"
#include "tests/support/soft_authenticator.hpp"

#include <algorithm>
#include <filesystem>
#include <map>

namespace latchkey::test {
namespace {

constexpr const char* passkey_site = "https://auth.example.com";
constexpr const char* other_signing_secret =
    "another-secret: ZYXWVUTSRQPONMLKJIHGFEDCBA9876543210zyxwvu";
/// The password is "U*U".
constexpr const char* hash_of_password =
    "$2a$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW";
constexpr const char* app_secret = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP";

class MovedFactors : public UserTransfer {
protected:
  environment settings_of(const test_store& store, const char* secret = signing_secret) const {
    return store.settings({{"ISSUER", passkey_site}, {"JWT_SECRET_KEY", secret}});
  }
  product server(const char* secret) const {
    return product{GetParam(), {{"ISSUER", passkey_site}, {"JWT_SECRET_KEY", secret}}};
  }
  static program_result on(const product& instance, std::vector<std::string> words,
                           const std::string& standard_input = {}) {
    words.insert(words.begin(), "users");
    return run_latchkey(std::move(words), instance.settings, instance.store.folder(),
                        standard_input);
  }
  static json line_of(const std::string& name, const json& more) {
    json line{
        {"username", name}, {"email", name + "@example.com"}, {"password_hash", hash_of_password}};
    line.update(more);
    return line;
  }
  /// The details of an answer that asks for a second step.
  static json asked(const product& instance, const std::string& name, const char* with) {
    const auto answer = instance.call(post_json("/auth/token", credentials(name, with).dump()));
    EXPECT_EQ(answer.status, 401) << answer.body;
    EXPECT_EQ(json_of(answer)["error"].value("code", ""), "MFA_REQUIRED") << answer.body;
    return details_of(answer);
  }
  static int status_of_code(const product& instance, const std::string& name, const char* with,
                            const std::string& method, const std::string& code) {
    const auto token = asked(instance, name, with).value("mfa_token", "");
    return instance.call(finish_call(token, method, code)).status;
  }
  static int status_of_passkey(const product& instance, const std::string& name, const char* with,
                               soft_authenticator& device) {
    const auto token = asked(instance, name, with).value("mfa_token", "");
    const json begin{{"mfa_token", token}};
    const auto options = instance.call(post_json("/auth/passkeys/challenge", begin.dump()));
    const auto shown = device.get(json_of(options)["publicKey"].dump());
    const json proof{
        {"mfa_token", token}, {"method", "passkey"}, {"credential", json::parse(shown)}};
    return instance.call(post_json("/auth/mfa/verify", proof.dump())).status;
  }
  static int status_without_name(const product& instance, soft_authenticator& device) {
    const auto options = instance.call(post_json("/auth/passkeys/challenge", "{}"));
    const auto shown = device.get(json_of(options)["publicKey"].dump());
    const json proof{{"credential", json::parse(shown)}};
    return instance.call(post_json("/auth/passkeys/sign-in", proof.dump())).status;
  }
  /// Adds a passkey to somebody.
  static soft_authenticator add_passkey(const product& instance, const tokens& session) {
    soft_authenticator device;
    device.behaviour.origin = passkey_site;
    const auto options = instance.call(post("/auth/passkeys/registration").as(session.access));
    const auto made = device.create(json_of(options)["publicKey"].dump());
    const json body{{"credential", json::parse(made)}, {"name", "Laptop"}};
    const auto added = instance.call(post_json("/auth/passkeys", body.dump()).as(session.access));
    EXPECT_EQ(added.status, 201) << added.body;
    return device;
  }
  /// One that another system has registered for the same domain, under that user handle.
  static soft_authenticator registered_elsewhere(const std::string& user_handle) {
    soft_authenticator device;
    device.behaviour.origin = passkey_site;
    device.behaviour.is_backup_eligible = true;
    device.behaviour.is_backed_up = true;
    const json options{
        {"rp", {{"id", "auth.example.com"}, {"name", "Elsewhere"}}},
        {"user", {{"id", base64url_encode(user_handle)}, {"name", "ada"}, {"displayName", "Ada"}}},
        {"challenge", base64url_encode("a challenge of somebody else")},
        {"pubKeyCredParams", {{{"type", "public-key"}, {"alg", -7}}}}};
    (void)device.create(options.dump());
    return device;
  }
  static json keycloak_passkey(const soft_authenticator& device) {
    const auto& made = device.credentials.back();
    const json data{{"aaguid", "adce0002-35bc-c60a-648b-0b25f1f05503"},
                    {"credentialId", base64url_encode(made.id)},
                    {"counter", made.counter},
                    {"credentialPublicKey", base64url_encode(made.key.cose())},
                    {"attestationStatementFormat", "none"}};
    return {{"type", "webauthn"},
            {"userLabel", "MacBook"},
            {"secretData", "{}"},
            {"credentialData", data.dump()}};
  }
};
LATCHKEY_ON_BOTH_ENGINES(MovedFactors);

TEST_P(MovedFactors, OfAppsAreAskedForAtEachSignIn) {
  const std::string raw = "q3JvT8yLmW0ZxB5kNc7d"; // Keycloak's are the text itself
  const json otp{{"type", "otp"},
                 {"secretData", json{{"value", raw}}.dump()},
                 {"credentialData", R"({"subType":"totp","digits":6,"counter":0,"period":30,)"
                                    R"("algorithm":"HmacSHA1"})"}};
  const json url{{"totp_url", "otpauth://totp/Example:kratos?secret=" + std::string{app_secret}}};
  const std::map<std::string, json> lines{
      {"own", {{"totp", {{{"name", "Phone"}, {"secret", app_secret}}}}}},
      {"keycloak", {{"credentials", json::array({otp})}}},
      {"kratos", {{"credentials", {{"totp", {{"config", url}}}}}}},
      {"authzero", {{"mfa_factors", {{{"totp", {{"secret", app_secret}}}}}}}}};
  const auto instance = server(signing_secret);
  std::string file;
  for (const auto& [name, factors] : lines)
    file += line_of(name, factors).dump() + "\n";
  const auto done = on(instance, {"import", "-"}, file); // beside the running server
  ASSERT_EQ(done.exit_code, 0) << done.err;
  auto unused = static_cast<long>(lines.size()); // apps, that no code was shown of here
  for (const auto& [name, factors] : lines) {
    const auto secret_text =
        name == "keycloak" ? std::string{totp_secret_text(secret{raw}).reveal()} : app_secret;
    EXPECT_EQ(instance.store.count("SELECT count(*) FROM totp_factors WHERE last_used_at IS NULL"),
              unused--);
    EXPECT_EQ(status_of_code(instance, name, "U*U", "totp", "000000"), 401) << name;
    EXPECT_EQ(status_of_code(instance, name, "U*U", "totp", code_of_app(secret_text)), 200) << name;
    EXPECT_EQ(status_of_code(instance, name, "U*U", "totp", code_of_app(secret_text)), 401)
        << name << ": a code works once";
    EXPECT_EQ(status_of_code(instance, name, "U*U", "totp", code_of_app(secret_text, 1)), 200)
        << name;
  }
  EXPECT_EQ(instance.store.count("SELECT count(*) FROM audit_log WHERE action = 'user.imported' "
                                 "AND reason LIKE '%with 1 second factors'"),
            4);
  EXPECT_EQ(instance.server->stop(), 0);
}

TEST_P(MovedFactors, AreAskedForOnEveryPathToASession) {
  const auto instance = server(signing_secret);
  const auto line = line_of(
      "ada", {{"email_verified", true}, {"totp", {{{"name", "Phone"}, {"secret", app_secret}}}}});
  const auto done = on(instance, {"import", "-"}, line.dump() + "\n");
  ASSERT_EQ(done.exit_code, 0) << done.err;
  const auto form = "username=ada&password=U%2AU";
  for (const auto& asked : {post_json("/auth/token", credentials("ada", "U*U").dump()),
                            post_json("/auth/login", credentials("ada@example.com", "U*U").dump()),
                            post_json("/api/v1/auth/login", credentials("ada", "U*U").dump()),
                            post_form("/auth/token", form), post_form("/api/v1/auth/login", form)})
    EXPECT_TRUE(asks_for_second_step(instance.call(asked))) << asked.target << asked.body;
  const json wish{{"email", "ada@example.com"}};
  EXPECT_EQ(instance.call(post_json("/recovery/request-reset", wish.dump())).status, 200);
  const auto mail = outbox{instance.store.folder() + "/data/outbox"}.wait_for(
      "ada@example.com", "Reset your password");
  const json reset{{"reset_token", mail.reset_token()}, {"new_password", "another good one"}};
  EXPECT_EQ(instance.call(post_json("/recovery/reset-password", reset.dump())).status, 200);
  EXPECT_EQ(status_of_code(instance, "ada", "another good one", "totp", code_of_app(app_secret)),
            200);
}

TEST_P(MovedFactors, WorkOnAnotherServerWithAnotherSecret) {
  const auto first = server(signing_secret);
  auto owner = add_app_owner(first);
  auto device = add_passkey(first, owner.session);
  const auto exported = on(first, {"export", "-", "--with-password-hashes", "--with-factors"});
  ASSERT_EQ(exported.exit_code, 0) << exported.err;
  EXPECT_TRUE(says(exported.out, owner.secret)) << exported.out;
  EXPECT_FALSE(says(exported.err, "second factors")) << exported.err;
  EXPECT_EQ(first.server->stop(), 0);

  const auto second = server(other_signing_secret);
  std::string others; // the administrator is there already
  for (std::size_t from = 0; from < exported.out.size();) {
    const auto end = exported.out.find('\n', from) + 1;
    const auto line = exported.out.substr(from, end - from);
    if (says(line, owner.name)) others += line;
    from = end;
  }
  const auto done = on(second, {"import", "-"}, others);
  ASSERT_EQ(done.exit_code, 0) << done.err;
  const auto step = json::parse(others)["totp"][0].value("last_step", std::int64_t{0});
  const auto used = totp_code(totp_secret_of_text(owner.secret).value(), step);
  EXPECT_EQ(status_of_code(second, owner.name, password, "totp", used), 401)
      << "the first server took it";
  EXPECT_EQ(status_of_code(second, owner.name, password, "totp", owner.next_code()), 200);
  EXPECT_EQ(status_of_passkey(second, owner.name, password, device), 200);
  EXPECT_EQ(status_without_name(second, device), 200);
  EXPECT_EQ(status_of_code(second, owner.name, password, "recovery_code", owner.codes[0]), 200);
  EXPECT_EQ(status_of_code(second, owner.name, password, "recovery_code", owner.codes[0]), 401);
  EXPECT_EQ(second.server->stop(), 0);
}

TEST_P(MovedFactors, AreTheSameInAnEmptyStore) {
  const auto device = registered_elsewhere("whoever");
  const auto& made = device.credentials.back();
  const json key{{"name", "Key"},
                 {"credential_id", base64url_encode(made.id)},
                 {"public_key", base64url_encode(made.key.cose())},
                 {"sign_count", 5},
                 {"aaguid", base64url_encode(std::string(16, 'a'))},
                 {"transports", {"usb"}},
                 {"backup_eligible", true},
                 {"backed_up", false},
                 {"second_factor", false},
                 {"foreign", false},
                 {"created_at", "2020-02-02T03:04:05.000006Z"}};
  auto line = line_of("ada", {{"id", "0190c0de-0000-7000-8000-0000000000aa"},
                              {"updated_at", "2021-01-02T03:04:05.000007Z"},
                              {"created_at", "2020-01-02T03:04:05.000007Z"},
                              {"passkeys", {key}},
                              {"recovery_code_hashes", {std::string(43, 'A')}}});
  for (const auto* name : {"Phone", "Tablet"})
    line["totp"].push_back(
        {{"name", name}, {"secret", app_secret}, {"created_at", "2020-02-02T03:04:05.000006Z"}});
  ASSERT_EQ(import(line.dump()).exit_code, 0);
  const auto exported = run(store_, {"export", "-", "--with-factors", "--with-password-hashes"});
  ASSERT_EQ(exported.exit_code, 0) << exported.err;
  const auto shown = json::parse(exported.out);
  EXPECT_EQ(shown["passkeys"], line["passkeys"]);
  EXPECT_EQ(shown["recovery_code_hashes"], line["recovery_code_hashes"]);
  EXPECT_EQ(shown["updated_at"], line["updated_at"]);
  EXPECT_EQ(shown["totp"].size(), 2u);
  const test_store empty{GetParam()};
  ASSERT_EQ(run(empty, {"import", "-"}, exported.out).exit_code, 0);
  const auto again = run(empty, {"export", "-", "--with-factors", "--with-password-hashes"});
  auto apps_of = [](const std::string& text) {
    auto apps = json::parse(text)["totp"].get<std::vector<json>>();
    std::ranges::sort(apps, {}, [](const json& app) { return app.value("name", ""); });
    return apps;
  };
  EXPECT_EQ(apps_of(again.out), apps_of(exported.out));
  EXPECT_EQ(json::parse(again.out)["passkeys"], shown["passkeys"]);
}

TEST_P(MovedFactors, OfKeycloakSignInBesideThePasswordAndWithoutAName) {
  const std::string id = "8d5a2d9e-6c4c-4a3a-9d3a-0a6d3f2d7c10";
  auto device = registered_elsewhere(id); // Keycloak's user handle is the id as text
  auto stranger = registered_elsewhere(std::string(64, 'h'));
  const auto instance = server(signing_secret);
  const auto lines =
      line_of("ada", {{"id", id}, {"credentials", json::array({keycloak_passkey(device)})}})
          .dump() +
      "\n" + line_of("bob", {{"credentials", json::array({keycloak_passkey(stranger)})}}).dump();
  const auto done = on(instance, {"import", "-"}, lines);
  ASSERT_EQ(done.exit_code, 0) << done.err;
  EXPECT_EQ(status_of_passkey(instance, "ada", "U*U", device), 200);
  EXPECT_EQ(status_without_name(instance, device), 200);
  EXPECT_EQ(status_of_passkey(instance, "bob", "U*U", stranger), 200);
  EXPECT_EQ(status_without_name(instance, stranger), 400) << "its handle names nobody here";
  EXPECT_EQ(instance.server->stop(), 0);
}

TEST_P(MovedFactors, OfKeycloakAreKnownToBeSyncedFromTheirFirstUseOn) {
  auto device = registered_elsewhere("whoever");
  const auto instance = server(signing_secret);
  const auto line = line_of("ada", {{"credentials", json::array({keycloak_passkey(device)})}});
  ASSERT_EQ(on(instance, {"import", "-"}, line.dump()).exit_code, 0);
  const auto eligible = "SELECT count(*) FROM passkeys WHERE is_backup_eligible AND is_backed_up";
  EXPECT_EQ(instance.store.count(eligible), 0) << "Keycloak does not say";
  EXPECT_EQ(status_of_passkey(instance, "ada", "U*U", device), 200);
  EXPECT_EQ(instance.store.count(eligible), 1);
  device.behaviour.is_backup_eligible = false;
  device.behaviour.is_backed_up = false;
  EXPECT_EQ(status_of_passkey(instance, "ada", "U*U", device), 401) << "it never changes";
  EXPECT_EQ(instance.server->stop(), 0);
}

TEST_P(MovedFactors, ThatAreWrongKeepTheWholeLineOut) {
  const auto device = registered_elsewhere("whoever");
  const auto passkey = json::array({keycloak_passkey(device)});
  const json app{{"secret", app_secret}};
  const json long_codes{{"secret", app_secret}, {"digits", 8}};
  const std::vector<json> lines{
      line_of("a1", {{"totp", {app, long_codes}}}),
      line_of("a2", {{"mfa_factors", {{{"phone", {{"value", "+1555"}}}}}}}),
      line_of("a3", {{"passkeys", {{{"credential_id", "AAAA"}, {"public_key", "AAAA"}}}}}),
      line_of("a4", {{"credentials", passkey}}), line_of("a5", {{"credentials", passkey}})};
  std::string file;
  for (const auto& line : lines)
    file += line.dump() + "\n";
  const auto done = import(file);
  EXPECT_EQ(done.exit_code, 1) << done.out;
  EXPECT_EQ(done.out, "1 users imported, 0 existed already, 4 refused\n");
  for (const auto* words :
       {"line 1: totp[1].digits: must be 6", "line 2: mfa_factors[0].phone: is no second factor",
        "line 3: passkeys[0].public_key: must be a COSE key",
        "line 5: passkeys: somebody has a passkey of that credential id already (a5)"})
    EXPECT_TRUE(says(done.err, words)) << words << "\n" << done.err;
  EXPECT_EQ(store_.count("SELECT count(*) FROM users"), 1);
  EXPECT_EQ(store_.count("SELECT count(*) FROM totp_factors"), 0);
  EXPECT_EQ(store_.count("SELECT count(*) FROM passkeys"), 1);
}

TEST_P(MovedFactors, ThatCannotBeVerifiedAreNamedWhenTheyArePassedOver) {
  const json codes{{"config", {{"recovery_codes", json::array()}}}};
  const json url{{"totp_url", "otpauth://totp/x?secret=" + std::string{app_secret}}};
  const json both{{"totp", {{"config", url}}}, {"lookup_secret", codes}};
  const auto lines = line_of("ada", {{"credentials", both}}).dump() + "\n" +
                     line_of("bob", {{"credentials", {{"lookup_secret", codes}}}}).dump();
  const auto done = import(lines);
  EXPECT_EQ(done.out, "1 users imported, 0 existed already, 1 refused\n");
  EXPECT_TRUE(says(done.err, "line 1: credentials: lookup_secret is passed over")) << done.err;
  EXPECT_TRUE(says(done.err, "line 2: credentials: lookup_secret would be the only second factor"))
      << done.err;
}

TEST_P(MovedFactors, WithoutADomainOrCodesAreWarnedOfOnce) {
  const auto device = registered_elsewhere("whoever");
  auto other = registered_elsewhere("another");
  const json app{{"secret", app_secret}};
  const auto lines =
      line_of("a1", {{"credentials", json::array({keycloak_passkey(device)})}}).dump() + "\n" +
      line_of("a2", {{"credentials", json::array({keycloak_passkey(other)})}}).dump() + "\n" +
      line_of("a3", {{"totp", {app}}, {"recovery_code_hashes", {std::string(43, 'A')}}}).dump() +
      "\n" + line_of("a4", json::object()).dump();
  const auto words = [&](const test_store& store, const environment& settings) {
    return run_latchkey({"users", "import", "-", "--dry-run"}, settings, store.folder(), lines).err;
  };
  const auto instance = server(signing_secret);
  const std::string no_domain = "2 users have passkeys, and this server has no domain for them";
  const std::string no_codes = "2 users have second factors and no recovery codes";
  const auto with_domain = words(instance.store, instance.settings);
  EXPECT_FALSE(says(with_domain, "domain")) << with_domain;
  EXPECT_TRUE(says(with_domain, no_codes)) << with_domain;
  auto settings = instance.settings;
  settings["ISSUER"] = "https://192.0.2.1";
  const auto without = words(instance.store, settings);
  EXPECT_TRUE(says(without, no_domain)) << without;
  const auto bare = on(instance, {"import", "-"}, line_of("a5", json::object()).dump());
  EXPECT_FALSE(says(bare.err, "second factors")) << bare.err;
  EXPECT_EQ(instance.server->stop(), 0);
}

TEST_P(MovedFactors, AreExportedOnceTheyWereConfirmed) {
  const auto instance = server(signing_secret);
  const auto owner = add_app_owner(instance);
  const auto begun = instance.call(
      post_json("/auth/mfa/totp/enroll", R"({"name":"Tablet"})").as(owner.session.access));
  EXPECT_EQ(begun.status, 201) << begun.body;
  EXPECT_EQ(instance.store.count("SELECT count(*) FROM totp_factors"), 2);
  const auto exported = on(instance, {"export", "-", "--with-factors"});
  ASSERT_EQ(exported.exit_code, 0) << exported.err;
  EXPECT_TRUE(says(exported.out, owner.secret)) << exported.out;
  EXPECT_FALSE(says(exported.out, json_of(begun).value("secret", "?"))) << exported.out;
  EXPECT_FALSE(says(exported.out, "Tablet")) << exported.out;
  EXPECT_EQ(instance.server->stop(), 0);
}

TEST_P(MovedFactors, StayBehindUnlessAskedFor) {
  const json app{{"name", "Phone"}, {"secret", app_secret}};
  const auto both = line_of("ada", {{"totp", {app, app}}}).dump() + "\n" +
                    line_of("bob", {{"totp", {app}}}).dump();
  ASSERT_EQ(import(both).exit_code, 0);
  const auto plain = run(store_, {"export", "-", "--with-password-hashes"});
  EXPECT_EQ(plain.exit_code, 0);
  EXPECT_FALSE(says(plain.out, "totp")) << plain.out;
  EXPECT_TRUE(says(plain.err, "not exported: second factors (--with-factors), ")) << plain.err;
  // Nor does an export go on without an app that it cannot open.
  const auto other = run_latchkey({"users", "export", "out.jsonl", "--with-factors"},
                                  settings_of(store_, other_signing_secret), store_.folder());
  EXPECT_EQ(other.exit_code, 1);
  for (const auto* words : {"(ada): the authenticator app \"Phone\" was sealed under another",
                            "(bob): the authenticator app \"Phone\" was sealed under another",
                            "3 authenticator apps were sealed under another JWT_SECRET_KEY"})
    EXPECT_TRUE(says(other.err, words)) << words << "\n" << other.err;
  EXPECT_EQ(contents(store_.folder() + "/out.jsonl"), "");
}

TEST_P(MovedFactors, AreNotSealedUnderASecretThatTheServerHasNot) {
  const auto instance = server(signing_secret);
  auto settings = instance.settings;
  settings["JWT_SECRET_KEY"] = other_signing_secret;
  const auto line = line_of("ada", {{"totp", {{{"secret", app_secret}}}}}).dump();
  std::string file; // whose first users are more than one batch, and have no app
  for (int i = 0; i < 300; ++i)
    file += line_of("user" + std::to_string(i), json::object()).dump() + "\n";
  file += line;
  const auto import_with = [&](const environment& with, std::vector<std::string> options) {
    options.insert(options.begin(), {"users", "import", "-"});
    return run_latchkey(options, with, instance.store.folder(), file);
  };
  EXPECT_EQ(import_with(instance.settings, {"--dry-run"}).out,
            "301 users would be imported, 0 existed already, 0 refused\n");
  const std::string why = "line 301: totp: the store was used with another JWT_SECRET_KEY";
  const auto tried = import_with(settings, {"--dry-run"});
  EXPECT_EQ(tried.exit_code, 1);
  EXPECT_EQ(tried.out, "300 users would be imported, 0 existed already, 1 refused\n");
  EXPECT_TRUE(says(tried.err, why)) << tried.err;
  const auto done = import_with(settings, {});
  EXPECT_EQ(done.exit_code, 1);
  EXPECT_EQ(done.out, "300 users imported, 0 existed already, 1 refused\n");
  EXPECT_TRUE(says(done.err, why)) << done.err;
  EXPECT_EQ(instance.store.count("SELECT count(*) FROM users WHERE username = 'ada'"), 0)
      << "not without the factor";
  EXPECT_EQ(instance.server->stop(), 0);
}

TEST_P(MovedFactors, MakeNoSecretForAStoreThatWasUsedWithOne) {
  const auto instance = server(signing_secret);
  auto settings = instance.settings;
  settings["JWT_SECRET_KEY"] = "";
  const auto line = line_of("ada", {{"totp", {{{"secret", app_secret}}}}}).dump();
  const auto refused =
      run_latchkey({"users", "import", "-"}, settings, instance.store.folder(), line);
  EXPECT_EQ(refused.exit_code, 1);
  EXPECT_TRUE(says(refused.err, "the store was used with a secret, and there is none here"))
      << refused.err;
  EXPECT_FALSE(std::filesystem::exists(instance.store.folder() + "/data/jwt_secret"));
  EXPECT_EQ(instance.server->stop(), 0);
}

TEST_P(MovedFactors, AreSealedUnderASecretThatIsMadeForANewStore) {
  test_store store{GetParam()};
  const auto settings = store.settings({{"JWT_SECRET_KEY", ""}});
  const auto path = store.folder() + "/data/jwt_secret";
  const auto line = line_of("ada", {{"totp", {{{"secret", app_secret}}}}}).dump();
  const auto run_with = [&](std::vector<std::string> words, const std::string& from = {}) {
    return run_latchkey(std::move(words), settings, store.folder(), from);
  };
  ASSERT_EQ(run_with({"migrate"}).exit_code, 0);
  EXPECT_EQ(run_with({"users", "import", "-", "--dry-run"}, line).out,
            "1 users would be imported, 0 existed already, 0 refused\n");
  EXPECT_FALSE(std::filesystem::exists(path)) << "a dry run makes none";
  const auto bare = line_of("bob", json::object()).dump();
  EXPECT_EQ(run_with({"users", "import", "-"}, bare).exit_code, 0);
  EXPECT_FALSE(std::filesystem::exists(path)) << "nothing was sealed";
  EXPECT_EQ(run_with({"users", "import", "-"}, line).exit_code, 0);
  const product later{std::move(store), {{"JWT_SECRET_KEY", ""}}};
  EXPECT_EQ(status_of_code(later, "ada", "U*U", "totp", code_of_app(app_secret)), 200);
  EXPECT_EQ(later.server->stop(), 0);
}

TEST_P(MovedFactors, AreMissedByAStartWithAnotherSecret) {
  test_store store{GetParam()}; // that no server was started on
  const auto line = line_of("ada", {{"totp", {{{"secret", app_secret}}}}}).dump();
  const auto done = run(store, {"import", "-"}, line);
  ASSERT_EQ(done.exit_code, 0) << done.err;
  const product later{std::move(store), {{"JWT_SECRET_KEY", other_signing_secret}}};
  EXPECT_EQ(later.server->stop(), 0);
  const auto log = later.server->log();
  EXPECT_TRUE(says(log, "WARNING - JWT_SECRET_KEY is not the secret that this store was used with"))
      << log;
  EXPECT_TRUE(says(log, "authenticator apps of before cannot be read")) << log;
}

} // namespace
} // namespace latchkey::test
