// Every kind of line that the audit log can hold says why or how it came about, as `latchkey audit`
// reads it.
#include "tests/product/accounts/recovery.hpp"
#include "tests/product/integration/integration.hpp"
#include "tests/product/second_factors.hpp"
#include "tests/support/soft_authenticator.hpp"

#include <algorithm>
#include <map>
#include <sstream>

namespace latchkey::test {
namespace {

class AuditReason : public testing::TestWithParam<std::string> {
protected:
  product one_{GetParam(),
               {{"SERVICE_KEYS", service_keys},
                {"REFRESH_GRACE", "0"},
                {"REFRESH_UNSEEN_MAX", "0"},
                {"LOGIN_FAILURE_LIMIT", "3/hour"}}};
  std::string root_ = one_.admin();

  http_reply call(const http_call& asked) const { return one_.call(asked); }
  void expect(const http_call& asked, int status) const {
    const auto reply = call(asked);
    EXPECT_EQ(reply.status, status) << asked.method << " " << asked.target << "\n" << reply.body;
  }
  static http_call json_call(const std::string& verb, const std::string& target, const json& body) {
    return {verb, target, {{"Content-Type", "application/json"}}, body.dump()};
  }
  program_result run(std::vector<std::string> words, const std::string& input = {}) const {
    return run_latchkey(std::move(words), one_.settings, one_.store.folder(), input);
  }
  outbox mails() const { return outbox{one_.store.folder() + "/data/outbox"}; }
  static std::string address_of(const std::string& name) { return name + "@example.com"; }
  std::string new_account() const {
    const auto name = new_name();
    const json body{{"email", address_of(name)},
                    {"username", name},
                    {"password", password},
                    {"recovery_passphrase", passphrase}};
    expect(post_json("/users/register", body.dump()), 201);
    return name;
  }

  // What follows does everything that leaves a line.
  void sign_in_and_out(const std::string& name) const;
  void change_secrets(const std::string& name) const;
  void recover(const std::string& name) const;
  void use_keys_and_projects(const std::string& name) const;
  void administer(const std::string& name) const;
  void use_second_factors() const;
  void use_passkeys() const;
  void let_a_service_tell() const;
  void use_the_command_line(const std::string& name) const;

  /// The lines as `latchkey audit` prints them, as objects.
  std::vector<json> lines(std::vector<std::string> words = {}) const {
    words.insert(words.begin(), {"audit", "--json", "--limit", "1000"});
    const auto read = run(std::move(words));
    EXPECT_EQ(read.exit_code, 0) << read.err;
    std::istringstream in{read.out};
    std::vector<json> all;
    for (std::string line; std::getline(in, line);)
      all.push_back(json::parse(line));
    return all;
  }
};
LATCHKEY_ON_BOTH_ENGINES(AuditReason);

void AuditReason::sign_in_and_out(const std::string& name) const {
  const auto held = one_.sign_in(name);
  expect(post_json("/auth/token", credentials(name, "wrong").dump()), 401);
  expect(post("/auth/logout").as(held.access), 200);
  const auto again = one_.sign_in(name);
  const auto next = tokens_of(call(post("/auth/token/refresh").cookie(again.refresh)));
  expect(post("/auth/token/refresh").cookie(next.refresh), 200);
  expect(post("/auth/token/refresh").cookie(again.refresh), 401); // used again
}

void AuditReason::change_secrets(const std::string& name) const {
  const auto access = one_.sign_in(name).access;
  const auto change = [](const std::string& from, const std::string& to) {
    return put_json("/account/change-password",
                    json{{"current_password", from}, {"new_password", to}}.dump());
  };
  expect(change("wrong", next_password).as(access), 401);
  expect(change(password, next_password).as(access), 200);
  const json words{{"current_password", next_password}, {"recovery_passphrase", passphrase}};
  auto wrong = words;
  wrong["current_password"] = "wrong";
  const std::string target = "/account/recovery-passphrase";
  expect(json_call("PUT", target, wrong).as(access), 401);
  expect(json_call("DELETE", target, {{"current_password", next_password}}).as(access), 200);
  expect(json_call("PUT", target, words).as(access), 200);
}

void AuditReason::recover(const std::string& name) const {
  const auto access = one_.sign_in(name, next_password).access;
  expect(post("/auth/verify-email").as(access), 200);
  const auto proof =
      mails().wait_for(address_of(name), "Verify your email address").verification_token();
  expect(post_json("/auth/verify-email/confirm", json{{"token", proof}}.dump()), 200);
  const auto verify = [](const std::string& email, const std::string& words) {
    return post_json("/recovery/verify-passphrase",
                     json{{"email", email}, {"passphrase", words}}.dump());
  };
  expect(verify(address_of(name), "not the words that were set"), 401);
  expect(verify(address_of("nobody-" + name), passphrase), 401);
  const auto earned = json_of(call(verify(address_of(name), passphrase)));
  const json reset{{"reset_token", earned.value("reset_token", "")}, {"new_password", password}};
  expect(post_json("/recovery/reset-password", reset.dump()), 200);
  for (const auto& email : {address_of(name), address_of("nobody-" + name)})
    expect(post_json("/recovery/request-reset", json{{"email", email}}.dump()), 200);
}

void AuditReason::use_keys_and_projects(const std::string& name) const {
  const auto access = one_.sign_in(name).access;
  const auto made = json_of(
      call(post_json("/auth/api-keys", R"({"name":"ci","scopes":["profile:read"]})").as(access)));
  expect(delete_("/auth/api-keys/" + made.value("id", "")).as(access), 204);
  const auto project =
      json_of(call(post_json("/api/v1/projects", R"({"name":"demo"})").as(access)));
  const auto path = "/api/v1/projects/" + project.value("id", "");
  expect(put_json(path, R"({"name":"another"})").as(access), 200);
  expect(delete_(path).as(access), 204);
}

void AuditReason::administer(const std::string& name) const {
  const auto id = one_.id_of(name);
  const auto role = "r" + new_name();
  const json fresh{{"name", role}, {"permissions", {"users:read"}}};
  expect(post_json("/admin/roles", fresh.dump()).as(root_), 201);
  expect(put_json("/admin/roles/" + role, R"({"permissions":[]})").as(root_), 200);
  expect(put_json("/admin/users/" + id + "/role", json{{"role", role}}.dump()).as(root_), 200);
  expect(put_json("/admin/users/" + id + "/role", R"({"role":"user"})").as(root_), 200);
  expect(delete_("/admin/roles/" + role).as(root_), 204);
  expect(put_json("/api/v1/admin/subscriptions/" + id, R"({"tier":"pro"})").as(root_), 200);
  expect(put_json("/account/profile", "{}").as(root_), 200);
  expect(delete_("/admin/users/" + id).as(root_), 204);
}

void AuditReason::use_second_factors() const {
  auto owner = add_app_owner(one_);
  const auto step_up = [&](const std::string& code) {
    const json proof{{"method", "totp"}, {"code", code}};
    return post_json("/auth/mfa/step-up", proof.dump()).as(owner.session.access);
  };
  expect(step_up("000000"), 401);
  expect(step_up(owner.next_code()), 200);
  expect(post_json("/auth/mfa/totp/enroll", "{}").as(owner.session.access), 201);
  expect(post_json("/auth/mfa/totp/verify", R"({"code":"000000"})").as(owner.session.access), 401);
  expect(post_json("/auth/mfa/recovery-codes", "{}").as(owner.session.access), 201);
  const auto listed = json_of(call(get("/auth/mfa").as(owner.session.access)));
  const auto app = listed["totp"][0].value("id", "");
  expect(delete_("/auth/mfa/totp/" + app).as(owner.session.access), 204);
  expect(delete_("/admin/users/" + one_.id_of(owner.name) + "/mfa").as(root_), 204);
}

void AuditReason::use_passkeys() const {
  // Passkeys need a domain; this server listens on a loopback address alone.
  const auto host = "localhost:" + std::to_string(one_.server->port());
  const auto access = one_.sign_in_new_user().access;
  soft_authenticator device;
  device.behaviour.origin = "http://" + host;
  const auto made = [&](const std::string& name) {
    auto begun = post("/auth/passkeys/registration").as(access).with("Host", host);
    const auto asked = call(begun);
    const auto created = device.create(json_of(asked)["publicKey"].dump());
    const json body{{"credential", json::parse(created)}, {"name", name}, {"second_factor", false}};
    return post_json("/auth/passkeys", body.dump()).as(access).with("Host", host);
  };
  const auto added = json_of(call(made("Laptop")));
  const auto path = "/auth/passkeys/" + added["passkey"].value("id", "");
  expect(put_json(path, R"({"name":"Work"})").as(access).with("Host", host), 200);
  expect(delete_(path).as(access).with("Host", host), 204);
  device.behaviour.origin = "http://elsewhere.example";
  expect(made("Elsewhere"), 401);
}

void AuditReason::let_a_service_tell() const {
  const auto name = new_name();
  one_.add_user(name);
  const auto user = one_.id_of(name);
  const auto tell = [this](const std::string& operation, const json& body) {
    expect(service_call("/api/auth/" + operation, body), 200);
  };
  json session{{"user_id", user},
               {"session_data", {{"session_id", "s-1"}, {"expires_at", "2999-01-01T00:00:00Z"}}}};
  tell("sync-session", session);
  session["session_data"]["is_active"] = false;
  tell("sync-session", session);
  tell("revoke-user-sessions", {{"user_id", user}});
}

void AuditReason::use_the_command_line(const std::string& name) const {
  const auto made = run({"service-key", "create", "inventory", "--scope", "read:inventory"});
  EXPECT_EQ(made.exit_code, 0) << made.err;
  const json wanted{
      {"service_id", "inventory"}, {"scopes", {"read:inventory"}}, {"expires_in", 3600}};
  EXPECT_TRUE(eventually(
      [&] { return call(post_json("/service/token", wanted.dump()).as(root_)).status == 200; }));
  EXPECT_EQ(run({"service-key", "revoke", made.out.substr(0, 11)}).exit_code, 0) << made.out;
  const auto line = R"({"username":"i)" + name + R"(","email":"i)" + name + R"(@example.com"})";
  EXPECT_EQ(run({"users", "import", "-"}, line + "\n").exit_code, 0);
  EXPECT_EQ(run({"users", "export", "-"}).exit_code, 0);
}

TEST_P(AuditReason, IsInEveryKindOfLine) {
  const auto name = new_account();
  sign_in_and_out(name);
  change_secrets(name);
  recover(name);
  use_keys_and_projects(name);
  use_second_factors();
  use_passkeys();
  let_a_service_tell();
  use_the_command_line(name);
  administer(name);

  std::map<std::string, std::string> reasons; // the first of each action
  for (const auto& line : lines()) {
    const auto action = line["action"].get<std::string>();
    EXPECT_TRUE(line["reason"].is_string()) << line.dump();
    reasons.emplace(action, line["reason"].is_string() ? line["reason"].get<std::string>() : "");
  }
  // Each that the product writes but mail.given_up, for which a mail must be refused.
  const std::map<std::string, std::string> wanted{
      {"api_key.created", ""},
      {"api_key.revoked", ""},
      {"project.changed", ""},
      {"project.created", ""},
      {"project.deleted", ""},
      {"recovery.passphrase_refused", "no user has this address"},
      {"recovery.requested_unknown", "no user has this address; nothing was sent"},
      {"role.changed", "r"},
      {"role.created", "r"},
      {"role.deleted", "r"},
      {"service.stored", "inventory"},
      {"service.token_issued", "inventory: read:inventory"},
      {"service_key.created", "billing"},
      {"service_key.revoked", "inventory "},
      {"session.refresh_reused", "a refresh token was used again"},
      {"session.revoked", "logout"},
      {"session.sync_ended", "a service says that it has ended"},
      {"session.synced", "a service says that it lives until 2999-01-01"},
      {"subscription.changed", "pro, "},
      {"user.admin_created", "as superuser"},
      {"user.authenticated_again", "by totp, in a live session"},
      {"user.deleted", "with all that was the user's"},
      {"user.email_verification_requested", "a token was mailed"},
      {"user.email_verified", "by a mailed token"},
      {"user.factors_reset", "by an administrator; every session has ended"},
      {"user.imported", "without a password"},
      {"user.passkey_added", "as another way to sign in"},
      {"user.passkey_changed", "as another way to sign in"},
      {"user.passkey_refused", "passkey: wrong_origin"},
      {"user.passkey_removed", "by its owner"},
      {"user.password_change_refused", "wrong password"},
      {"user.password_changed", "with the current password; every other session has ended"},
      {"user.password_reset", "by the recovery passphrase"},
      {"user.recovery_codes_made", "those of before are over"},
      {"user.recovery_passphrase_accepted", "a reset token was given for it"},
      {"user.recovery_passphrase_change_refused", "wrong password"},
      {"user.recovery_passphrase_refused", "wrong recovery passphrase"},
      {"user.recovery_passphrase_removed", "with the current password"},
      {"user.recovery_passphrase_set", "with the current password"},
      {"user.recovery_requested", "a reset token was mailed"},
      {"user.registered", "open registration"},
      {"user.sessions_ended", "revoked by a service"},
      {"user.sign_in_refused", "wrong password"},
      {"user.signed_in", "by password"},
      {"user.step_up_refused", "wrong code of a second factor"},
      {"user.totp_added", "by its first code"},
      {"user.totp_enrolment_begun", "waits for its first code"},
      {"user.totp_refused", "wrong first code of an authenticator app"},
      {"user.totp_removed", "by its owner"},
      {"user.updated", "role=r"},
      {"users.export_started", ""},
      {"users.exported", ""}};
  for (const auto& [action, reason] : wanted) {
    ASSERT_TRUE(reasons.contains(action)) << action;
    EXPECT_TRUE(reasons[action].starts_with(reason)) << action << ": " << reasons[action];
  }
  for (const auto& [action, reason] : reasons)
    EXPECT_TRUE(wanted.contains(action)) << action << " is not in the table of this test";
}

TEST_P(AuditReason, TellsThatAnAddressMustBeVerifiedBeforeASignIn) {
  const product strict{GetParam(), {{"EMAIL_VERIFICATION", "required"}}};
  const auto name = new_name();
  strict.add_user(name);
  const auto reply = strict.call(post_json("/auth/token", credentials(name).dump()));
  EXPECT_TRUE(is_error(reply, 403, "AUTH004", "email"));
  const auto read =
      run_latchkey({"audit", "--json", "--user", name, "--action", "user.sign_in_refused"},
                   strict.settings, strict.store.folder());
  ASSERT_EQ(std::ranges::count(read.out, '\n'), 1) << read.out << read.err;
  EXPECT_EQ(json::parse(read.out)["reason"], "the address is not verified");
}

TEST_P(AuditReason, TellsWhyACurrentPasswordWasRefused) {
  const auto name = new_account();
  const auto access = one_.sign_in(name).access;
  const json body{{"current_password", "wrong"}, {"new_password", next_password}};
  auto right = body;
  right["current_password"] = password;
  for (int i = 0; i < 3; ++i)
    expect(put_json("/account/change-password", body.dump()).as(access), 401);
  expect(put_json("/account/change-password", right.dump()).as(access), 401);
  const auto refused = lines({"--user", name, "--action", "user.password_change_refused"});
  ASSERT_EQ(refused.size(), 4u);
  for (std::size_t i = 0; i < 3; ++i)
    EXPECT_EQ(refused[i]["reason"], "wrong password");
  EXPECT_EQ(refused[3]["reason"], "locked after too many wrong passwords");
  for (const auto& line : refused) {
    EXPECT_EQ(line["user_id"], one_.id_of(name));
    EXPECT_EQ(line["address"], "127.0.0.1");
  }
}

} // namespace
} // namespace latchkey::test
