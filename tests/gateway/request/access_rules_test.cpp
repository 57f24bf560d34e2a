// What is decided without asking anybody: who may give and manage what, the flat form of
// errors, and that the table of routes holds together.
#include "gateway/request/errors.hpp"
#include "gateway/request/flat_error.hpp"
#include "gateway/request/guards.hpp"
#include "gateway/request/principal.hpp"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace latchkey::gateway {
namespace {

role_record role(const std::string& name, std::vector<std::string> permissions) {
  role_record made;
  made.name = name;
  made.permissions = std::move(permissions);
  return made;
}

struct roles {
  std::shared_ptr<const role_table> table =
      make_role_table({role("support", {"users:read"}), role("owner", {"*"})});

  principal holder_of(const std::string& name) const {
    principal made;
    made.role = name;
    made.role_permissions = table->permissions_of(name);
    return made;
  }
  bool grants(const std::string& giver, const std::string& given) const {
    return may_grant(holder_of(giver), *table->permissions_of(given));
  }
  bool manages(const std::string& manager, const std::string& other) const {
    messages::user_view target;
    target.role = other;
    return may_manage(holder_of(manager), *table, target);
  }
};

TEST(MayGrant, IsNeverMoreThanOnesOwn) {
  const roles all;
  EXPECT_FALSE(all.grants("admin", "superuser"));
  EXPECT_FALSE(all.grants("admin", "owner"));
  EXPECT_FALSE(all.grants("support", "admin"));
  EXPECT_FALSE(all.grants("user", "support"));
  EXPECT_TRUE(all.grants("admin", "admin"));
  EXPECT_TRUE(all.grants("admin", "support"));
  EXPECT_TRUE(all.grants("support", "user"));
  EXPECT_TRUE(all.grants("superuser", "superuser"));
}

TEST(MayGrant, IsNoMoreThanAnApiKeyIsFor) {
  const roles all;
  auto key = all.holder_of("superuser");
  key.key_scopes = std::make_shared<const permission_set>(permission_set{"roles:write"});
  EXPECT_FALSE(may_grant(key, *all.table->permissions_of("user")));
  EXPECT_TRUE(key.may("roles:write"));
  EXPECT_FALSE(key.may("users:read"));
}

TEST(MayManage, IsNobodyAboveOneself) {
  const roles all;
  EXPECT_FALSE(all.manages("admin", "superuser"));
  EXPECT_FALSE(all.manages("admin", "owner"));
  EXPECT_FALSE(all.manages("support", "admin"));
  EXPECT_TRUE(all.manages("admin", "admin"));
  EXPECT_TRUE(all.manages("admin", "user"));
  EXPECT_TRUE(all.manages("superuser", "superuser"));
  EXPECT_TRUE(all.manages("support", "a role that is gone"));
}

/// A session of that role where the permission asks for a second factor.
principal holder_who_has_shown(auth_methods methods, const char* role, const char* permission) {
  factor_policy asking;
  asking.permissions = {permission};
  messages::validation session;
  session.role = role;
  session.authenticated.by = methods;
  return principal_by_session({}, session, *make_role_table({}, asking));
}

TEST(Principal, HasWhatASecondFactorAsksForOnceOneWasShown) {
  const auto one = holder_who_has_shown(auth_method::password, "admin", "users:read");
  EXPECT_FALSE(one.may("users:read"));
  EXPECT_FALSE(one.permissions().has("users:read"));
  EXPECT_FALSE(one.permissions_among({"users:read", "users:write"}).has("users:read"));
  EXPECT_TRUE(one.permissions_among({"users:read", "users:write"}).has("users:write"));
  EXPECT_EQ(one.check("users:read").error().code, error_code::mfa_required);
  EXPECT_EQ(one.check("templates:none").error().code, error_code::insufficient_permissions);
  const auto both = auth_methods{auth_method::password}.with(auth_method::totp);
  const auto two = holder_who_has_shown(both, "admin", "users:read");
  EXPECT_TRUE(two.check("users:read"));
  EXPECT_TRUE(two.permissions().has("users:read"));
}

TEST(Principal, HasNoStarWhileSomethingIsWithheldFromIt) {
  const auto one = holder_who_has_shown(auth_method::password, "superuser", "users:delete");
  EXPECT_TRUE(one.may("invoices:manage"));
  EXPECT_FALSE(one.may("users:delete"));
  EXPECT_FALSE(one.permissions().has("users:delete"));
  EXPECT_TRUE(one.permissions().has("users:write"));
  EXPECT_EQ(one.permissions_among({"invoices:manage", "users:delete"}),
            permission_set{"invoices:manage"});
}

TEST(Principal, HasOfAKeysScopesOnlyWhatItsRoleStillGrants) {
  const roles all;
  auto key = all.holder_of("user");
  key.key_scopes =
      std::make_shared<const permission_set>(permission_set{"users:read", "projects:read"});
  EXPECT_FALSE(key.may("users:read"));
  EXPECT_TRUE(key.may("projects:read"));
  EXPECT_EQ(key.permissions(), permission_set{"projects:read"});
}

TEST(FlatError, HasThreeKeysAndTheDocumentedTexts) {
  const std::vector<std::pair<error_code, std::string>> texts{
      {error_code::validation_error, "Bad request"},
      {error_code::token_invalid, "Invalid token"},
      {error_code::insufficient_permissions, "Invalid service key"},
      {error_code::not_found, "Not found"},
      {error_code::method_not_allowed, "Method not allowed"},
      {error_code::payload_too_large, "Payload too large"},
      {error_code::unsupported_media_type, "Unsupported media type"},
      {error_code::rate_limited, "Rate limit exceeded"},
      {error_code::internal_error, "Internal server error"},
      {error_code::overloaded, "Service unavailable"},
  };
  for (const auto& [code, text] : texts) {
    const auto answer = flat_error(failure{code});
    EXPECT_EQ(answer.status, status_of(code));
    const auto body = nlohmann::ordered_json::parse(answer.body);
    ASSERT_EQ(body.size(), 3u) << answer.body;
    EXPECT_EQ(body["error"], text);
    EXPECT_FALSE(body["message"].get<std::string>().empty());
    EXPECT_TRUE(body["details"].is_object() && body["details"].empty());
  }
}

TEST(FlatError, SaysWhichFieldAndWhyInWordsOfItsEndpoint) {
  failure wrong{error_code::validation_error, "token", "is \"required\"", 0};
  wrong.more = R"("limit":3)";
  const auto answer = flat_error(wrong, "Failed to sync session");
  const auto body = nlohmann::json::parse(answer.body);
  EXPECT_EQ(body["error"], "Failed to sync session");
  EXPECT_EQ(body["details"],
            (nlohmann::json{{"field", "token"}, {"reason", "is \"required\""}, {"limit", 3}}));
}

TEST(FlatError, CarriesTheHeadersOfItsStatus) {
  EXPECT_TRUE(flat_error(failure{error_code::token_invalid}).has("WWW-Authenticate"));
  const auto busy = flat_error(failure{error_code::rate_limited, {}, {}, 7});
  EXPECT_NE(busy.header_lines().find("Retry-After: 7"), std::string_view::npos);
  EXPECT_FALSE(flat_error(failure{error_code::not_found}).has("Retry-After"));
}

TEST(ErrorForm, IsFlatUnderApiAuthWhereThereIsNoRoute) {
  using enum http::error_form;
  for (const auto* path : {"/api/auth/validate-token", "/api/auth/", "/api/auth/nothing"})
    EXPECT_EQ(error_form_of(nullptr, path), flat) << path;
  for (const auto* path : {"/api/auth", "/auth/token", "/api/v1/auth/me", "/api/authx/a", "/"})
    EXPECT_EQ(error_form_of(nullptr, path), envelope) << path;
}

TEST(ErrorForm, IsTheRoutesWhateverItsPath) {
  using enum http::error_form;
  http::route made;
  EXPECT_EQ(error_form_of(&made, "/api/auth/validate-token"), envelope);
  made.errors = flat;
  EXPECT_EQ(error_form_of(&made, "/auth/token"), flat);
}

awaitable<result<http::response>> for_anyone(http::exchange&) {
  co_return http::empty_response();
}
awaitable<result<http::response>> for_users(http::exchange&, const principal&) {
  co_return http::empty_response();
}
awaitable<result<http::response>> for_services(http::exchange&, const service_principal&) {
  co_return http::empty_response();
}

template <class Endpoint>
bool fits(Endpoint answer, http::access open_to) {
  std::vector<http::route> rows;
  rows.push_back(route_row(http::method::get, "/a", "a", answer).access(open_to));
  return http::router::make(std::move(rows)).has_value();
}

TEST(RouteRow, IsRefusedWithAnAccessThatItsEndpointDoesNotFit) {
  using enum http::access;
  for (const auto open_to : {anyone, own_pages, internal}) {
    EXPECT_TRUE(fits(for_anyone, open_to));
    EXPECT_FALSE(fits(for_users, open_to));
    EXPECT_FALSE(fits(for_services, open_to));
  }
  for (const auto open_to : {session, http::access::principal}) {
    EXPECT_FALSE(fits(for_anyone, open_to));
    EXPECT_TRUE(fits(for_users, open_to));
    EXPECT_FALSE(fits(for_services, open_to));
  }
  EXPECT_FALSE(fits(for_anyone, service));
  EXPECT_FALSE(fits(for_users, service));
  EXPECT_TRUE(fits(for_services, service));
}

TEST(RouteRow, IsRefusedWithoutAnAccess) {
  EXPECT_FALSE(http::router::make({route_row(http::method::get, "/a", "a", for_anyone)}));
}

} // namespace
} // namespace latchkey::gateway
