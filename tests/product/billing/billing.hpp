// billing.hpp — what the tests of subscriptions, projects and profiles share.
#pragma once

#include "tests/product/product.hpp"

#include <string>

namespace latchkey::test {

/// A user who has just registered and signed in.
struct member {
  std::string name;
  std::string id; // UUID
  std::string token;
};

inline member new_member(const product& on) {
  const auto name = new_name();
  on.add_user(name);
  return {name, on.id_of(name), on.sign_in(name).access};
}

/// PUT /api/v1/admin/subscriptions/{user}, as the first administrator.
inline http_reply set_subscription(const product& on, const std::string& admin,
                                   const std::string& user, const json& body) {
  return on.call(put_json("/api/v1/admin/subscriptions/" + user, body.dump()).as(admin));
}

inline http_reply get_subscription(const product& on, const std::string& token) {
  return on.call(get("/api/v1/subscription").as(token));
}

inline http_reply create_project(const product& on, const std::string& token,
                                 const json& body = {{"name", "demo"}}) {
  return on.call(post_json("/api/v1/projects", body.dump()).as(token));
}

/// The entry of that quota in a subscription's body; null when there is none.
inline json quota_in(const json& subscription, const std::string& name) {
  for (const auto& quota : subscription.value("quotas", json::array()))
    if (quota["quota"] == name) return quota;
  return nullptr;
}

inline json details_of(const http_reply& reply) {
  const auto body = json_of(reply);
  return body.contains("error") ? body["error"]["details"] : json{};
}

} // namespace latchkey::test
