// account_test.cpp — "API Reference" (the Login Module): Authentication, User Registration
// and User Account Management, one test a printed request and response.
#include "tests/product/product.hpp"

#include <regex>

namespace latchkey::test {
namespace {

const std::regex uuid_form{"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"};

const keys account_keys{"id", "email", "username", "full_name", "is_active", "created_at"};

/// The body of POST /users/register as printed, for `name`.
json account(const std::string& name) {
  return {{"email", name + "@example.com"},
          {"username", name},
          {"password", "SecurePassword123!"},
          {"full_name", "John Doe"},
          {"recovery_passphrase", "four words as passphrase"}};
}

class Account : public Product {
protected:
  std::string add_account() const {
    const auto name = new_name();
    const auto reply = call(post_json("/users/register", account(name).dump()));
    EXPECT_EQ(reply.status, 201) << reply.body;
    return name;
  }
  http_reply log_in(const std::string& login, const std::string& with) const {
    return call(post_json("/auth/login", credentials(login, with).dump()));
  }
  std::string signed_in(const std::string& name) const {
    return tokens_of(log_in(name, "SecurePassword123!")).access;
  }
};
LATCHKEY_ON_BOTH_ENGINES(Account);

// "API Reference", Register New User
TEST_P(Account, RegistersAsDocumented) {
  const auto name = new_name();
  const auto reply = call(post_json("/users/register", account(name).dump()));
  ASSERT_EQ(reply.status, 201) << reply.body;
  const auto body = json_of(reply);
  EXPECT_EQ(keys_of(body), account_keys);
  EXPECT_TRUE(std::regex_match(body["id"].get<std::string>(), uuid_form)) << reply.body;
  EXPECT_EQ(body["email"], name + "@example.com");
  EXPECT_EQ(body["username"], name);
  EXPECT_EQ(body["full_name"], "John Doe");
  EXPECT_EQ(body["is_active"], true);
  EXPECT_TRUE(is_whole_second(body["created_at"])) << reply.body;
  EXPECT_EQ(on().id_of(name), body["id"]);
}

TEST_P(Account, KeepsNeitherPasswordNorPassphraseInTheClear) {
  const auto name = add_account();
  const auto found = on().store.query(
      "SELECT u.password_hash, r.passphrase_hash FROM users u JOIN recovery_passphrases r "
      "ON r.user_id = u.id WHERE u.username = '" +
      name + "'");
  ASSERT_EQ(found.size(), 1U);
  for (const auto& hash : found.front())
    EXPECT_TRUE(hash.starts_with("$argon2id$")) << hash;
}

TEST_P(Account, IsRegisteredOnceUnderEitherName) {
  const auto name = add_account();
  EXPECT_TRUE(is_error(call(post_json("/users/register", account(name).dump())), 409, "USER002",
                       "username"));
  auto other = account(new_name());
  other["email"] = name + "@example.com";
  EXPECT_TRUE(is_error(call(post_json("/users/register", other.dump())), 409, "USER002", "email"));
  auto crossed = account(new_name());
  crossed["username"] = name + "@example.com";
  EXPECT_TRUE(is_error(call(post_json("/users/register", crossed.dump())), 400, "VALIDATION_ERROR",
                       "username"));
}

TEST_P(Account, RefusesWhatNobodyMayRegisterWith) {
  const auto refused = [&](const std::string& field, const json& value, const std::string& code) {
    auto body = account(new_name());
    body[field] = value;
    const auto reply = call(post_json("/users/register", body.dump()));
    EXPECT_TRUE(is_error(reply, 400, code)) << field << " " << value;
  };
  refused("password", "short", "USER003");
  refused("password", "password123", "USER003");
  refused("recovery_passphrase", "short one", "VALIDATION_ERROR");
  refused("email", "no address", "VALIDATION_ERROR");
  refused("email", json::array({"a@example.com"}), "VALIDATION_ERROR");
  refused("email", "a@example.com,b@example.com", "VALIDATION_ERROR");
  refused("email", "a@example.com\r\nBcc: b@example.com", "VALIDATION_ERROR");
  refused("full_name", std::string(256, 'x'), "VALIDATION_ERROR");
  for (const auto* field : {"role", "is_admin", "email_verified", "id"})
    refused(field, "admin", "VALIDATION_ERROR");
}

// "API Reference", Login
TEST_P(Account, LogsInAsDocumented) {
  const auto name = add_account();
  for (const auto& login : {name, name + "@example.com"}) {
    const auto reply = log_in(login, "SecurePassword123!");
    ASSERT_EQ(reply.status, 200) << reply.body;
    const auto body = json_of(reply);
    EXPECT_EQ(keys_of(body), (keys{"access_token", "token_type", "expires_in"}));
    EXPECT_EQ(body["token_type"], "bearer");
    EXPECT_EQ(body["expires_in"], 3600);
    EXPECT_EQ(on().status_of_me(body["access_token"]), 200);
  }
  EXPECT_TRUE(is_error(log_in(name, "SecurePassword123"), 401, "AUTH001"));
}

TEST_P(Account, GetsItsRefreshTokenAsFromTheOtherSurface) {
  const auto name = add_account();
  const auto reply = log_in(name, "SecurePassword123!");
  const auto held = tokens_of(reply);
  EXPECT_EQ(call(post("/auth/token/refresh").cookie(held.refresh)).status, 200);
  const auto body = credentials(name, "SecurePassword123!").dump();
  const auto in_body = call(post_json("/auth/login", body).with("X-Token-Delivery", "body"));
  EXPECT_FALSE(in_body.has("Set-Cookie"));
  EXPECT_TRUE(json_of(in_body)["refresh_token"].is_string());
}

// "API Reference", Logout
TEST_P(Account, LogsOutInItsOwnWords) {
  const auto token = signed_in(add_account());
  const auto reply = call(post("/auth/logout").as(token));
  EXPECT_EQ(reply.status, 200);
  EXPECT_EQ(reply.body, R"({"message":"Successfully logged out"})");
  EXPECT_EQ(on().status_of_me(token), 401);
}

// "API Reference", Get Current User Profile
TEST_P(Account, ShowsItsProfile) {
  const auto name = new_name();
  const auto registered = call(post_json("/users/register", account(name).dump()));
  const auto reply = call(get("/account/profile").as(signed_in(name)));
  ASSERT_EQ(reply.status, 200) << reply.body;
  const auto body = json_of(reply);
  EXPECT_TRUE(is_whole_second(body["created_at"])) << reply.body;
  EXPECT_EQ(body, (json{{"id", on().id_of(name)},
                        {"email", name + "@example.com"},
                        {"username", name},
                        {"full_name", "John Doe"},
                        {"is_active", true},
                        {"created_at", json_of(registered)["created_at"]}}))
      << reply.body;
  EXPECT_TRUE(is_error(call(get("/account/profile")), 401, "AUTH003"));
}

// "API Reference", Update User Profile
TEST_P(Account, ChangesItsProfile) {
  const auto name = add_account();
  const auto token = signed_in(name);
  const auto next = new_name();
  const auto created_at = json_of(call(get("/account/profile").as(token)))["created_at"];
  const json wanted{{"full_name", "John M. Doe"}, {"username", next}};
  const auto reply = call(put_json("/account/profile", wanted.dump()).as(token));
  ASSERT_EQ(reply.status, 200) << reply.body;
  const auto body = json_of(reply);
  EXPECT_TRUE(is_whole_second(body["updated_at"])) << reply.body;
  EXPECT_GE(body["updated_at"], created_at);
  EXPECT_EQ(body, (json{{"id", on().id_of(next)},
                        {"email", name + "@example.com"},
                        {"username", next},
                        {"full_name", "John M. Doe"},
                        {"is_active", true},
                        {"created_at", created_at},
                        {"updated_at", body["updated_at"]}}))
      << reply.body;
  EXPECT_EQ(log_in(next, "SecurePassword123!").status, 200);
  EXPECT_EQ(log_in(name, "SecurePassword123!").status, 401);
  // The old name is free again, the new one is not.
  EXPECT_EQ(call(post_json("/auth/register", registration(name + "x").dump())).status, 201);
  EXPECT_TRUE(is_error(call(post_json("/auth/register", registration(next).dump())), 409, "USER002",
                       "username"));
}

TEST_P(Account, TakesNobodyElsesNameAndChangesNothingThen) {
  const auto taken = add_account();
  const auto name = add_account();
  const auto token = signed_in(name);
  const json wanted{{"full_name", "Changed"}, {"username", taken}};
  EXPECT_TRUE(is_error(call(put_json("/account/profile", wanted.dump()).as(token)), 409, "USER002",
                       "username"));
  for (const auto* field : {"role", "is_admin", "email_verified", "id", "is_active"}) {
    const json smuggled{{"full_name", "Changed"}, {field, true}};
    EXPECT_TRUE(is_error(call(put_json("/account/profile", smuggled.dump()).as(token)), 400,
                         "VALIDATION_ERROR", field));
  }
  EXPECT_EQ(json_of(call(get("/account/profile").as(token)))["full_name"], "John Doe");
}

// "API Reference", Change Password
TEST_P(Account, ChangesItsPasswordAndEndsTheOtherSessions) {
  const auto name = add_account();
  const auto other = tokens_of(log_in(name, "SecurePassword123!"));
  const auto token = signed_in(name);
  const json wanted{{"current_password", "SecurePassword123!"},
                    {"new_password", "NewPassword456!"}};
  const auto reply = call(put_json("/account/change-password", wanted.dump()).as(token));
  EXPECT_EQ(reply.status, 200) << reply.body;
  EXPECT_EQ(reply.body, R"({"message":"Password successfully changed"})");
  EXPECT_EQ(on().status_of_me(token), 200);
  EXPECT_EQ(on().status_of_me(other.access), 401);
  EXPECT_EQ(call(post("/auth/token/refresh").cookie(other.refresh)).status, 401);
  EXPECT_EQ(log_in(name, "SecurePassword123!").status, 401);
  EXPECT_EQ(log_in(name, "NewPassword456!").status, 200);
}

TEST_P(Account, KeepsItsPasswordWhenTheOldIsWrongOrTheNewIsBad) {
  const auto name = add_account();
  const auto token = signed_in(name);
  const auto change = [&](const std::string& current, const std::string& next) {
    const json wanted{{"current_password", current}, {"new_password", next}};
    return call(put_json("/account/change-password", wanted.dump()).as(token));
  };
  EXPECT_TRUE(is_error(change("SecurePassword123", "NewPassword456!"), 401, "AUTH001"));
  EXPECT_TRUE(is_error(change("SecurePassword123!", "short"), 400, "USER003"));
  EXPECT_TRUE(is_error(change("SecurePassword123!", name + "1"), 400, "USER003"));
  EXPECT_EQ(log_in(name, "SecurePassword123!").status, 200);
}

} // namespace
} // namespace latchkey::test
